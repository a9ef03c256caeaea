import type { Session } from './connection.ts';
import { quoteName } from './sql-names.ts';

/** A table as the catalog describes it. Names map to a definition in PostgreSQL's own words, without the schema. */
export interface CatalogTable {
  name: string;
  kind: string;
  columns: ReadonlyMap<string, string>;
  constraints: ReadonlyMap<string, string>;
  /** Only those that no constraint brought. */
  indexes: ReadonlyMap<string, string>;
}

/**
 * The schema must be the first of the search_path: then PostgreSQL leaves its name out of what it prints. Comments,
 * privileges, owners, triggers and policies are not read: they are the business of who runs the database.
 */
export async function readCatalog(
  session: Session,
  schema: string,
  only?: { tables: readonly string[] },
): Promise<CatalogTable[]> {
  const tables = await session.query<{ oid: string; name: string; kind: string }>(
    `SELECT c.oid::text, c.relname::text AS name,
            CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
              WHEN 'f' THEN 'foreign table' ELSE c.relkind::text END
            || CASE c.relpersistence WHEN 'u' THEN ' (unlogged)' ELSE '' END
            || CASE WHEN EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = c.oid) THEN ' (inherits)' ELSE '' END AS kind
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND ($2::text[] IS NULL OR c.relname::text = ANY ($2))
      ORDER BY c.relname`,
    [schema, only?.tables ?? null],
  );
  const catalog: CatalogTable[] = [];
  for (const { oid, name, kind } of tables) {
    catalog.push({
      name,
      kind,
      columns: await readPairs(session, columnsSql, oid),
      constraints: await readPairs(session, constraintsSql, oid),
      indexes: await readPairs(session, indexesSql, oid),
    });
  }
  return catalog;
}

/** One sentence for each difference; empty when nothing differs. */
export function differences(wanted: readonly CatalogTable[], found: readonly CatalogTable[]): string[] {
  return wanted.flatMap((table) => {
    const name = quoteName(table.name);
    const other = found.find((one) => one.name === table.name);
    if (!other) return [`${table.kind} ${name} is missing`];
    const kind = table.kind === other.kind ? [] : [`${name} is a ${other.kind}, expected a ${table.kind}`];
    return [
      ...kind,
      ...compareParts(`${name} column`, table.columns, other.columns),
      ...compareParts(`${name} constraint`, table.constraints, other.constraints),
      ...compareParts(`${name} index`, table.indexes, other.indexes),
    ];
  });
}

function compareParts(what: string, wanted: ReadonlyMap<string, string>, found: ReadonlyMap<string, string>): string[] {
  const names = [...new Set([...wanted.keys(), ...found.keys()])].toSorted();
  return names.flatMap((name) => {
    const expected = wanted.get(name);
    const actual = found.get(name);
    if (expected === actual) return [];
    if (actual === undefined) return [`${what} ${quoteName(name)} is missing; expected: ${expected}`];
    if (expected === undefined) return [`${what} ${quoteName(name)} is not expected; found: ${actual}`];
    return [`${what} ${quoteName(name)} differs; expected: ${expected}; found: ${actual}`];
  });
}

async function readPairs(session: Session, sql: string, oid: string): Promise<Map<string, string>> {
  const rows = await session.query<{ name: string; definition: string }>(sql, [oid]);
  return new Map(rows.map((row) => [row.name, row.definition]));
}

/** The labels of an enum belong to the type: the same name with other labels is another type. */
const columnsSql = `
  SELECT a.attname::text AS name,
         format_type(a.atttypid, a.atttypmod)
         || coalesce((SELECT ' (' || string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) || ')'
                        FROM pg_enum e WHERE e.enumtypid = a.atttypid), '')
         || CASE WHEN a.attcollation <> t.typcollation THEN ' COLLATE ' || a.attcollation::regcollation::text ELSE '' END
         || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
         || CASE a.attidentity WHEN '' THEN '' ELSE ' IDENTITY ' || a.attidentity::text END
         || CASE a.attgenerated WHEN '' THEN '' ELSE ' GENERATED ' || a.attgenerated::text END
         || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '') AS definition
    FROM pg_attribute a
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped`;

/** PostgreSQL 18 keeps NOT NULL here too ('n'); the columns already say it. */
const constraintsSql = `
  SELECT conname::text AS name, pg_get_constraintdef(oid) AS definition
    FROM pg_constraint WHERE conrelid = $1::oid AND contype NOT IN ('n', 't')`;

const indexesSql = `
  SELECT c.relname::text AS name,
         replace(pg_get_indexdef(i.indexrelid), ' ON ' || quote_ident(n.nspname) || '.', ' ON ')
         || CASE WHEN i.indisvalid THEN '' ELSE ' (INVALID)' END AS definition
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE i.indrelid = $1::oid
     AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))`;
