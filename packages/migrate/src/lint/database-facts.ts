import type { Queryable } from '../journal-state.ts';
import type { LintOptions } from './report.ts';

export type DatabaseFacts = Required<Pick<LintOptions, 'serverVersion' | 'tableRows'>>;

/**
 * The version of a server and how many rows its statistics say each table has. A table that was never analysed is left out: it
 * may have any number.
 */
export async function readDatabaseFacts(database: Queryable): Promise<DatabaseFacts> {
  const { rows } = await database.query(
    `SELECT current_setting('server_version_num')::int AS version, n.nspname || '.' || c.relname AS name, c.reltuples::float8 AS rows
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'm', 'p') AND c.reltuples >= 0 AND n.nspname !~ '^pg_'
      UNION ALL SELECT current_setting('server_version_num')::int, '', 0`,
    [],
  );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- listed above, none of them null
  const list = rows as { version: number; name: string; rows: number }[];
  const tableRows = new Map(list.flatMap(({ name, rows: count }) => (name === '' ? [] : [[name, count] as const])));
  return { serverVersion: list[0]?.version ?? 0, tableRows };
}
