import type { Session } from '../connection.ts';

/** A table that can hold rows, with what a row has to obey. Names are SQL: quoted and qualified. */
export interface FillTable {
  readonly oid: string;
  readonly name: string;
  readonly columns: readonly FillColumn[];
  readonly checks: readonly FillCheck[];
  readonly keys: readonly FillKey[];
}

export interface FillColumn {
  /** As the catalog spells it. */
  readonly name: string;
  readonly notNull: boolean;
  /** The server gives it a value: identity, or a default that takes the next number. */
  readonly isNumbered: boolean;
  readonly hasDefault: boolean;
  /** For a cast: as format_type() prints it. */
  readonly type: string;
  /** Beneath domains and arrays: the name in pg_type, its modifier and its labels. */
  readonly base: string;
  readonly modifier: number;
  readonly isArray: boolean;
  readonly labels: readonly string[];
}

/** Definition of a CHECK, of a domain's, or of a partition's bounds, and the columns that it speaks of. */
export interface FillCheck {
  readonly name: string;
  readonly columns: readonly string[];
  readonly definition: string;
}

export interface FillKey {
  readonly columns: readonly string[];
  readonly parent: string;
  readonly parentName: string;
  readonly parentColumns: readonly string[];
}

/** Every table outside of the system's and the engine's schemas; of a partitioned one its partitions. */
export async function readFillTables(session: Session, ignoreSchemas: readonly string[]): Promise<FillTable[]> {
  const tables = await session.query<{ oid: string; name: string }>(
    `SELECT c.oid::text, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND n.nspname <> ALL ($1::text[])
        AND c.relname <> 'alembic_version'
        AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.deptype = 'e')
      ORDER BY 2`,
    [ignoreSchemas],
  );
  const found: FillTable[] = [];
  for (const { oid, name } of tables) {
    const columns = await session.query<FillColumn>(columnsSql, [oid]);
    const checks = await session.query<FillCheck>(checksSql, [oid]);
    const keys = await session.query<FillKey>(keysSql, [oid]);
    found.push({ oid, name, columns, checks, keys });
  }
  return found;
}

/** Generated columns are nobody's to fill. Domains over domains are followed to their end. */
const columnsSql = `
  WITH RECURSIVE beneath AS (
    SELECT a.attnum, t.oid, t.typtype, t.typbasetype, t.typtypmod, a.atttypmod AS modifier
      FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT b.attnum, t.oid, t.typtype, t.typbasetype, t.typtypmod, b.typtypmod
      FROM beneath b JOIN pg_type t ON t.oid = b.typbasetype WHERE b.typtype = 'd'
  )
  SELECT a.attname::text AS name, a.attnotnull OR EXISTS (SELECT FROM pg_type d WHERE d.oid = a.atttypid AND d.typnotnull) AS "notNull",
         a.attidentity <> '' OR coalesce(pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%', false) AS "isNumbered",
         d.adbin IS NOT NULL AS "hasDefault", format_type(a.atttypid, a.atttypmod) AS type,
         e.typname::text AS base, b.modifier, t.typcategory = 'A' AND t.typelem <> 0 AS "isArray",
         array(SELECT l.enumlabel::text FROM pg_enum l WHERE l.enumtypid = e.oid ORDER BY l.enumsortorder) AS labels
    FROM beneath b
    JOIN pg_type t ON t.oid = b.oid
    JOIN pg_type e ON e.oid = CASE WHEN t.typcategory = 'A' AND t.typelem <> 0 THEN t.typelem ELSE t.oid END
    JOIN pg_attribute a ON a.attrelid = $1::oid AND a.attnum = b.attnum
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE b.typtype <> 'd' AND a.attgenerated = ''
   ORDER BY a.attnum`;

const checksSql = `
  SELECT k.conname::text AS name, pg_get_constraintdef(k.oid) AS definition,
         array(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)) AS columns
    FROM pg_constraint k WHERE k.conrelid = $1::oid AND k.contype = 'c'
  UNION ALL
  SELECT k.conname::text, pg_get_constraintdef(k.oid), ARRAY[a.attname::text]
    FROM pg_attribute a
    CROSS JOIN LATERAL (
      WITH RECURSIVE beneath AS (
        SELECT t.oid, t.typbasetype FROM pg_type t WHERE t.oid = a.atttypid
        UNION ALL SELECT t.oid, t.typbasetype FROM beneath b JOIN pg_type t ON t.oid = b.typbasetype
      ) SELECT oid FROM beneath
    ) AS d
    JOIN pg_constraint k ON k.contypid = d.oid
   WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT '', pg_get_partition_constraintdef(c.oid),
         array(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                  AND pg_get_partition_constraintdef(c.oid) ~ ('\\m' || a.attname || '\\M'))
    FROM pg_class c WHERE c.oid = $1::oid AND c.relispartition`;

const keysSql = `
  SELECT array(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u (num, at)
                 JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num ORDER BY u.at) AS columns,
         k.confrelid::text AS parent, quote_ident(n.nspname) || '.' || quote_ident(p.relname) AS "parentName",
         array(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u (num, at)
                 JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num ORDER BY u.at) AS "parentColumns"
    FROM pg_constraint k JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace n ON n.oid = p.relnamespace
   WHERE k.conrelid = $1::oid AND k.contype = 'f' AND k.conparentid = 0`;
