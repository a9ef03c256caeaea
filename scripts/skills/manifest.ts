import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { effects } from '../source-scan/effects.ts';
import type { Finding } from './finding.ts';

export const skillsFolder = '.claude/skills';
export const manifestPath = `${skillsFolder}/skills.manifest.json`;

/** Which skill owns which files, and what code in them may use. */
export interface SkillsManifest {
  /** Folders in which every file needs an owner; source files need one wherever they are. */
  roots: string[];
  /** Packages that nothing here may use, as globs. */
  forbidden: string[];
  skills: Map<string, SkillEntry>;
}

export interface SkillEntry {
  /** Skills whose code this skill's code may import; the graph has no cycle. */
  uses: string[];
  owns: OwnedFiles[];
}

export interface OwnedFiles {
  /** Globs; one that begins with `!` takes files out again. */
  files: string[];
  /** npm packages, as globs. */
  packages: string[];
  effects: string[];
}

/** Reads the manifest. What doesn't have its shape is reported, and left out of the result. */
export function readManifest(rootDir: string): { manifest: SkillsManifest; findings: Finding[] } {
  const findings: Finding[] = [];
  const report = (message: string): void => {
    findings.push({
      file: manifestPath,
      rule: 'manifest',
      message,
      fix: 'give it the shape that scripts/skills/manifest.ts describes',
    });
  };
  const root = asRecord(readJson(join(rootDir, manifestPath), report), 'the file', report);
  const skills = new Map<string, SkillEntry>();
  for (const [name, entry] of Object.entries(asRecord(root['skills'], 'skills', report)))
    skills.set(name, parseEntry(name, entry, report));
  const manifest = {
    roots: asTexts(root['roots'], 'roots', report),
    forbidden: asTexts(root['forbidden'], 'forbidden', report),
    skills,
  };
  for (const key of Object.keys(root))
    if (!['roots', 'forbidden', 'skills'].includes(key)) report(`unknown key '${key}'`);
  return { manifest, findings: [...findings, ...graphFindings(skills)] };
}

type Report = (message: string) => void;

function parseEntry(name: string, value: unknown, report: Report): SkillEntry {
  const entry = asRecord(value, name, report);
  for (const key of Object.keys(entry)) if (key !== 'uses' && key !== 'owns') report(`${name}: unknown key '${key}'`);
  const rows = Array.isArray(entry['owns']) ? entry['owns'] : [];
  if (rows.length === 0) report(`${name}: owns nothing`);
  const owns = rows.map((row: unknown, at) => parseRow(`${name}.owns[${at}]`, row, report));
  return { uses: asTexts(entry['uses'], `${name}.uses`, report), owns };
}

function parseRow(place: string, value: unknown, report: Report): OwnedFiles {
  const row = asRecord(value, place, report);
  for (const key of Object.keys(row))
    if (!['files', 'packages', 'effects'].includes(key)) report(`${place}: unknown key '${key}'`);
  const known: readonly string[] = effects;
  const granted = asTexts(row['effects'], `${place}.effects`, report);
  for (const effect of granted) if (!known.includes(effect)) report(`${place}: unknown effect '${effect}'`);
  return {
    files: asTexts(row['files'], `${place}.files`, report),
    packages: asTexts(row['packages'], `${place}.packages`, report),
    effects: granted,
  };
}

function graphFindings(skills: ReadonlyMap<string, SkillEntry>): Finding[] {
  const findings: Finding[] = [];
  const report = (message: string, fix: string): void =>
    void findings.push({ file: manifestPath, rule: 'skill-graph', message, fix });
  for (const [name, { uses }] of skills) {
    for (const used of uses)
      if (!skills.has(used)) report(`${name} uses the unknown skill '${used}'`, 'name a skill of the manifest');
    const cycle = pathTo(skills, name, name, []);
    if (cycle) report(`the skills use each other in a circle: ${cycle.join(' → ')}`, 'take out one of these uses');
  }
  return findings;
}

function pathTo(
  skills: ReadonlyMap<string, SkillEntry>,
  from: string,
  goal: string,
  seen: readonly string[],
): string[] | undefined {
  for (const next of skills.get(from)?.uses ?? []) {
    if (next === goal) return [...seen, from, goal];
    if (seen.includes(next) || next === from) continue;
    const found = pathTo(skills, next, goal, [...seen, from]);
    if (found) return found;
  }
  return undefined;
}

function readJson(path: string, report: Report): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    report(`can't be read as JSON: ${String(error)}`);
    return {};
  }
}

function asRecord(value: unknown, place: string, report: Report): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  report(`${place} is no object`);
  return {};
}

function asTexts(value: unknown, place: string, report: Report): string[] {
  const texts: unknown[] = Array.isArray(value) ? value : [];
  if (!Array.isArray(value) || !texts.every((text) => typeof text === 'string')) report(`${place} is no list of texts`);
  return texts.filter((text) => typeof text === 'string');
}
