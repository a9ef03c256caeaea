import type { MigrationFault } from '../../errors.ts';
import type { ColumnFacts, Schema, TableFacts } from '../../schema/objects.ts';

/** A step before it has its place in a file. `revisionMark` in its SQL becomes the revision's id. */
export interface DraftStep {
  /** Made unique within its section, and cut, when it is written. */
  readonly name: string;
  readonly sql: string;
  readonly mode?: 'tx' | 'notx' | 'batch';
  /** Why it is so: goes above it as a comment. */
  readonly note?: string;
  /** Rules of the lint, and of the count before a loss, that it breaks on purpose: `ST019: why`. */
  readonly accept?: readonly string[];
  readonly batch?: { readonly table: string; readonly key: readonly string[] };
}

export type PlanPhase = 'expand' | 'backfill' | 'contract';

/** One thing that becomes otherwise. `down` undoes exactly what `up` does, whatever came before and after. */
export interface Operation {
  readonly phase: PlanPhase;
  /** In a phase: what loosens, then what makes or changes (by what needs what), then what goes. */
  readonly stage: 'loosen' | 'make' | 'drop';
  /** What it settles, for the order. */
  readonly keys: readonly string[];
  readonly what: string;
  readonly up: readonly DraftStep[];
  readonly down: readonly DraftStep[];
}

export const revisionMark = '{{revision}}';
/** Its first six digits: what a column that was set aside is called after. */
export const shortRevisionMark = '{{revision6}}';

/** What the models cannot say. Keys are `table.column`, as people write them. */
export interface Answers {
  /** What existing rows get in a column that becomes NOT NULL. */
  readonly fills: ReadonlyMap<string, string>;
  /** How a column's old value becomes its new one, and back. */
  readonly usings: ReadonlyMap<string, string>;
  readonly usingsBack: ReadonlyMap<string, string>;
  /** Tables so small that a scan or a rewrite under ACCESS EXCLUSIVE is accepted. */
  readonly plainTables: ReadonlySet<string>;
}

export interface Probes {
  /** Whether ALTER COLUMN … TYPE rewrites the table or builds an index of the column again. */
  rewrites(from: ColumnFacts, to: ColumnFacts, indexed: boolean): Promise<boolean>;
  /** Whether ADD COLUMN … DEFAULT rewrites the table. */
  isVolatile(column: ColumnFacts): Promise<boolean>;
  /** Whether `text` can be made of the other by an assignment or an explicit cast that is more than its text. */
  hasCast(from: string, to: string): Promise<boolean>;
  /** The wanted schema, read while columns are called otherwise: how PostgreSQL itself would print what uses them. */
  readRenamed(renames: readonly { column: ColumnFacts; name: string }[]): Promise<Schema>;
}

export interface PlanContext {
  readonly before: Schema;
  readonly after: Schema;
  /** The journal's schema, quoted: where the functions of the archive are. */
  readonly journal: string;
  /** The schema of what was set aside, quoted. */
  readonly archive: string;
  readonly answers: Answers;
  readonly probes: Probes;
  /** Keys that an operation has taken care of besides its own. */
  readonly handled: Set<string>;
  readonly faults: MigrationFault[];
}

/** Undoes what `operation` does, in another phase perhaps. */
export function inverse(operation: Operation, changes: Pick<Operation, 'phase' | 'stage' | 'what'>): Operation {
  return { ...operation, ...changes, up: operation.down, down: operation.up };
}

/** Says that there is no online form, and what to do. */
export function refuseChange(context: PlanContext, what: string, advice: string): never[] {
  context.faults.push({
    code: 'no_online_form',
    message: `${what} has no form that is safe while the old version serves`,
    hint: advice,
  });
  return [];
}

/** Whether the caller accepts that this table is locked for as long as it takes. */
export function isPlain(context: PlanContext, table: Pick<TableFacts, 'sql'>): boolean {
  return context.answers.plainTables.has(table.sql);
}

export const plainAdvice = (tableSql: string): string =>
  `If the table is so small that nobody notices, say --plain ${tableSql}.`;
