import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import type { Finding } from './finding.ts';
import { skillsFolder } from './manifest.ts';
import { listFiles } from './tree.ts';

/** Writes `<name>.skill` beside each skill's folder and removes archives without a folder. Returns the paths that changed. */
export function packSkills(rootDir: string): string[] {
  const changed: string[] = [];
  for (const [path, bytes] of skillArchives(rootDir)) {
    if (existsSync(join(rootDir, path)) && readFileSync(join(rootDir, path)).equals(bytes)) continue;
    writeFileSync(join(rootDir, path), bytes);
    changed.push(path);
  }
  for (const path of strayArchives(rootDir)) {
    rmSync(join(rootDir, path));
    changed.push(path);
  }
  return changed;
}

/** What each archive must contain, by its path. */
export function skillArchives(rootDir: string): Map<string, Buffer> {
  return new Map(listSkillFolders(rootDir).map((name) => [`${skillsFolder}/${name}.skill`, zipFolder(rootDir, name)]));
}

export function listSkillFolders(rootDir: string): string[] {
  if (!existsSync(join(rootDir, skillsFolder))) return [];
  return readdirSync(join(rootDir, skillsFolder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();
}

export function checkArchives(rootDir: string): Finding[] {
  const fix = 'run node scripts/bootstrap.mjs --script scripts/skills/archives.ts and commit the archives';
  const findings: Finding[] = strayArchives(rootDir).map((file) => ({
    file,
    rule: 'archive',
    message: 'no skill has this archive',
    fix,
  }));
  for (const [file, bytes] of skillArchives(rootDir)) {
    const path = join(rootDir, file);
    if (!existsSync(path)) findings.push({ file, rule: 'archive', message: 'the archive is missing', fix });
    else if (!readFileSync(path).equals(bytes))
      findings.push({ file, rule: 'archive', message: 'the archive differs from its folder', fix });
  }
  return findings;
}

function strayArchives(rootDir: string): string[] {
  if (!existsSync(join(rootDir, skillsFolder))) return [];
  const known = skillArchives(rootDir);
  return readdirSync(join(rootDir, skillsFolder))
    .map((name) => `${skillsFolder}/${name}`)
    .filter((path) => path.endsWith('.skill') && !known.has(path));
}

function zipFolder(rootDir: string, name: string): Buffer {
  const files = listFiles(join(rootDir, skillsFolder, name));
  return zip(
    files.map((file) => ({ name: `${name}/${file}`, bytes: readFileSync(join(rootDir, skillsFolder, name, file)) })),
  );
}

interface ZipEntry {
  name: string;
  bytes: Buffer;
}

/**
 * A zip whose bytes depend on nothing but its entries: sorted, dated 1980-01-01, readable by everyone, and stored, because
 * zlib's deflate gives different bytes on different processors. Format: PKWARE APPNOTE 6.3.10, §4.3.7, 4.3.12, 4.3.16.
 */
function zip(entries: readonly ZipEntry[]): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const common = commonHeader(entry, name.length);
    const local = Buffer.concat([fields([0x04034b50, 4]), common, name, entry.bytes]);
    // Made by UNIX (3): the upper half of the external attributes is the file's mode.
    const mode = fields([0, 2], [0, 2], [0, 2], [(0o100644 << 16) >>> 0, 4], [offset, 4]);
    directory.push(Buffer.concat([fields([0x02014b50, 4], [0x0314, 2]), common, mode, name]));
    bodies.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = fields(
    [0x06054b50, 4],
    [0, 4],
    [entries.length, 2],
    [entries.length, 2],
    [central.length, 4],
    [offset, 4],
    [0, 2],
  );
  return Buffer.concat([...bodies, central, end]);
}

/** What a local header and a directory entry share: from "version needed" to "extra field length". */
function commonHeader({ bytes }: ZipEntry, nameLength: number): Buffer {
  const utf8Names = 0x0800;
  const firstOf1980 = 0x0021;
  return fields(
    [20, 2],
    [utf8Names, 2],
    [0, 2],
    [0, 2],
    [firstOf1980, 2],
    [crc32(bytes), 4],
    [bytes.length, 4],
    [bytes.length, 4],
    [nameLength, 2],
    [0, 2],
  );
}

function fields(...values: readonly (readonly [value: number, size: 2 | 4])[]): Buffer {
  return Buffer.concat(
    values.map(([value, size]) => {
      const field = Buffer.alloc(size);
      field.writeUIntLE(value, 0, size);
      return field;
    }),
  );
}

// Run as a script: brings every archive up to date with its folder and prints the paths that changed.
if (import.meta.main) {
  for (const path of packSkills(fileURLToPath(new URL('../..', import.meta.url)))) console.log(path);
}
