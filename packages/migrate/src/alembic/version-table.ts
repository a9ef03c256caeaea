import type { Queryable } from '../journal-state.ts';
import { quoteName, quoteText } from '../sql-names.ts';

/** Where Python's Alembic keeps its heads: its `version_table` and `version_table_schema`. */
export interface VersionTable {
  schema: string;
  name: string;
}

/** Alembic's own statement, names included, so that both see the table that they would have made. */
export function createVersionTableSql(table: VersionTable): string {
  return `CREATE TABLE IF NOT EXISTS ${quoteVersionTable(table)} (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT ${quoteName(`${table.name}_pkc`)} PRIMARY KEY (version_num)
  )`;
}

export function quoteVersionTable({ schema, name }: VersionTable): string {
  return `${quoteName(schema)}.${quoteName(name)}`;
}

/** Its rows, sorted; undefined where there is no such table. */
export async function readVersionRows(database: Queryable, table: VersionTable): Promise<string[] | undefined> {
  const { rows: found } = await database.query(findVersionTableSql(table), []);
  if (found.length === 0) return undefined;
  const { rows } = await database.query(selectVersionsSql(table), []);
  return versionsOf(rows);
}

/** A row without a revision, which only another form of the table allows, says nothing. */
export function selectVersionsSql(table: VersionTable): string {
  return `SELECT version_num::text AS version FROM ${quoteVersionTable(table)} WHERE version_num IS NOT NULL`;
}

/** Sorted here: a database's collation may order letters and digits otherwise, and rows are compared with ours. */
export function versionsOf(rows: readonly unknown[]): string[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the statement above, of a NOT NULL column
  return (rows as { version: string }[]).map((row) => row.version).toSorted();
}

/** A row if it exists. The catalog may be read by everybody, and never waits for the table's lock. */
export function findVersionTableSql({ schema, name }: VersionTable): string {
  return `SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = ${quoteText(schema)} AND c.relname = ${quoteText(name)}`;
}

/** One of {@link versionChanges} as text. */
export function bindText({ sql, values }: { sql: string; values: readonly string[] }): string {
  return sql.replaceAll(/\$(\d)/g, (_, number: string) => quoteText(values[Number(number) - 1] ?? ''));
}

/** A statement for each row that changes, with its values; every one of them must touch exactly one row. */
export function versionChanges(
  table: VersionTable,
  from: readonly string[],
  to: readonly string[],
): { sql: string; values: string[] }[] {
  const name = quoteVersionTable(table);
  const gone = from.filter((version) => !to.includes(version));
  const added = to.filter((version) => !from.includes(version));
  // As Alembic does it: a merge deletes all but one and updates that, a branch inserts.
  const [replaced] = gone;
  const [replacement] = added;
  if (replaced === undefined || replacement === undefined) {
    return [...gone.map((version) => remove(version)), ...added.map((version) => insert(version))];
  }
  return [
    ...gone.slice(1).map((version) => remove(version)),
    { sql: `UPDATE ${name} SET version_num = $1 WHERE version_num = $2`, values: [replacement, replaced] },
    ...added.slice(1).map((version) => insert(version)),
  ];

  function remove(version: string): { sql: string; values: string[] } {
    return { sql: `DELETE FROM ${name} WHERE version_num = $1`, values: [version] };
  }
  function insert(version: string): { sql: string; values: string[] } {
    return { sql: `INSERT INTO ${name} (version_num) VALUES ($1)`, values: [version] };
  }
}
