import type { Answers } from '../../src/autogenerate/operations/operation.ts';

/** One change of the models, as two schemas from empty. */
export interface MatrixCase {
  readonly name: string;
  readonly before: string;
  readonly after: string;
  /** Fills the schema before; what it holds must be the same after up, down and up. */
  readonly rows?: string;
  readonly renames?: readonly (readonly [string, string])[];
  readonly noRename?: boolean;
  readonly fills?: Readonly<Record<string, string>>;
  readonly usings?: Readonly<Record<string, string>>;
  readonly usingsBack?: Readonly<Record<string, string>>;
  readonly plain?: readonly string[];
  /** Only from this major version on. */
  readonly since?: number;
  /** Only up to this one. */
  readonly until?: number;
  /** The phases of what is written; left out: one revision of `expand`. */
  readonly phases?: readonly string[];
  /** Instead: it is refused like this, with what to do. */
  readonly refused?: { readonly code: string; readonly advice: RegExp };
  /** What the written files must contain. */
  readonly contains?: readonly RegExp[];
  /** Rows keep the values that they were filled with when it is undone. */
  readonly fillsStay?: boolean;
  /** A query, and what it answers after the upgrade. */
  readonly then?: readonly (readonly [sql: string, rows: unknown])[];
}

export function answersOf(one: MatrixCase): Partial<Answers> {
  const map = (record: Readonly<Record<string, string>> = {}) => new Map(Object.entries(record));
  return {
    fills: map(one.fills),
    usings: map(one.usings),
    usingsBack: map(one.usingsBack),
    plainTables: new Set(one.plain ?? []),
  };
}
