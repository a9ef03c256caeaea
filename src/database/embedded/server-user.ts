import { lstatSync, readFileSync, type Stats } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** The account that PostgreSQL runs as: it refuses to run as root. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** Undefined: our own account will do. As root: the `postgres` account where there is one, else nobody's. */
export function findServerUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return findAccount('postgres') ?? { uid: 65_534, gid: 65_534 };
}

/** Whether the user can reach an existing path: every folder above must let it through. Without a user: ourselves, yes. */
export function isReachableFor(user: ServerUser | undefined, path: string): boolean {
  if (!user) return true;
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    if (!maySearch(user, lstatSync(folder))) return false;
    if (folder === dirname(folder)) return true;
  }
}

function findAccount(name: string): ServerUser | undefined {
  try {
    const line = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((line) => line.startsWith(`${name}:`));
    const [, , uid, gid] = line?.split(':') ?? [];
    return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined;
  } catch {
    return undefined;
  }
}

function maySearch(user: ServerUser, { uid, gid, mode }: Stats): boolean {
  if (uid === user.uid) return (mode & 0o100) !== 0;
  if (gid === user.gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}
