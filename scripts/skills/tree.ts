import { readdirSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import type { Finding } from './finding.ts';
import { manifestPath, type OwnedFiles, type SkillsManifest } from './manifest.ts';

/** A file and the one skill that owns it. */
export interface Ownership {
  skill: string;
  row: OwnedFiles;
}

const ignoredFolders = new Set(['node_modules', '.git', '.data', 'coverage']);
export const sourceFile = /\.([cm]?[jt]sx?)$/;
const needsOwner = /\.([cm]?[jt]sx?|sql|py|sh)$/;

/** Every file of the tree that is no dependency, repository or local state; relative to the root, sorted. */
export function listFiles(rootDir: string, folder = ''): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(join(rootDir, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory() && !ignoredFolders.has(entry.name)) found.push(...listFiles(rootDir, path));
    else if (!entry.isDirectory()) found.push(path);
  }
  return folder === '' ? found.toSorted() : found;
}

export function isCovered(manifest: SkillsManifest, path: string): boolean {
  return needsOwner.test(path) || manifest.roots.some((root) => path.startsWith(`${root}/`));
}

/** The owner of each covered file; files with none or several are findings, and so are globs that match nothing. */
export function assignOwners(
  manifest: SkillsManifest,
  files: readonly string[],
): { owners: Map<string, Ownership>; findings: Finding[] } {
  const owners = new Map<string, Ownership>();
  const findings: Finding[] = [];
  for (const file of files.filter((path) => isCovered(manifest, path))) {
    const claims = claimsOn(manifest, file);
    const [claim] = claims;
    if (claims.length === 1 && claim) owners.set(file, claim);
    else if (claims.length === 0)
      findings.push({
        file,
        rule: 'orphan',
        message: 'no skill owns this file',
        fix: `add it to a skill in ${manifestPath}`,
      });
    else {
      const names = claims.map(({ skill }) => skill).join(', ');
      findings.push({
        file,
        rule: 'double-owner',
        message: `several rows own this file: ${names}`,
        fix: `leave it in one row of ${manifestPath}`,
      });
    }
  }
  return { owners, findings: [...findings, ...idleGlobs(manifest, files)] };
}

export function ownsFile(row: OwnedFiles, file: string): boolean {
  return (
    row.files.some((glob) => !glob.startsWith('!') && matchesGlob(file, glob)) &&
    !row.files.some((glob) => glob.startsWith('!') && matchesGlob(file, glob.slice(1)))
  );
}

function claimsOn(manifest: SkillsManifest, file: string): Ownership[] {
  return [...manifest.skills].flatMap(([skill, { owns }]) =>
    owns.filter((row) => ownsFile(row, file)).map((row) => ({ skill, row })),
  );
}

function idleGlobs(manifest: SkillsManifest, files: readonly string[]): Finding[] {
  return [...manifest.skills].flatMap(([skill, { owns }]) =>
    owns
      .flatMap((row) => row.files)
      .filter((glob) => !files.some((file) => matchesGlob(file, glob.replace(/^!/, ''))))
      .map(
        (glob): Finding => ({
          file: manifestPath,
          rule: 'idle-glob',
          message: `${skill}: '${glob}' matches no file`,
          fix: 'correct or remove it',
        }),
      ),
  );
}
