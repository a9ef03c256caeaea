import type { LockHolder } from './events.ts';
import { type Queryable, readJournalState, type UnfinishedRevision } from './journal-state.ts';
import { findHolderOf } from './lock.ts';
import { defaultJournalSchema } from './options.ts';
import type { Direction, Step } from './revision.ts';
import { quoteName } from './sql-names.ts';
import type { StatusOptions } from './status.ts';

/** A session that holds the migration lock. */
export interface RunningRunner extends LockHolder {
  /** From its application_name; null between steps. */
  revision: string | null;
  step: string | null;
  /** ISO, UTC: its connection, and the statement that it runs or ran last. */
  connectedAt: string;
  statementAt: string | null;
  state: string | null;
  /** What it waits for, and the pids in its way. */
  waitsFor: string | null;
  blockedBy: number[];
  /** Of a concurrent index build or a VACUUM, as PostgreSQL tells it. */
  progress: { phase: string; done: number; total: number } | null;
}

export interface UnfinishedStepStatus {
  revision: string;
  direction: Direction;
  step: string;
  mode: Step['mode'];
  /** `in_doubt`: it was running, and nobody holds the lock any more. */
  state: 'running' | 'in_doubt' | 'failed';
  attempts: number;
  rows: number;
  cursor: string[] | null;
  sqlstate: string | null;
  error: string | null;
  startedAt: string;
  updatedAt: string;
}

export interface RunnerStatus {
  runner: RunningRunner | null;
  unfinished: readonly UnfinishedRevision[];
  steps: UnfinishedStepStatus[];
}

/** Who runs, which step, since when, and what earlier runs left; reads only, takes no lock. */
export async function runnerStatus(database: Queryable, options: StatusOptions = {}): Promise<RunnerStatus> {
  const schema = options.journalSchema ?? defaultJournalSchema;
  const runner = await findRunner(database, schema);
  const { unfinished, exists } = await readJournalState(database, schema);
  const steps = exists ? await readSteps(database, schema, runner !== null) : [];
  return { runner, unfinished, steps };
}

async function findRunner(database: Queryable, schema: string): Promise<RunningRunner | null> {
  const holder = await findHolderOf(database, schema);
  if (!holder) return null;
  const { rows } = await database.query(
    `SELECT ${iso('backend_start')} AS "connectedAt", ${iso('query_start')} AS "statementAt", state,
            CASE WHEN wait_event_type = 'Lock' THEN wait_event END AS "waitsFor", pg_blocking_pids(pid) AS "blockedBy"
       FROM pg_stat_activity WHERE pid = $1`,
    [holder.pid],
  );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the columns of the query
  const [activity] = rows as Pick<RunningRunner, 'connectedAt' | 'statementAt' | 'state' | 'waitsFor' | 'blockedBy'>[];
  if (!activity) return null;
  const [, revision, step] = /^stanchion:([0-9a-f]{12})(?::(.+))?$/.exec(holder.applicationName) ?? [];
  const progress = await readProgress(database, holder.pid);
  return { ...holder, ...activity, revision: revision ?? null, step: step ?? null, progress };
}

async function readProgress(database: Queryable, pid: number): Promise<RunningRunner['progress']> {
  const { rows } = await database.query(
    `SELECT phase, CASE WHEN tuples_total > 0 THEN tuples_done ELSE blocks_done END::float8 AS done,
            CASE WHEN tuples_total > 0 THEN tuples_total ELSE blocks_total END::float8 AS total
       FROM pg_stat_progress_create_index WHERE pid = $1
     UNION ALL
     SELECT phase, heap_blks_scanned::float8, heap_blks_total::float8 FROM pg_stat_progress_vacuum WHERE pid = $1`,
    [pid],
  );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the columns of the query
  const [progress] = rows as NonNullable<RunningRunner['progress']>[];
  return progress ?? null;
}

async function readSteps(database: Queryable, schema: string, someoneRuns: boolean): Promise<UnfinishedStepStatus[]> {
  const { rows } = await database.query(
    `SELECT revision, direction, step, mode, CASE WHEN state = 'running' AND NOT $1 THEN 'in_doubt' ELSE state END AS state,
            attempts, rows::float8 AS rows, cursor, sqlstate, error, ${iso('started_at')} AS "startedAt", ${iso('updated_at')} AS "updatedAt"
       FROM ${quoteName(schema)}.step_log WHERE state <> 'done' ORDER BY started_at, step`,
    [someoneRuns],
  );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the columns of the query
  return rows as UnfinishedStepStatus[];
}

function iso(column: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
