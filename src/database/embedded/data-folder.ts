import { createHash } from 'node:crypto';
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '../../make-folder.ts';
import { EmbeddedDatabaseError, withFolderErrors } from './errors.ts';
import { findServerUser, isReachableFor, type ServerUser } from './server-user.ts';

/** Where a development database lives. */
export interface DataFolder {
  /** The folder that the configuration names. */
  readonly configured: string;
  /** Where the files really are: elsewhere when the server's account cannot reach the configured folder. */
  readonly home: string;
  /** PostgreSQL's data directory. */
  readonly cluster: string;
  readonly socketDir: string;
  readonly logFile: string;
  /** The account that PostgreSQL runs as; undefined: our own. */
  readonly user: ServerUser | undefined;
}

/** Makes the folders that are missing. Throws EmbeddedDatabaseError `data_folder_read_only` or `data_folder_full`. */
export function openDataFolder(configured: string): DataFolder {
  return withFolderErrors(configured, () => {
    makeFolder(configured);
    const real = realpathSync(configured);
    const home = findHome(real, findServerUser());
    const cluster = join(home, 'postgres');
    const user = ownerOf(cluster);
    assertWritable(home);
    return {
      configured,
      home,
      cluster,
      socketDir: openSocketDir(home, user),
      logFile: join(home, 'postgres.log'),
      user,
    };
  });
}

/** The same without making anything; undefined when there is no database yet. */
export function findDataFolder(configured: string): DataFolder | undefined {
  if (!existsSync(configured)) return undefined;
  const home = readPointer(realpathSync(configured)) ?? realpathSync(configured);
  const cluster = join(home, 'postgres');
  if (!existsSync(cluster)) return undefined;
  return {
    configured,
    home,
    cluster,
    socketDir: socketDirOf(home),
    logFile: join(home, 'postgres.log'),
    user: ownerOf(cluster),
  };
}

/** The major version that made the database; undefined when there is none yet. */
export function findClusterVersion({ cluster, configured }: DataFolder): number | undefined {
  if (!existsSync(cluster)) return undefined;
  const file = join(cluster, 'PG_VERSION');
  if (!existsSync(file)) {
    throw new EmbeddedDatabaseError(
      'data_folder_version',
      `${cluster} is no PostgreSQL database: move it away, or set another data folder than ${configured}`,
    );
  }
  return Number.parseInt(readFileSync(file, 'utf8'), 10);
}

/**
 * As root, PostgreSQL runs as another account, and a folder below /root or a private temporary folder is closed to it.
 * The data then lives in /var/lib, which survives restarts of the machine, or beside what is temporary anyway; a file in
 * the configured folder says where.
 */
function findHome(configured: string, user: ServerUser | undefined): string {
  const pointer = readPointer(configured);
  if (!pointer && isReachableFor(user, join(configured, 'postgres'))) return configured;
  const name = `stanchion-${createHash('sha256').update(configured).digest('hex').slice(0, 12)}`;
  const temporary = realpathSync(tmpdir());
  const home = pointer ?? join(configured.startsWith(`${temporary}/`) ? temporary : '/var/lib', name);
  // First what says so: a folder that cannot be written must not leave another one behind.
  if (!pointer) writeFileSync(join(configured, pointerName), `${home}\n`);
  mkdirSync(home, { recursive: true, mode: 0o755 });
  assertOurs(home, process.getuid?.());
  return home;
}

/** Removes the place that `findHome` chose, with what says so. */
export function forgetHome({ configured, home }: DataFolder): void {
  if (realpathSync(configured) === home) return;
  rmSync(home, { recursive: true, force: true });
  rmSync(join(configured, pointerName), { force: true });
}

const pointerName = 'moved-to';

function readPointer(configured: string): string | undefined {
  const file = join(configured, pointerName);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

/** PostgreSQL insists on owning its files, so that an existing database decides. */
function ownerOf(cluster: string): ServerUser | undefined {
  const user = findServerUser();
  const found = user && statSync(cluster, { throwIfNoEntry: false });
  return found && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : user;
}

function assertWritable(home: string): void {
  const probe = join(home, `.write-${process.pid}`);
  writeFileSync(probe, 'x');
  rmSync(probe);
}

/** sockaddr_un holds 107 characters on Linux and 103 on macOS; `/.s.PGSQL.5432` takes 14. */
const maxSocketDir = 103 - 14;

function socketDirOf(home: string): string {
  const inside = join(home, 'socket');
  if (Buffer.byteLength(inside) <= maxSocketDir) return inside;
  return join(tmpdir(), `stanchion-${createHash('sha256').update(home).digest('hex').slice(0, 12)}`);
}

/** Only the server's account (and root) may pass: whoever reaches the socket is let in without a password. */
function openSocketDir(home: string, user: ServerUser | undefined): string {
  const folder = socketDirOf(home);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (user && statSync(folder).uid === 0) chownSync(folder, user.uid, user.gid);
  assertOurs(folder, user?.uid ?? process.getuid?.());
  if ((statSync(folder).mode & 0o077) !== 0) throw notOurs(folder);
  return folder;
}

/** In a temporary folder anybody can be first. */
function assertOurs(folder: string, owner: number | undefined): void {
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== owner) throw notOurs(folder);
}

function notOurs(folder: string): EmbeddedDatabaseError {
  return new EmbeddedDatabaseError(
    'data_folder_read_only',
    `${folder} belongs to another account: run as that account, or set another data folder`,
  );
}
