import { appliedByBoth, compareVersions } from '../alembic/compare-versions.ts';
import { explainRights } from '../alembic/reconcile.ts';
import { findVersionTableSql, selectVersionsSql, versionsOf } from '../alembic/version-table.ts';
import { asQueryable, type Session } from '../connection.ts';
import type { RevisionGraph } from '../graph.ts';
import { type JournalState, readJournalState } from '../journal-state.ts';
import type { Settings } from '../options.ts';
import type { Revision } from '../revision.ts';
import { quoteText, quoteTexts } from '../sql-names.ts';

/** What is there before this run has made anything. */
export interface Surroundings {
  journal: JournalState;
  /** According to the journal and the version table. */
  applied: ReadonlySet<string>;
  /** Rows of the version table that are another history's. */
  foreign: readonly string[];
  /** Schemas that have tables of the baselines, with their names. */
  schemas: ReadonlyMap<string, readonly string[]>;
  /** This role may create a schema. */
  mayCreateSchema: boolean;
}

/** Only reads; on a database that has nothing yet, with one message. `journal`: when that was read already. */
export async function lookAround(
  { session, settings }: { session: Session; settings: Settings },
  { graph, baselines }: { graph: RevisionGraph; baselines: readonly Revision[] },
  journal: JournalState | undefined,
): Promise<Surroundings> {
  const names = baselines.flatMap((revision) => revision.adoptTables);
  const [tables, version, journals, rights] = await session.execute(
    [
      `SELECT n.nspname::text AS schema, array_agg(c.relname::text ORDER BY c.relname) AS names
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relname = ANY (${quoteTexts(names)}) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^(pg_|information_schema$)'
        GROUP BY 1 ORDER BY 1`,
      findVersionTableSql(settings.versionTable),
      `SELECT 1 FROM pg_namespace WHERE nspname = ${quoteText(settings.journalSchema)}`,
      `SELECT has_database_privilege(current_database(), 'CREATE') AS may`,
    ].join(';\n'),
  );
  const found =
    journal ??
    ((journals?.rowCount ?? 0) > 0
      ? await readJournalState(asQueryable(session), settings.journalSchema)
      : { applied: new Map(), unfinished: [], exists: false });
  const rows = (version?.rowCount ?? 0) > 0 ? await readVersions(session, settings) : [];
  const journalled = new Set(found.applied.keys());
  const compared = compareVersions(graph, journalled, rows);
  const [right]: { may?: unknown }[] = rights?.rows ?? [];
  return {
    journal: found,
    applied: rows.length === 0 ? journalled : appliedByBoth(journalled, compared),
    foreign: compared.foreign,
    schemas: new Map((tables?.rows ?? []).map(({ schema, names: own }: TablesRow) => [schema, own])),
    mayCreateSchema: right?.may === true,
  };
}

interface TablesRow {
  schema: string;
  names: string[];
}

async function readVersions(session: Session, { versionTable }: Settings): Promise<string[]> {
  try {
    return versionsOf(await session.query(selectVersionsSql(versionTable)));
  } catch (error) {
    throw explainRights(error, versionTable);
  }
}
