import type { Revision, Step } from '../revision.ts';
import type { QualifiedName } from '../sql-statements.ts';

/** What a statement could lose, or could not represent, depending on the rows that are there. */
export type Concern = ConcernBody & {
  readonly revision: Revision;
  readonly step: Step;
  /** Offset into the step's SQL. */
  readonly at: number;
  /** An earlier statement of the plan changes its table: only when the step is reached can it be counted. */
  readonly deferred: boolean;
};

export type ConcernBody =
  | { readonly kind: 'drop_column'; readonly table: QualifiedName; readonly column: string }
  | { readonly kind: 'drop_table' | 'truncate'; readonly table: QualifiedName }
  | { readonly kind: 'drop_schema'; readonly schema: string }
  | { readonly kind: 'not_null'; readonly table: QualifiedName; readonly column: string }
  | {
      readonly kind: 'unique';
      readonly table: QualifiedName;
      readonly columns: readonly string[];
      readonly where: string | undefined;
    }
  | {
      readonly kind: 'foreign_key';
      readonly table: QualifiedName;
      readonly columns: readonly string[];
      readonly other: QualifiedName;
      readonly otherColumns: readonly string[];
    }
  | { readonly kind: 'check'; readonly table: QualifiedName; readonly expression: string }
  | {
      readonly kind: 'type';
      readonly table: QualifiedName;
      readonly column: string;
      readonly type: string;
      readonly using: string | undefined;
    }
  | {
      readonly kind: 'restore_column';
      readonly table: QualifiedName;
      readonly column: string;
      readonly from: string;
      readonly bare: boolean;
    }
  | { readonly kind: 'restore_table'; readonly table: QualifiedName; readonly from: string };

/** What stands on the step's line with a reason lets it pass: the rule of the lint that says the same. */
export const acceptedBy: Readonly<Partial<Record<Concern['kind'], readonly string[]>>> = {
  drop_column: ['ST019'],
  drop_table: ['ST050'],
  truncate: ['ST051'],
  drop_schema: ['ST058', 'ST054'],
  type: ['ST021'],
};

/** Concerns that an upgrade has too; PostgreSQL refuses the others by itself, and an upgrade loses nothing by that. */
export const losing: ReadonlySet<Concern['kind']> = new Set(['drop_column', 'drop_table', 'truncate', 'drop_schema']);
