import { commentOf, isOurs, notAside, ofNoExtension } from './queries.ts';

export function typeQueries(majorVersion: number): string[] {
  return [schemas, extensions, collations(majorVersion), enums, domains, composites];
}

const schemas = `
  SELECT 'pg_namespace/' || n.oid || '/0' AS address, 'schema ' || n.nspname AS key, 'schema' AS kind, quote_ident(n.nspname) AS sql,
         'SCHEMA ' || quote_ident(n.nspname) AS "commentOn",
         CASE WHEN n.nspname <> 'public' THEN ${commentOf('n.oid', 'pg_namespace')} END AS comment
    FROM pg_namespace n WHERE ${isOurs('n')} AND ${ofNoExtension('pg_namespace', 'n.oid')} AND n.nspname <> 'public'`;

const extensions = `
  SELECT 'pg_extension/' || e.oid || '/0' AS address, 'extension ' || e.extname AS key, 'extension' AS kind,
         quote_ident(e.extname) AS sql, 'EXTENSION ' || quote_ident(e.extname) AS "commentOn", NULL AS comment,
         CASE WHEN n.nspname NOT IN ('pg_catalog', current_schema()) THEN quote_ident(n.nspname) END AS "schemaSql"
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname <> 'plpgsql'`;

function collations(majorVersion: number): string {
  const locale = majorVersion >= 17 ? 'l.colllocale' : 'l.colliculocale';
  return `
  SELECT 'pg_collation/' || l.oid || '/0' AS address, 'collation ' || n.nspname || '.' || l.collname AS key, 'collation' AS kind,
         l.oid::regcollation::text AS sql, 'COLLATION ' || l.oid::regcollation::text AS "commentOn",
         ${commentOf('l.oid', 'pg_collation')} AS comment,
         'provider = ' || CASE l.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END
         || coalesce(', locale = ' || quote_literal(${locale}), ', lc_collate = ' || quote_literal(l.collcollate)
                     || ', lc_ctype = ' || quote_literal(l.collctype))
         || CASE WHEN l.collisdeterministic THEN '' ELSE ', deterministic = false' END AS definition
    FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace
   WHERE ${isOurs('n')} AND ${ofNoExtension('pg_collation', 'l.oid')} AND ${notAside('l.collname')}`;
}

const enums = `
  SELECT 'pg_type/' || t.oid || '/0' AS address, 'enum ' || n.nspname || '.' || t.typname AS key, 'enum' AS kind,
         format_type(t.oid, NULL) AS sql, n.nspname::text AS schema, t.typname::text AS name, 'TYPE ' || format_type(t.oid, NULL) AS "commentOn",
         ${commentOf('t.oid', 'pg_type')} AS comment,
         array(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) AS labels
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
   WHERE t.typtype = 'e' AND ${isOurs('n')} AND ${ofNoExtension('pg_type', 't.oid')} AND ${notAside('t.typname')}`;

const domains = `
  SELECT 'pg_type/' || t.oid || '/0'
         || coalesce((SELECT string_agg(' pg_constraint/' || k.oid || '/0', '') FROM pg_constraint k WHERE k.contypid = t.oid), '') AS address,
         'domain ' || n.nspname || '.' || t.typname AS key, 'domain' AS kind,
         format_type(t.oid, NULL) AS sql, 'DOMAIN ' || format_type(t.oid, NULL) AS "commentOn", ${commentOf('t.oid', 'pg_type')} AS comment,
         format_type(t.typbasetype, t.typtypmod) AS type,
         CASE WHEN t.typcollation <> b.typcollation THEN t.typcollation::regcollation::text END AS collation,
         pg_get_expr(t.typdefaultbin, 0) AS default, t.typnotnull AS "notNull",
         (SELECT coalesce(json_object_agg(k.conname, pg_get_constraintdef(k.oid) ORDER BY k.conname), '{}'::json)
            FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c') AS checks
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_type b ON b.oid = t.typbasetype
   WHERE t.typtype = 'd' AND ${isOurs('n')} AND ${ofNoExtension('pg_type', 't.oid')}`;

const composites = `
  SELECT 'pg_type/' || t.oid || '/0 pg_class/' || c.oid || '/0' AS address, 'composite type ' || n.nspname || '.' || t.typname AS key,
         'composite type' AS kind, format_type(t.oid, NULL) AS sql, 'TYPE ' || format_type(t.oid, NULL) AS "commentOn",
         ${commentOf('t.oid', 'pg_type')} AS comment,
         array(SELECT quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
                      || CASE WHEN a.attcollation <> y.typcollation THEN ' COLLATE ' || a.attcollation::regcollation::text ELSE '' END
                 FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS attributes
    FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid JOIN pg_namespace n ON n.oid = t.typnamespace
   WHERE c.relkind = 'c' AND ${isOurs('n')} AND ${ofNoExtension('pg_type', 't.oid')} AND ${notAside('t.typname')}`;
