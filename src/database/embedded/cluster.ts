import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Binaries } from './binaries.ts';
import type { DataFolder } from './data-folder.ts';
import { EmbeddedDatabaseError, folderFull, withFolderErrors } from './errors.ts';
import { serverEnvironment } from './postmaster.ts';
import { isProcessAlive } from './processes.ts';
import { superuser } from './superuser-client.ts';

/** Makes a new database cluster. It is complete or not there: it is filled beside its place and renamed. */
export async function createCluster(folder: DataFolder, binaries: Binaries): Promise<void> {
  removeLeftovers(folder);
  const partial = `${folder.cluster}.new-${process.pid}`;
  withFolderErrors(folder.configured, () => {
    mkdirSync(partial, { mode: 0o700 });
    if (folder.user) chownSync(partial, folder.user.uid, folder.user.gid);
  });
  try {
    await runInitdb(folder, { binaries, partial });
    withFolderErrors(folder.configured, () => renameSync(partial, folder.cluster));
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(folder.cluster)) throw error; // Otherwise another process was first.
  }
}

/** Of a start that was killed in the middle of it. Another process at work keeps its own. */
function removeLeftovers({ home, cluster }: DataFolder): void {
  const prefix = `${cluster.slice(home.length + 1)}.new-`;
  for (const name of readdirSync(home).filter((name) => name.startsWith(prefix))) {
    if (!isProcessAlive(Number(name.slice(prefix.length)))) rmSync(join(home, name), { recursive: true, force: true });
  }
}

/** C.UTF-8 is what Neon uses: sorting by code point, letters of all languages. */
const options = ['--auth=trust', '-E', 'UTF8', '--no-locale', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];

async function runInitdb(
  folder: DataFolder,
  { binaries, partial }: { binaries: Binaries; partial: string },
): Promise<void> {
  const initdb = join(binaries.folder, 'initdb');
  try {
    await promisify(execFile)(initdb, ['-D', partial, '-U', superuser, ...options], {
      ...folder.user,
      cwd: '/',
      env: serverEnvironment,
      timeout: 120_000,
    });
  } catch (error) {
    const words = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    writeFileSync(folder.logFile, `${words}\n`, { flag: 'a' });
    if (/No space left on device/.test(words)) throw folderFull(folder.configured, error);
    throw new EmbeddedDatabaseError('start_failed', `the database could not be made:\n${words}`, { cause: error });
  }
}
