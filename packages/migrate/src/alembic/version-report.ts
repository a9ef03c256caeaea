import type { RevisionGraph } from '../graph.ts';
import { type Queryable, readJournalState } from '../journal-state.ts';
import { defaultJournalSchema, versionTableOf } from '../options.ts';
import { parseServerError } from '../sqlstate.ts';
import { appliedByBoth, compareVersions, type VersionComparison } from './compare-versions.ts';
import { readVersionRows, type VersionTable } from './version-table.ts';

export interface VersionOptions {
  /** Default `stanchion`. */
  journalSchema?: string;
  /** Default `public.alembic_version`. */
  versionTable?: Partial<VersionTable>;
  searchPath?: readonly string[];
}

/** What Python's Alembic sees, beside the journal. */
export interface VersionReport {
  table: string;
  /** Undefined: there is no such table, this role may not read it, or a runner has it locked right now. */
  rows: string[] | undefined;
  /** Rows that neither this code nor the journal knows. */
  foreign: string[];
  /** There are only such rows: the table is another history's, and ours is not written into it. */
  beside: boolean;
  /** What Alembic applied and reverted since the journal was written; the next run takes it over. */
  gained: string[];
  lost: string[];
  /** SQL revisions that the journal has and the table lacks; the next run refuses. */
  conflicts: string[];
}

/** Only reads, and waits for nobody. */
export async function readVersions(
  database: Queryable,
  graph: RevisionGraph,
  options: VersionOptions = {},
): Promise<VersionReport> {
  const { applied } = await readJournalState(database, options.journalSchema ?? defaultJournalSchema);
  return reportVersions(database, graph, { applied: new Set(applied.keys()), options });
}

/** The same beside a journal that was read already. */
export async function reportVersions(
  database: Queryable,
  graph: RevisionGraph,
  { applied, options }: { applied: ReadonlySet<string>; options: VersionOptions },
): Promise<VersionReport> {
  const table = versionTableOf(options.versionTable, options.searchPath);
  const rows = await readUnlessLocked(database, table);
  const found = compareVersions(graph, applied, rows ?? []);
  const list = (revisions: readonly { id: string }[]) => (rows ? revisions.map(({ id }) => id) : []);
  return {
    table: `${table.schema}.${table.name}`,
    rows,
    foreign: found.foreign,
    beside: found.beside,
    gained: list(found.gained),
    lost: list(found.lost),
    conflicts: list(found.conflicts),
  };
}

/**
 * What is applied, Python's revisions included. A graph without any needs no look at the version table: the journal is
 * the truth about SQL revisions, and its readers need no right on that table.
 */
export async function readAppliedIds(
  database: Queryable,
  graph: RevisionGraph,
  { applied, options }: { applied: ReadonlySet<string>; options: VersionOptions },
): Promise<ReadonlySet<string>> {
  if (graph.order.every((revision) => revision.executor !== 'alembic')) return applied;
  const rows = await readUnlessLocked(database, versionTableOf(options.versionTable, options.searchPath));
  if (!rows) return applied;
  const found: VersionComparison = compareVersions(graph, applied, rows);
  return appliedByBoth(applied, found);
}

/** A step that runs holds the table until it ends, and a probe of readiness must not wait for it: the journal answers meanwhile. */
async function readUnlessLocked(database: Queryable, table: VersionTable): Promise<string[] | undefined> {
  const { rows: locks } = await database.query(
    `SELECT 1 FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND n.nspname = $1 AND c.relname = $2
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [table.schema, table.name],
  );
  if (locks.length > 0) return undefined;
  try {
    return await readVersionRows(database, table);
  } catch (error) {
    if (parseServerError(error)?.sqlstate === '42501') return undefined;
    throw error;
  }
}
