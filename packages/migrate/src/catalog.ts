import type { Session } from './connection.ts';
import { quoteName } from './sql-names.ts';

/** A table as the catalog describes it. Names map to a definition in PostgreSQL's own words, without the schema. */
export interface CatalogTable {
  name: string;
  kind: string;
  columns: ReadonlyMap<string, CatalogPart>;
  constraints: ReadonlyMap<string, CatalogPart>;
  /** Only those that no constraint brought. */
  indexes: ReadonlyMap<string, CatalogPart>;
}

interface CatalogPart {
  definition: string;
  /** Of a column: without it, code that does not know the default sees no difference. */
  fallback: string;
  /** Who does not know of it can write as before: a column that needs no value, an index that forbids nothing. */
  isHarmless: boolean;
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
      columns: await readParts(session, columnsSql, oid),
      constraints: await readParts(session, constraintsSql, oid),
      indexes: await readParts(session, indexesSql, oid),
    });
  }
  return catalog;
}

/**
 * One sentence for each difference that matters; empty when there is none. What the owner has beside it may stay where it cannot make
 * a statement fail that does not know of it.
 */
export function differences(wanted: readonly CatalogTable[], found: readonly CatalogTable[]): string[] {
  return wanted.flatMap((table) => {
    const name = quoteName(table.name);
    const other = found.find((one) => one.name === table.name);
    if (!other) return [`${table.kind} ${name} is missing`];
    const kind = table.kind === other.kind ? [] : [`${name} is a ${other.kind}, expected a ${table.kind}`];
    return [
      ...kind,
      ...compareParts(`${name} column`, table.columns, other.columns),
      ...compareParts(`${name} constraint`, table.constraints, other.constraints, {
        rename: (from, to) => `ALTER TABLE ${name} RENAME CONSTRAINT ${from} TO ${to}`,
      }),
      ...compareParts(`${name} index`, table.indexes, other.indexes, {
        rename: (from, to) => `ALTER INDEX ${from} RENAME TO ${to}`,
      }),
    ];
  });
}

type Parts = ReadonlyMap<string, CatalogPart>;

function compareParts(
  what: string,
  wanted: Parts,
  found: Parts,
  { rename }: { rename?: (from: string, to: string) => string } = {},
): string[] {
  const names = [...new Set([...wanted.keys(), ...found.keys()])].toSorted();
  return names.flatMap((name) => {
    const expected = wanted.get(name);
    const actual = found.get(name);
    if (expected && actual) {
      if (isSame(expected, actual)) return [];
      return [`${what} ${quoteName(name)} differs; expected: ${textOf(expected)}; found: ${textOf(actual)}`];
    }
    if (!expected) {
      if (!actual || actual.isHarmless) return [];
      const isNeeded = rename ? '' : ', and rows that are written without it have no value for it';
      return [`${what} ${quoteName(name)} is not expected${isNeeded}; found: ${textOf(actual)}`];
    }
    const namesake = rename && findNamesake(expected, { wanted, found });
    const mend =
      namesake === undefined
        ? ''
        : `; ${quoteName(namesake)} is the same: ${rename?.(quoteName(namesake), quoteName(name)) ?? ''}`;
    return [`${what} ${quoteName(name)} is missing; expected: ${textOf(expected)}${mend}`];
  });
}

/** A default that is more than expected serves those who leave the value out, and nobody else. */
function isSame(expected: CatalogPart, actual: CatalogPart): boolean {
  return (
    expected.definition === actual.definition && (expected.fallback === '' || expected.fallback === actual.fallback)
  );
}

/** The same under another name. */
function findNamesake(part: CatalogPart, { wanted, found }: { wanted: Parts; found: Parts }): string | undefined {
  const candidates = [...found].filter(([other]) => !wanted.has(other));
  return candidates.find(([, { definition }]) => withoutName(definition) === withoutName(part.definition))?.[0];
}

function withoutName(definition: string): string {
  return definition.replace(/^CREATE (UNIQUE )?INDEX (?:"(?:[^"]|"")+"|\S+) ON /, (_, unique: string | undefined) => {
    return `CREATE ${unique ?? ''}INDEX ON `;
  });
}

function textOf({ definition, fallback }: CatalogPart): string {
  return definition + fallback;
}

async function readParts(session: Session, sql: string, oid: string): Promise<Map<string, CatalogPart>> {
  const rows = await session.query<CatalogPart & { name: string }>(sql, [oid]);
  return new Map(rows.map(({ name, ...part }) => [name, part]));
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
         || CASE a.attgenerated WHEN '' THEN '' ELSE ' GENERATED ' || a.attgenerated::text || ' ' || pg_get_expr(d.adbin, d.adrelid) END AS definition,
         CASE a.attgenerated WHEN '' THEN coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '') ELSE '' END AS fallback,
         NOT (a.attnotnull OR t.typnotnull) OR a.attidentity <> '' OR d.adbin IS NOT NULL AS "isHarmless"
    FROM pg_attribute a
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped`;

/** PostgreSQL 18 keeps NOT NULL here too ('n'); the columns already say it. */
const constraintsSql = `
  SELECT conname::text AS name, pg_get_constraintdef(oid) AS definition, '' AS fallback, false AS "isHarmless"
    FROM pg_constraint WHERE conrelid = $1::oid AND contype NOT IN ('n', 't')`;

const indexesSql = `
  SELECT c.relname::text AS name,
         replace(pg_get_indexdef(i.indexrelid), ' ON ' || quote_ident(n.nspname) || '.', ' ON ')
         || CASE WHEN i.indisvalid THEN '' ELSE ' (INVALID)' END AS definition,
         '' AS fallback, NOT (i.indisunique OR i.indisexclusion) AS "isHarmless"
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE i.indrelid = $1::oid
     AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))`;
