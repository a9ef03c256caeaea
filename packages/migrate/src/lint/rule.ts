import type { Phase, Step } from '../revision.ts';
import type { QualifiedName } from '../sql-statements.ts';
import type { Effect } from './effects.ts';
import type { Operation, OperationKind, OperationOf } from './operation.ts';
import type { SchemaState } from './schema-state.ts';

export type LintSeverity = 'error' | 'warning' | 'notice';

/** One row of the table. `id` never changes its meaning. */
export interface LintRule {
  readonly id: `ST${number}`;
  /** Words for people and for search. */
  readonly name: string;
  readonly severity: LintSeverity;
  /** What is wrong with it, in one sentence. */
  readonly problem: string;
  /** Locks as measured on PostgreSQL 15 to 18; `none` where the harm is another. */
  readonly lock: string;
  /** What waits meanwhile. */
  readonly blocks: string;
  /** Depends on the number of rows: on a table that is known to be small the finding is a notice. */
  readonly growsWithRows?: true;
  /** Only in the way that a table is written, not in what it does to a running system: not asked of a baseline. */
  readonly isTaste?: true;
  /** What to do instead, and a short example of it. */
  readonly safe: string;
  readonly example: string;
  /** A page under https://www.postgresql.org/docs/current/. */
  readonly page: string;
  /** The names that squawk (s:) and strong_migrations (r:) have for it. */
  readonly known?: readonly string[];
  readonly checks?: RuleChecks;
  readonly checkStep?: (step: StepView) => readonly StepMatch[];
}

/** Returns what to say of an operation, or undefined when it does no harm here. */
export type RuleCheck<Kind extends OperationKind = OperationKind> = (
  operation: OperationOf<Kind>,
  context: RuleContext,
) => string | undefined;

export type RuleChecks = { readonly [Kind in OperationKind]?: RuleCheck<Kind> };

export interface RuleContext {
  /** Before the operation. */
  readonly state: SchemaState;
  readonly serverMajor: number;
  readonly phase: Phase;
  readonly mode: Step['mode'];
  /** Made by the same section of the same revision, or temporary: nobody else uses it yet. */
  readonly isNew: (table: QualifiedName) => boolean;
  readonly section: string;
  /** The up section of the same revision. */
  readonly up: readonly Step[];
  /** Everything in this section before this operation. */
  readonly preceding: readonly Operation[];
  /** Everything in this section from here on, this operation first. */
  readonly following: readonly Operation[];
}

/** A step as a whole: what its statements do together in one transaction. */
export interface StepView {
  readonly mode: Step['mode'];
  readonly items: readonly StepItem[];
}

export interface StepItem {
  readonly operation: Operation;
  /** Which statement of the step it belongs to. */
  readonly statement: number;
  /** On tables that were there before the section. */
  readonly effects: readonly Effect[];
  /** Constants of text in its statement; asked for only where a rule needs them. */
  readonly constants: () => readonly string[];
}

export interface StepMatch {
  readonly at: number;
  readonly message: string;
  readonly table?: QualifiedName;
}
