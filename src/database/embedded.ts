import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConnectionTarget } from './connection.ts';
import { type Binaries, getPackagedBinaries } from './embedded/binaries.ts';
import { createCluster } from './embedded/cluster.ts';
import {
  type DataFolder,
  findClusterVersion,
  findDataFolder,
  forgetHome,
  openDataFolder,
} from './embedded/data-folder.ts';
import { EmbeddedDatabaseError } from './embedded/errors.ts';
import { ensureDatabase, findFolderOwner, lockedBy, takeOwnership } from './embedded/ownership.ts';
import { isAnswering, launch, stopPostmaster } from './embedded/postmaster.ts';
import { serverPort, superuser } from './embedded/superuser-client.ts';
import { inTurn } from './embedded/turn.ts';

export { EmbeddedDatabaseError } from './embedded/errors.ts';

export interface EmbeddedOptions {
  /** Absolute path. */
  readonly dataDir: string;
  readonly log: { info(fields: object, message: string): void };
  /** For the person who waits: short sentences, as things happen. */
  readonly onProgress?: ((step: string) => void) | undefined;
}

export interface RunningDatabase {
  readonly url: string;
  readonly connection: ConnectionTarget;
  /** The server was running already: of `db start`, or left by a process that was killed. */
  readonly takenOver: boolean;
  /** Where the files are: `dataDir`, or elsewhere when PostgreSQL's account cannot reach that. */
  readonly location: string;
}

export interface EmbeddedDatabase extends RunningDatabase {
  /** Gives the folder back and stops the server, unless `db start` asked for it to stay. */
  readonly stop: () => Promise<void>;
}

/**
 * PostgreSQL for development: real binaries, run as a child process on a Unix socket, for one owner at a time. Made on
 * first use; taken over when a killed process left it running; recovered when it was killed itself.
 * Throws EmbeddedDatabaseError by its code.
 */
export async function startEmbeddedDatabase(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const { folder, running, ownership } = await inTurnOf(options, async (found) => {
    return { ...found, ownership: await takeOwnership(found.folder) };
  });
  options.log.info({ location: running.location, takenOver: running.takenOver }, 'embedded database is running');
  return {
    ...running,
    async stop() {
      // Still the owner while the server goes down: nobody else may begin to use it meanwhile.
      await inTurn(folder.home, async () => {
        if (!existsSync(keepFile(folder))) await stopServer(folder);
      });
      await ownership.release();
    },
  };
}

/** Starts the server, if need be, and leaves it running when this process ends, until `stopDetachedDatabase`. */
export async function startDetachedDatabase(options: EmbeddedOptions): Promise<RunningDatabase> {
  return inTurnOf(options, async ({ folder, running }) => {
    writeFileSync(keepFile(folder), '');
    return running;
  });
}

/** Whether it ran. Throws EmbeddedDatabaseError `data_folder_locked` while a process of ours uses it. */
export async function stopDetachedDatabase({ dataDir }: { dataDir: string }): Promise<{ stopped: boolean }> {
  const folder = findDataFolder(dataDir);
  return folder ? inTurn(folder.home, async () => stopKept(folder)) : { stopped: false };
}

/** Where the database answers, or would; undefined when none was made yet. */
export async function findEmbeddedDatabase({
  dataDir,
}: {
  dataDir: string;
}): Promise<{ url: string; running: boolean; location: string } | undefined> {
  const folder = findDataFolder(dataDir);
  if (!folder) return undefined;
  return { url: urlOf(folder), running: await isAnswering(folder), location: folder.home };
}

/** Stops the server and deletes the database with all its rows. Throws `data_folder_locked` while it is used. */
export async function resetEmbeddedDatabase({ dataDir }: { dataDir: string }): Promise<{ removed: boolean }> {
  const folder = findDataFolder(dataDir);
  if (!folder) return { removed: false };
  return inTurn(folder.home, async () => {
    await stopKept(folder);
    for (const path of [folder.cluster, folder.socketDir, folder.logFile, `${folder.logFile}.1`]) {
      rmSync(path, { recursive: true, force: true });
    }
    forgetHome(folder);
    return { removed: true };
  });
}

const databaseName = 'stanchion';

interface Started {
  folder: DataFolder;
  running: RunningDatabase;
}

/** `work` belongs to the start: nobody stops the server before it is done. */
async function inTurnOf<Result>(
  options: EmbeddedOptions,
  work: (started: Started) => Promise<Result>,
): Promise<Result> {
  const { home } = openDataFolder(options.dataDir);
  return inTurn(home, async () => work(await start(options)));
}

async function start(options: EmbeddedOptions): Promise<Started> {
  const { dataDir, onProgress } = options;
  // Once more: who had the turn before may have taken the folder of the socket away.
  const folder = openDataFolder(dataDir);
  const binaries = getPackagedBinaries(folder.user);
  const version = findClusterVersion(folder);
  if (version === undefined) {
    onProgress?.('Making the database …');
    await createCluster(folder, binaries);
  } else assertVersion(folder, { version, binaries });

  const takenOver = await isAnswering(folder);
  if (!takenOver) {
    onProgress?.('Starting the database …');
    await launch(folder, binaries);
  }
  await ensureDatabase(folder, databaseName);
  return { folder, running: { url: urlOf(folder), connection: targetOf(folder), takenOver, location: folder.home } };
}

async function stopKept(folder: DataFolder): Promise<{ stopped: boolean }> {
  if (await isAnswering(folder)) {
    const pid = await findFolderOwner(folder);
    if (pid !== undefined) throw lockedBy(folder, pid);
  }
  rmSync(keepFile(folder), { force: true });
  return { stopped: await stopServer(folder) };
}

async function stopServer(folder: DataFolder): Promise<boolean> {
  const stopped = await stopPostmaster(folder);
  // In the temporary folder when the data folder's path is too long for a socket: nothing of ours stays there.
  rmSync(folder.socketDir, { recursive: true, force: true });
  return stopped;
}

function assertVersion(folder: DataFolder, { version, binaries }: { version: number; binaries: Binaries }): void {
  if (version === binaries.majorVersion) return;
  throw new EmbeddedDatabaseError(
    'data_folder_version',
    `${folder.cluster} was made by PostgreSQL ${version}, and this is PostgreSQL ${binaries.majorVersion}: ` +
      'dump it with the old version and load it here, or set another data folder',
  );
}

/** Written by `db start`: the server outlives those who use it. */
function keepFile(folder: DataFolder): string {
  return join(folder.home, 'keep-running');
}

function urlOf({ socketDir }: DataFolder): string {
  return `postgresql://${superuser}@/${databaseName}?host=${encodeURIComponent(socketDir)}`;
}

function targetOf({ socketDir }: DataFolder): ConnectionTarget {
  return {
    host: socketDir,
    unixSocketDir: socketDir,
    port: serverPort,
    user: superuser,
    password: null,
    database: databaseName,
    isLoopback: true,
    isPooler: false,
  };
}
