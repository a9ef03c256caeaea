import type { FinishedRevision } from './errors.ts';
import type { Direction, Step } from './revision.ts';

/** Who holds the lock, as far as this role may see. */
export interface LockHolder {
  pid: number;
  /** `stanchion:<revision>:<step>` while a runner works. */
  applicationName: string;
  user: string | null;
  clientAddress: string | null;
}

interface StepPlace {
  revision: string;
  direction: Direction;
  step: string;
  mode: Step['mode'];
}

/** After each batch. `rows` were changed by this run, `visited` had their key taken up. */
export interface BatchProgress {
  rows: number;
  visited: number;
  /** What earlier runs of the step changed, as the journal has it: about as many as they visited. */
  earlierRows: number;
  /** As PostgreSQL's statistics have the table; null: it was never analyzed. */
  estimatedRows: number | null;
  rowsPerSecond: number | null;
  etaSeconds: number | null;
  cursor: readonly string[];
}

/** Of a concurrent index build, every second: PostgreSQL's own words for the phase, and what it counts there. */
export interface IndexProgress {
  phase: string;
  done: number;
  /** 0: nothing is counted in this phase. */
  total: number;
  unit: 'blocks' | 'tuples' | 'transactions';
  /** The process whose transaction is waited for. */
  waitsFor: number | null;
  /** Of this phase. */
  etaSeconds: number | null;
}

/** What a run tells while it goes on. Callbacks are called in order and must not throw. */
export type MigrationEvent =
  | { type: 'waiting_for_lock'; holder: LockHolder | null; waitedMs: number }
  | { type: 'lock_acquired'; waitedMs: number }
  | { type: 'planned'; direction: Direction; revisions: readonly string[] }
  | { type: 'revision_started'; revision: string; direction: Direction; summary: string; resumed: boolean }
  | ({ type: 'step_started'; attempt: number } & StepPlace)
  | ({ type: 'step_retried'; attempt: number; delayMs: number; sqlstate: string } & StepPlace)
  | ({ type: 'step_repaired'; object: string } & StepPlace)
  | ({ type: 'step_progress' } & BatchProgress & StepPlace)
  | ({ type: 'index_progress' } & IndexProgress & StepPlace)
  | ({ type: 'step_finished'; rows: number; durationMs: number; settled: boolean } & StepPlace)
  | ({ type: 'revision_finished'; direction: Direction } & FinishedRevision);
