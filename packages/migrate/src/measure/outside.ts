import { setTimeout as delay } from 'node:timers/promises';
import { type ConnectionSource, openSession, type Session } from '../connection.ts';
import type { LockMode } from '../lint/operation.ts';
import { quoteQualifiedName } from '../sql-names.ts';
import { parseServerError } from '../sqlstate.ts';
import { type Relations, readLocks } from './snapshot.ts';

/** The session whose statement is watched, the one that watches, and two that are in its way. */
export interface OutsideSessions {
  readonly worker: Session;
  readonly observer: Session;
  readonly writer: Session;
  readonly reader: Session;
}

/** Opens all four, and closes them when the work has ended. */
export async function withOutsideSessions<Result>(
  source: ConnectionSource,
  work: (sessions: OutsideSessions) => Promise<Result>,
): Promise<Result> {
  const open: Session[] = [];
  const session = async (): Promise<Session> => {
    const one = await openSession(source);
    open.push(one);
    return one;
  };
  try {
    const sessions = {
      worker: await session(),
      observer: await session(),
      writer: await session(),
      reader: await session(),
    };
    return await work(sessions);
  } finally {
    for (const one of open) await one.close();
  }
}

/**
 * Runs a statement outside of transactions and sees its locks from another session, which takes two that are in its way. A
 * writer holds ROW EXCLUSIVE on every table: what goes on beside writers gets its lock and then waits for this one to end, what
 * does not asks in vain. A reader holds ACCESS SHARE from then on, for what a second part of the statement asks for. Each lets
 * go when its waiter was seen.
 */
export async function runOutside(
  sessions: OutsideSessions,
  sql: string,
  before: Relations,
): Promise<Map<string, Set<LockMode>>> {
  const tables = [...before.values()].filter(({ kind }) => kind === 'r' || kind === 'p').map(({ name }) => name);
  const [backend] = await sessions.worker.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  if (!backend) throw new TypeError('pg_backend_pid() answered nothing');
  try {
    await sessions.writer.execute('BEGIN');
    await hold(sessions.writer, tables, 'ROW EXCLUSIVE');
    return await watch(sessions, { pid: backend.pid, tables, work: sessions.worker.execute(sql) });
  } finally {
    await sessions.writer.execute('ROLLBACK');
    await sessions.reader.execute('ROLLBACK');
  }
}

async function watch(
  { observer, writer, reader }: OutsideSessions,
  { pid, tables, work }: { pid: number; tables: readonly string[]; work: Promise<unknown> },
): Promise<Map<string, Set<LockMode>>> {
  const seen = new Map<string, Set<LockMode>>();
  const ended = { value: false };
  const settled = work.finally(() => {
    ended.value = true;
  });
  // Awaited below; a failure before that must not count as unhandled.
  settled.catch(() => undefined);
  const release = [
    async () => {
      await reader.execute('BEGIN');
      await hold(reader, tables, 'ACCESS SHARE');
      await writer.execute('ROLLBACK');
    },
    async () => {
      await reader.execute('ROLLBACK');
    },
  ];
  while (!ended.value) {
    const waits = await isWaiting(observer, pid);
    for (const [oid, modes] of await readLocks(observer, pid))
      seen.set(oid, new Set([...(seen.get(oid) ?? []), ...modes]));
    if (waits) await release.shift()?.();
    await delay(2);
  }
  await settled;
  return seen;
}

/** Not where somebody asks for more already: behind that one it would wait for itself. */
async function hold(session: Session, tables: readonly string[], mode: LockMode): Promise<void> {
  for (const name of tables) {
    await session.execute('SAVEPOINT one');
    try {
      await session.execute(`LOCK TABLE ONLY ${quoteQualifiedName(name)} IN ${mode} MODE NOWAIT`);
    } catch (error) {
      if (parseServerError(error)?.sqlstate !== '55P03') throw error;
      await session.execute('ROLLBACK TO SAVEPOINT one');
    }
  }
}

async function isWaiting(observer: Session, pid: number): Promise<boolean> {
  const [row] = await observer.query<{ waits: boolean }>(
    `SELECT wait_event_type = 'Lock' AS waits FROM pg_stat_activity WHERE pid = $1`,
    [pid],
  );
  return row?.waits === true;
}
