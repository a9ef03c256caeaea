import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  type Stats,
  statSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** The account that PostgreSQL runs as: it refuses to run as root. */
export interface ServerAccount {
  readonly ids: { readonly uid: number; readonly gid: number };
  own(path: string): void;
}

/** Undefined: our own account will do. As root: `postgres` where there is such an account, else nobody. */
export function findAccount(): ServerAccount | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const ids = findIds('postgres') ?? { uid: 65_534, gid: 65_534 };
  return { ids, own: (path) => chownSync(path, ids.uid, ids.gid) };
}

/** Whether every folder above an existing path lets the account through. */
export function isReachable(account: ServerAccount | undefined, path: string): boolean {
  if (!account) return true;
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    if (!maySearch(account.ids, lstatSync(folder))) return false;
    if (folder === dirname(folder)) return true;
  }
}

/**
 * The folder of the same programs, complete and executable for the account. npm packages list their libraries' links and
 * make them with a script, which does not run here; a package that the account cannot reach is copied to `spare`.
 */
export function completeBinaries(
  folder: string,
  { account, spare }: { account: ServerAccount | undefined; spare: string },
): string {
  const native = dirname(folder);
  if (!existsSync(join(native, 'pg-symlinks.json'))) return folder;
  if (isUsable(native, account)) return folder;
  cpSync(native, spare, { recursive: true, verbatimSymlinks: true });
  linkLibraries(spare);
  makeReadable(spare);
  return join(spare, basename(folder));
}

function isUsable(native: string, account: ServerAccount | undefined): boolean {
  try {
    linkLibraries(native);
  } catch {
    return false; // A read-only package: a copy can be completed.
  }
  if (!account) return true;
  const needed = ['bin/postgres', 'bin/initdb', 'lib', 'share', 'share/postgresql/postgres.bki'];
  return needed.every((path) => {
    const whole = join(native, path);
    return isReachable(account, whole) && (statSync(whole).mode & 0o004) !== 0;
  });
}

function linkLibraries(native: string): void {
  const list: unknown = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'));
  if (!Array.isArray(list)) throw new TypeError('pg-symlinks.json is not a list');
  for (const { source, target } of list.filter(isLink)) {
    const link = join(dirname(native), target.replace(/^native\//, `${basename(native)}/`));
    if (lstatSync(link, { throwIfNoEntry: false })) continue;
    try {
      symlinkSync(basename(source), link);
    } catch (error) {
      // Another process made it between our look and our try.
      if (!lstatSync(link, { throwIfNoEntry: false })) throw error;
    }
  }
}

function isLink(entry: unknown): entry is { source: string; target: string } {
  if (typeof entry !== 'object' || entry === null || !('source' in entry) || !('target' in entry)) return false;
  return typeof entry.source === 'string' && typeof entry.target === 'string';
}

/** Whatever the umask was when the packages were installed. */
function makeReadable(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const isProgram = entry.isDirectory() || basename(entry.parentPath) === 'bin';
    chmodSync(join(entry.parentPath, entry.name), isProgram ? 0o755 : 0o644);
  }
  chmodSync(folder, 0o755);
}

function findIds(name: string): { uid: number; gid: number } | undefined {
  try {
    const line = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((one) => one.startsWith(`${name}:`));
    const [, , uid, gid] = line?.split(':') ?? [];
    return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined;
  } catch {
    return undefined;
  }
}

function maySearch({ uid, gid }: { uid: number; gid: number }, folder: Stats): boolean {
  if (folder.uid === uid) return (folder.mode & 0o100) !== 0;
  if (folder.gid === gid) return (folder.mode & 0o010) !== 0;
  return (folder.mode & 0o001) !== 0;
}
