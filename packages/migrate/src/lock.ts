import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Session } from './connection.ts';
import { MigrationError } from './errors.ts';
import type { LockHolder, MigrationEvent } from './events.ts';
import { failUnless } from './fail-unless.ts';
import type { Queryable } from './journal-state.ts';
import type { Prepared } from './prepared.ts';

export interface LockOptions {
  journalSchema: string;
  /** How long another runner is waited for. */
  lockWaitMs: number;
  onEvent: (event: MigrationEvent) => void;
  signal: AbortSignal | undefined;
}

export interface MigrationLock {
  waitedMs: number;
  /** An expression that proves it, for a query whose answer is for `assertProven`. */
  readonly heldSql: string;
  /** A query that is an error where it is not held, for the middle of a message. */
  readonly assertSql: () => string;
  /** Throws `lock_lost`. Behind an unnoticed pooler the next statement may run in a session without the lock. */
  assertProven(held: unknown): void;
  /** Asks, and throws `lock_lost`. Statements that come `before` go along in the same message. */
  assertHeld(before?: string): Promise<void>;
}

const pollMs = { least: 50, most: 400 };

/**
 * Polls, and never waits inside PostgreSQL: a waiting statement holds a snapshot, for which the lock's holder would wait
 * in CREATE INDEX CONCURRENTLY, a deadlock that leaves an invalid index. `pins`: the settings with which it waits. Throws
 * `locked` and `aborted`.
 */
export async function acquireLock(
  session: Session,
  options: LockOptions,
  { prepared, pins }: { prepared: Prepared; pins: string },
): Promise<MigrationLock> {
  const [, named] = await session.execute(`${pins};\n${nameSql}`);
  const key = keyOf(options.journalSchema, named?.rows);
  const began = performance.now();
  let lastHolder: number | null | undefined;
  for (;;) {
    const [row] = await session.query<{ locked: boolean }>(
      // The second time for `proofOf`.
      `SELECT CASE WHEN pg_try_advisory_lock($1::bigint) THEN pg_try_advisory_lock($1::bigint) ELSE false END AS locked`,
      [key],
    );
    const waitedMs = Math.round(performance.now() - began);
    if (row?.locked) {
      options.onEvent({ type: 'lock_acquired', waitedMs });
      return lockOf(session, proofOf(key), { waitedMs, prepared });
    }
    const holder = await findHolder(session, key);
    if (lastHolder === undefined || (holder && holder.pid !== lastHolder)) {
      lastHolder = holder?.pid ?? null;
      options.onEvent({ type: 'waiting_for_lock', holder, waitedMs });
    }
    if (waitedMs >= options.lockWaitMs) throw lockedError(holder, waitedMs);
    await pause(options.signal);
  }
}

/** The advisory lock's key, so that other programs can take the same one: see the README. */
export function lockKey(database: string, journalSchema: string): bigint {
  return createHash('sha256').update(`stanchion.migrate:${database}:${journalSchema}`).digest().readBigInt64BE(0);
}

/** Who holds the lock of this database's journal; anybody may ask. */
export async function findHolderOf(database: Queryable, journalSchema: string): Promise<LockHolder | null> {
  const session = {
    query: async <Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the columns of the queries below
      return (await database.query(text, [...values])).rows as Row[];
    },
  };
  return findHolder(session, keyOf(journalSchema, await session.query(nameSql)));
}

/** The one method of a session that only reads. */
type Reader = Pick<Session, 'query'>;

const nameSql = 'SELECT current_database()::text AS name';

/** `rows`: the answer to `nameSql`. */
function keyOf(journalSchema: string, rows: readonly { name?: unknown }[] = []): string {
  return String(lockKey(String(rows[0]?.name), journalSchema));
}

/** pg_locks shows a 64-bit advisory key as two halves: https://www.postgresql.org/docs/current/view-pg-locks.html */
const holdsKey = `l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (l.classid::bigint << 32 | l.objid::bigint) = $1::bigint`;

async function findHolder(session: Reader, key: string): Promise<LockHolder | null> {
  const [holder] = await session.query<LockHolder & { pid: number }>(
    `SELECT l.pid, coalesce(a.application_name, '') AS "applicationName", a.usename::text AS "user",
            host(a.client_addr) AS "clientAddress"
       FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
      WHERE ${holdsKey}`,
    [key],
  );
  return holder ?? null;
}

/**
 * True only in the session that holds it: another's unlock answers false, and changes nothing. The runner has taken the lock twice, so
 * that it is never free while one is given back and taken again; and if a step has given one back, nobody else has it at the end
 * of this either, or the answer is false. pg_locks would say the same, after it has listed the locks of the whole server.
 */
function proofOf(key: string): string {
  return `CASE WHEN pg_advisory_unlock(${key}) THEN pg_try_advisory_lock(${key}) ELSE false END`;
}

function lockOf(
  session: Session,
  heldSql: string,
  { waitedMs, prepared }: { waitedMs: number; prepared: Prepared },
): MigrationLock {
  const proofSql = `SELECT ${heldSql} AS held`;
  return {
    ...{ waitedMs, heldSql, assertProven },
    assertSql: prepared.define('stanchion_lock', [], failUnless(heldSql, `'the migration lock is not held'`)),
    async assertHeld(before) {
      const results = await session.execute(before === undefined ? proofSql : `${before};\n${proofSql}`);
      const [row]: { held?: unknown }[] = results.at(-1)?.rows ?? [];
      assertProven(row?.held);
    },
  };
}

function assertProven(held: unknown): void {
  if (held === true) return;
  throw new MigrationError({
    code: 'lock_lost',
    message: 'this session does not hold the migration lock',
    hint: 'Behind a transaction pooler sessions change between statements: use a direct connection. A revision must not unlock all advisory locks or DISCARD ALL.',
  });
}

async function pause(signal: AbortSignal | undefined): Promise<void> {
  const ms = pollMs.least + Math.random() * (pollMs.most - pollMs.least);
  try {
    await delay(ms, undefined, signal ? { signal } : {});
  } catch (cause) {
    throw new MigrationError({ code: 'aborted', message: 'stopped while waiting for the lock' }, { cause });
  }
}

function lockedError(holder: LockHolder | null, waitedMs: number): MigrationError {
  const who = holder
    ? `${holder.applicationName || 'a session without a name'} (pid ${holder.pid}, user ${holder.user ?? 'unknown'}, from ${holder.clientAddress ?? 'a local socket'})`
    : 'a session that this role cannot see';
  return new MigrationError({
    code: 'locked',
    message: `another runner holds the migration lock since before ${Math.round(waitedMs / 1000)} s: ${who}`,
    hint: 'Wait for it and run again. If its client is gone, its session ends with its statement; pg_terminate_backend(pid) ends it at once.',
  });
}
