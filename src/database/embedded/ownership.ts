import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import type { DataFolder } from './data-folder.ts';
import { EmbeddedDatabaseError } from './errors.ts';
import { isProcessAlive } from './processes.ts';
import { superuserClient } from './superuser-client.ts';

/**
 * The right of one process to a data folder: an advisory lock of the server itself, held by a connection. It ends with the
 * process, however that ends, and needs no judgement about stale files.
 */
export interface Ownership {
  release(): Promise<void>;
}

const lockKey = 7_318_349_923;
const patienceMs = 3000;

/** Throws EmbeddedDatabaseError `data_folder_locked` with the owner's pid. */
export async function takeOwnership(folder: DataFolder): Promise<Ownership> {
  const client = superuserClient(folder, `stanchion ${process.pid}`);
  await client.connect();
  // The connection of an owner that was killed a moment ago may still be closing.
  const deadline = Date.now() + patienceMs;
  while (!(await isLocked(client))) {
    const pid = await findOwner(client);
    if (Date.now() < deadline && !(pid !== undefined && isProcessAlive(pid))) {
      await sleep(50);
      continue;
    }
    await client.end();
    throw lockedBy(folder, pid);
  }
  return { release: () => client.end() };
}

/** The pid of the process that owns the folder of a running server, if there is one. */
export async function findFolderOwner(folder: DataFolder): Promise<number | undefined> {
  return withAdmin(folder, findOwner);
}

/** Makes the application's database, once. */
export async function ensureDatabase(folder: DataFolder, name: string): Promise<void> {
  await withAdmin(folder, async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount !== 0) return;
    try {
      await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
    } catch (error) {
      // 42P04, or 23505 on pg_database: another process was first.
      if (!(error instanceof Error && 'code' in error && (error.code === '42P04' || error.code === '23505')))
        throw error;
    }
  });
}

export function lockedBy(folder: DataFolder, pid: number | undefined): EmbeddedDatabaseError {
  const who = pid === undefined ? 'another process' : `process ${pid}`;
  return new EmbeddedDatabaseError(
    'data_folder_locked',
    `the data folder ${folder.configured} is in use by ${who}: stop it first, or set another data folder`,
    { pid },
  );
}

async function withAdmin<Result>(folder: DataFolder, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = superuserClient(folder, 'stanchion admin');
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function isLocked(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [lockKey]);
  return rows[0]?.locked === true;
}

async function findOwner(client: Client): Promise<number | undefined> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT application_name AS name FROM pg_locks JOIN pg_stat_activity USING (pid)
      WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32 | objid::bigint) = $1`,
    [lockKey],
  );
  const pid = Number(/^stanchion (\d+)$/.exec(rows[0]?.name ?? '')?.[1]);
  return pid > 0 ? pid : undefined;
}
