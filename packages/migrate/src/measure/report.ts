import type { LockMode } from '../lint/operation.ts';
import type { Direction } from '../revision.ts';

/** What one statement did to what was there before its section began. Names are `schema.name`, as the catalog spells them. */
export interface MeasuredStatement {
  readonly revision: string;
  readonly direction: Direction;
  readonly step: string;
  /** Which statement of the step, from 0. */
  readonly statement: number;
  /** The strongest lock on each table or view that the statement took beyond those that its transaction had. */
  readonly locks: readonly MeasuredLock[];
  /** Tables whose rows were written anew, or thrown away. */
  readonly rewritten: readonly string[];
  /** Tables that were read from one end to the other. */
  readonly scanned: readonly string[];
  /** Tables for which an index was built, also one that was built anew. */
  readonly indexed: readonly string[];
}

export interface MeasuredLock {
  readonly table: string;
  readonly lock: LockMode;
}

export interface MeasureReport {
  /** Of the server that it was measured on. */
  readonly serverVersion: number;
  readonly statements: readonly MeasuredStatement[];
}
