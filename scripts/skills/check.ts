import { checkArchives } from './archives.ts';
import { checkDocuments } from './documents.ts';
import type { Finding } from './finding.ts';
import { readManifest } from './manifest.ts';
import { checkPackages } from './packages.ts';
import { checkSources } from './sources.ts';
import { assignOwners, isCovered, listFiles } from './tree.ts';

export interface SkillsReport {
  /** Files that need an owner, and how many have exactly one. */
  files: number;
  owned: number;
  skills: number;
  findings: Finding[];
}

/** Everything that the skills promise and the tree breaks, by file and line; empty when all is well. Writes nothing. */
export function checkSkills(rootDir: string): Finding[] {
  return inspectSkills(rootDir).findings;
}

/** The findings with the coverage that they are a part of. */
export function inspectSkills(rootDir: string): SkillsReport {
  const { manifest, findings } = readManifest(rootDir);
  const files = listFiles(rootDir);
  const { owners, findings: ownerFindings } = assignOwners(manifest, files);
  const all = [
    ...findings,
    ...ownerFindings,
    ...checkDocuments(rootDir, manifest, files),
    ...checkSources(rootDir, manifest, owners),
    ...checkPackages(rootDir, manifest, files),
    ...checkArchives(rootDir),
  ];
  return {
    files: files.filter((file) => isCovered(manifest, file)).length,
    owned: owners.size,
    skills: manifest.skills.size,
    findings: all.toSorted((a, b) => (a.file === b.file ? (a.line ?? 0) - (b.line ?? 0) : a.file < b.file ? -1 : 1)),
  };
}
