import { setTimeout as delay } from 'node:timers/promises';
import { openSession, type Session } from '../connection.ts';
import { paceOf } from './pace.ts';
import type { StepRun } from './run-step.ts';

/**
 * Runs a statement that may build an index, and tells from a second connection how far PostgreSQL is. Nothing is opened for a
 * statement that ends before the first look. Looking is a courtesy: when it fails, the build goes on untold.
 */
export async function withIndexProgress<Answer>(run: StepRun, work: () => Promise<Answer>): Promise<Answer> {
  const [self] = await run.session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const ended = new AbortController();
  const watching = watch(run, { pid: self?.pid ?? 0, signal: ended.signal }).catch(() => undefined);
  try {
    return await work();
  } finally {
    ended.abort();
    await watching;
  }
}

async function watch(run: StepRun, { pid, signal }: { pid: number; signal: AbortSignal }): Promise<void> {
  const { connection, progressMs } = run.settings;
  const began = performance.now();
  await delay(progressMs, undefined, { signal });
  const session = await openSession(connection);
  try {
    // A session that is idle between two looks holds no snapshot, for which the build would wait.
    await session.execute("SET application_name = 'stanchion:progress'; SET statement_timeout = '5s'");
    while (!signal.aborted) {
      const seen = await look(session, pid);
      if (seen) run.emit({ type: 'index_progress', ...seen, etaSeconds: etaOf(seen, performance.now() - began) });
      await delay(progressMs, undefined, { signal });
    }
  } finally {
    await session.close();
  }
}

interface Seen {
  phase: string;
  done: number;
  total: number;
  unit: 'blocks' | 'tuples' | 'transactions';
  waitsFor: number | null;
}

/** https://www.postgresql.org/docs/current/progress-reporting.html: each phase counts in the one of three that it needs. */
async function look(session: Session, pid: number): Promise<Seen | undefined> {
  const [row] = await session.query<Seen>(
    `SELECT phase, nullif(current_locker_pid, 0)::int AS "waitsFor",
            (CASE WHEN lockers_total > 0 AND phase LIKE 'waiting%' THEN lockers_done
                  WHEN tuples_total > 0 THEN tuples_done ELSE blocks_done END)::float8 AS done,
            (CASE WHEN lockers_total > 0 AND phase LIKE 'waiting%' THEN lockers_total
                  WHEN tuples_total > 0 THEN tuples_total ELSE blocks_total END)::float8 AS total,
            CASE WHEN lockers_total > 0 AND phase LIKE 'waiting%' THEN 'transactions'
                 WHEN tuples_total > 0 THEN 'tuples' ELSE 'blocks' END AS unit
       FROM pg_stat_progress_create_index WHERE pid = $1`,
    [pid],
  );
  return row;
}

/** Of the present phase; nobody knows how long a transaction stays that is waited for. */
function etaOf({ done, total, unit }: Seen, elapsedMs: number): number | null {
  return unit === 'transactions' || total === 0 ? null : paceOf({ done, total, elapsedMs }).etaSeconds;
}
