import type { MigrationFault } from './errors.ts';
import type { ProbedStatement } from './probed-statements.ts';

export type Phase = 'baseline' | 'expand' | 'backfill' | 'contract';
export type Direction = 'up' | 'down';

/** One revision file, parsed and checked by itself. */
export interface Revision {
  /** 12 hexadecimal digits: fits Alembic's version column. A Python revision's is what its file says. */
  readonly id: string;
  readonly parents: readonly string[];
  readonly labels: readonly string[];
  readonly dependsOn: readonly string[];
  readonly phase: Phase;
  readonly summary: string;
  /** Tables whose presence means that this revision is recorded instead of run. Only a baseline has some. */
  readonly adoptTables: readonly string[];
  /** A file of Python's Alembic, which only Alembic can run; it has no steps here. */
  readonly executor?: 'alembic';
  /** The file's name. */
  readonly file: string;
  /** SHA-256 in hexadecimal of the text without byte order mark and carriage returns before line feeds. */
  readonly checksum: string;
  readonly up: readonly Step[];
  /** Null: the file has no down section. */
  readonly down: readonly Step[] | null;
  readonly checks?: Readonly<Record<Direction, readonly Check[]>>;
  /** Only where files are read for their headers: what its sections are refused for. To ask for a section throws that. */
  readonly unfinished?: readonly MigrationFault[];
}

/** A question that a revision asks before it runs: a count that is not 0 refuses. */
export interface Check {
  readonly name: string;
  /** Goes on behind the number. */
  readonly message: string;
  readonly sql: string;
  readonly line: number;
}

/** A rule that does not count for a step, and why. */
export interface AcceptedRule {
  readonly rule: string;
  readonly reason: string;
}

export type Step = TransactionalStep | NonTransactionalStep | BatchStep;

/** What a step in code may do with the database. Values are bound; one statement a call, each awaited. */
export interface StepDatabase {
  query(text: string, values?: readonly unknown[]): Promise<{ rows: Record<string, unknown>[]; rowCount: number }>;
}

export interface StepBatch {
  /** Of this batch, in the order of the key, by column; also in the temporary table `batch_keys`. Empty in other modes. */
  keys: readonly Record<string, unknown>[];
}

/** A step in code. It runs again when a table was locked or the run was killed: only what the database undoes is undone. */
export type StepCode = (database: StepDatabase, batch: StepBatch) => Promise<unknown>;

interface StepBase {
  readonly name: string;
  /** Empty for a step in code. */
  readonly sql: string;
  /** Only of a TypeScript revision: runs instead of `sql`. */
  readonly code?: StepCode;
  /** SHA-256 in hexadecimal of the step's line and its SQL. */
  readonly checksum: string;
  /** The line of the file on which `sql` begins, from 1. */
  readonly line: number;
  /** Where on that line, from 1; left out: at its beginning. Null: the SQL is computed, and stands nowhere in the file. */
  readonly column?: number | null;
  /** Only in a down section: the up steps that it takes back. Undefined: the one of the same name, or else all of them. */
  readonly undoes?: readonly string[];
  readonly accepts?: readonly AcceptedRule[];
}

/** Runs in one transaction together with its row in the journal: done or not begun, nothing between. */
export interface TransactionalStep extends StepBase {
  readonly mode: 'tx';
}

/** One statement outside of transactions. `probed` is what settles it after a crash. */
export interface NonTransactionalStep extends StepBase {
  readonly mode: 'notx';
  readonly probed: ProbedStatement;
  /** It says CONCURRENTLY and may wait for long: nobody waits behind it, and giving up throws its work away. */
  readonly isConcurrent: boolean;
}

/** Runs once for each batch of keys, found in the temporary table `batch_keys`; the cursor commits with the batch. */
export interface BatchStep extends StepBase {
  readonly mode: 'batch';
  readonly table: string;
  readonly key: readonly string[];
  readonly size: number;
  readonly pauseMs: number;
}
