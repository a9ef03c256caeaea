import type { MeasureReport } from '../measure/report.ts';
import type { Direction } from '../revision.ts';
import type { LintSeverity } from './rule.ts';

export interface LintOptions {
  /** The oldest server that the revisions run on: 15, or its server_version_num. Default 15. */
  readonly serverVersion?: number;
  /** Of the first schema of the search_path. Default `public`. */
  readonly defaultSchema?: string;
  /** Rows of tables, by `schema.table` or `table`. What is not in it may be of any size. */
  readonly tableRows?: ReadonlyMap<string, number>;
  /** Up to so many rows, a cost that grows with them is only a notice. Default 10 000. */
  readonly smallTableRows?: number;
  /** What measureRevisions() saw of the same revisions: then rules about locks and costs go by it. */
  readonly measured?: MeasureReport;
  /** Only these are reported; the others are read for what they say about the schema. Default: all. */
  readonly only?: ReadonlySet<string>;
}

export interface LintFinding {
  readonly rule: string;
  readonly name: string;
  readonly severity: LintSeverity;
  readonly message: string;
  /** What to do instead. */
  readonly safe: string;
  readonly example: string;
  readonly file: string;
  /** Both from 1; columns count characters. */
  readonly line: number;
  readonly column: number;
  readonly revision: string;
  readonly direction: Direction;
  readonly step: string;
  /** `schema.table` where one is meant. */
  readonly table?: string;
}

export interface WaivedFinding extends LintFinding {
  readonly reason: string;
}

export interface LintReport {
  /** As a major version. */
  readonly serverVersion: number;
  readonly revisions: number;
  readonly statements: number;
  /** Python's revisions: their statements are Alembic's and were not read, and what they made is unknown. */
  readonly unread: readonly string[];
  /** By file, line and column. Without what was waived. */
  readonly findings: readonly LintFinding[];
  readonly waived: readonly WaivedFinding[];
  readonly errors: number;
  readonly warnings: number;
  readonly notices: number;
}
