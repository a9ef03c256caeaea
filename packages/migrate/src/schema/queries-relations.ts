import { commentOf, isOurs, isOurTable, notAside, ofNoExtension } from './queries.ts';

export function relationQueries(majorVersion: number): string[] {
  return [sequences, tables, columns(majorVersion), constraints(majorVersion), indexes, views];
}

const sequenceOptions = (alias: string): string => `
  'AS ' || format_type(${alias}.seqtypid, NULL) || ' INCREMENT BY ' || ${alias}.seqincrement || ' MINVALUE ' || ${alias}.seqmin
  || ' MAXVALUE ' || ${alias}.seqmax || ' START WITH ' || ${alias}.seqstart || ' CACHE ' || ${alias}.seqcache
  || CASE WHEN ${alias}.seqcycle THEN ' CYCLE' ELSE ' NO CYCLE' END`;

/** Not those of identity columns, which depend on them internally. */
const sequences = `
  SELECT 'pg_class/' || c.oid || '/0' AS address, 'sequence ' || n.nspname || '.' || c.relname AS key, 'sequence' AS kind,
         c.oid::regclass::text AS sql, 'SEQUENCE ' || c.oid::regclass::text AS "commentOn", ${commentOf('c.oid', 'pg_class')} AS comment,
         n.nspname::text AS schema, c.relname::text AS name, ${sequenceOptions('s')} AS options,
         'column ' || tn.nspname || '.' || t.relname || '.' || a.attname AS "ownedBy",
         t.oid::regclass::text || '.' || quote_ident(a.attname) AS "ownedBySql"
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_sequence s ON s.seqrelid = c.oid
    LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'a' AND d.refobjsubid > 0
    LEFT JOIN pg_class t ON t.oid = d.refobjid
    LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace
    LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
   WHERE ${isOurs('n')} AND ${ofNoExtension('pg_class', 'c.oid')}
     AND (a.attname IS NULL OR ${notAside('a.attname')}) AND ${notAside('c.relname')}
     AND (t.relname IS NULL OR tn.nspname || '.' || t.relname <> ALL ($2::text[]))
     AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_class'::regclass AND i.objid = c.oid AND i.deptype = 'i')`;

const tables = `
  SELECT 'pg_class/' || c.oid || '/0 pg_type/' || c.reltype || '/0' AS address, 'table ' || n.nspname || '.' || c.relname AS key, 'table' AS kind,
         c.oid::regclass::text AS sql, 'TABLE ' || c.oid::regclass::text AS "commentOn", ${commentOf('c.oid', 'pg_class')} AS comment,
         n.nspname::text AS schema, c.relname::text AS name, c.relkind = 'p' AS "isPartitioned", c.relpersistence = 'u' AS unlogged,
         CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END AS "partitionBy",
         CASE WHEN c.relispartition THEN (
           SELECT json_build_object('key', 'table ' || pn.nspname || '.' || p.relname, 'sql', p.oid::regclass::text,
                                    'bound', pg_get_expr(c.relpartbound, c.oid))
             FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
            WHERE h.inhrelid = c.oid) END AS "partitionOf",
         array(SELECT h.inhparent::regclass::text FROM pg_inherits h WHERE h.inhrelid = c.oid AND NOT c.relispartition ORDER BY h.inhseqno)
           AS inherits,
         array(SELECT o FROM unnest(c.reloptions) AS o ORDER BY o) AS options,
         CASE WHEN c.relforcerowsecurity THEN 'forced' WHEN c.relrowsecurity THEN 'on' ELSE 'off' END AS "rowSecurity"
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${isOurTable('c', 'n')}`;

const storageName = (code: string): string =>
  `CASE ${code} WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END`;

/** A partition has its parent's columns; PostgreSQL 18 has NOT NULL as constraints too, whose names nobody chose. */
function columns(majorVersion: number): string {
  const notNull =
    majorVersion >= 18
      ? `(a.attnotnull AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'n'
            AND k.conkey = ARRAY[a.attnum] AND NOT k.convalidated))`
      : 'a.attnotnull';
  return `
  SELECT 'pg_class/' || c.oid || '/' || a.attnum || coalesce(' pg_attrdef/' || d.oid || '/0', '') AS address,
         'column ' || n.nspname || '.' || c.relname || '.' || a.attname AS key, 'column' AS kind, quote_ident(a.attname) AS sql,
         'COLUMN ' || c.oid::regclass::text || '.' || quote_ident(a.attname) AS "commentOn",
         ${commentOf('c.oid', 'pg_class', 'a.attnum')} AS comment,
         'table ' || n.nspname || '.' || c.relname AS "table", c.oid::regclass::text AS "tableSql", a.attname::text AS name, a.attnum AS position,
         format_type(a.atttypid, a.atttypmod) AS type,
         CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END AS collation,
         ${notNull} AS "notNull",
         CASE a.attgenerated WHEN '' THEN pg_get_expr(d.adbin, d.adrelid) END AS default,
         CASE WHEN a.attidentity <> '' THEN (
           SELECT json_build_object('always', a.attidentity = 'a', 'sequence', i.objid::regclass::text, 'options', ${sequenceOptions('s')})
             FROM pg_depend i JOIN pg_sequence s ON s.seqrelid = i.objid
            WHERE i.classid = 'pg_class'::regclass AND i.refobjid = c.oid AND i.refobjsubid = a.attnum AND i.deptype = 'i') END AS identity,
         CASE WHEN a.attgenerated <> '' THEN
           json_build_object('kind', CASE a.attgenerated WHEN 's' THEN 'stored' ELSE 'virtual' END,
                             'expression', pg_get_expr(d.adbin, d.adrelid)) END AS generated,
         CASE WHEN a.attstorage <> t.typstorage THEN ${storageName('a.attstorage')} END AS storage,
         ${storageName('t.typstorage')} AS "typeStorage",
         CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END AS compression,
         nullif(a.attstattarget, -1) AS statistics
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE ${isOurTable('c', 'n')} AND a.attnum > 0 AND NOT a.attisdropped AND a.attislocal AND NOT c.relispartition
     AND ${notAside('a.attname')}
   ORDER BY c.oid, a.attnum`;
}

/** A constraint's index is the constraint's. What a partition has from its parent is the parent's. */
function constraints(majorVersion: number): string {
  const enforced = majorVersion >= 18 ? 'k.conenforced' : 'true';
  return `
  SELECT 'pg_constraint/' || k.oid || '/0' || CASE WHEN k.conindid <> 0 AND k.contype IN ('p', 'u', 'x') THEN ' pg_class/' || k.conindid || '/0' ELSE '' END
           AS address,
         'constraint ' || n.nspname || '.' || c.relname || '.' || k.conname AS key, 'constraint' AS kind, quote_ident(k.conname) AS sql,
         'CONSTRAINT ' || quote_ident(k.conname) || ' ON ' || c.oid::regclass::text AS "commentOn",
         ${commentOf('k.oid', 'pg_constraint')} AS comment,
         'table ' || n.nspname || '.' || c.relname AS "table", c.oid::regclass::text AS "tableSql", k.conname::text AS name,
         CASE k.contype WHEN 'c' THEN 'check' WHEN 'f' THEN 'foreign key' WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique'
           ELSE 'exclusion' END AS type,
         regexp_replace(pg_get_constraintdef(k.oid, true), ' NOT VALID$', '') AS definition, k.convalidated OR NOT ${enforced} AS validated,
         array(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u (attnum, at)
                 JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum ORDER BY u.at) AS columns,
         CASE WHEN k.contype IN ('p', 'u', 'x') THEN pg_get_indexdef(k.conindid, 0, true) END AS index,
         CASE k.contype WHEN 'f' THEN (
           SELECT json_build_object('table', 'table ' || rn.nspname || '.' || r.relname, 'tableSql', r.oid::regclass::text,
             'columns', array(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS u (attnum, at)
                                JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.attnum ORDER BY u.at))
             FROM pg_class r JOIN pg_namespace rn ON rn.oid = r.relnamespace WHERE r.oid = k.confrelid) END AS references
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE ${isOurTable('c', 'n')} AND k.contype IN ('c', 'f', 'p', 'u', 'x') AND k.conparentid = 0 AND k.conislocal
     AND ${notAside('k.conname')}`;
}

const indexes = `
  SELECT 'pg_class/' || i.oid || '/0' AS address, 'index ' || n.nspname || '.' || i.relname AS key, 'index' AS kind,
         i.oid::regclass::text AS sql, 'INDEX ' || i.oid::regclass::text AS "commentOn", ${commentOf('i.oid', 'pg_class')} AS comment,
         'table ' || n.nspname || '.' || c.relname AS "table", c.oid::regclass::text AS "tableSql", i.relname::text AS name,
         pg_get_indexdef(x.indexrelid, 0, true) AS definition, x.indisunique AS unique, x.indisvalid AS valid,
         i.relkind = 'I' AS "isPartitioned",
         array(SELECT DISTINCT a.attname::text FROM pg_attribute a
                WHERE a.attrelid = x.indrelid AND (a.attnum = ANY (x.indkey::int2[]) OR EXISTS (
                  SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = i.oid AND d.refobjid = x.indrelid
                     AND d.refobjsubid = a.attnum))) AS columns
    FROM pg_index x
    JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_class c ON c.oid = x.indrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE (${isOurTable('c', 'n')} OR (c.relkind = 'm' AND ${isOurs('n')})) AND NOT i.relispartition AND ${notAside('i.relname')}
     AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.oid AND k.contype IN ('p', 'u', 'x'))`;

const views = `
  SELECT 'pg_class/' || c.oid || '/0 pg_type/' || c.reltype || '/0 '
         || (SELECT string_agg('pg_rewrite/' || w.oid || '/0', ' ') FROM pg_rewrite w WHERE w.ev_class = c.oid) AS address,
         CASE c.relkind WHEN 'v' THEN 'view ' ELSE 'materialized view ' END || n.nspname || '.' || c.relname AS key,
         CASE c.relkind WHEN 'v' THEN 'view' ELSE 'materialized view' END AS kind, c.oid::regclass::text AS sql,
         CASE c.relkind WHEN 'v' THEN 'VIEW ' ELSE 'MATERIALIZED VIEW ' END || c.oid::regclass::text AS "commentOn",
         ${commentOf('c.oid', 'pg_class')} AS comment, n.nspname::text AS schema, c.relname::text AS name,
         regexp_replace(pg_get_viewdef(c.oid, true), ';\\s*$', '') AS definition,
         array(SELECT o FROM unnest(c.reloptions) AS o ORDER BY o) AS options,
         array(SELECT quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod) FROM pg_attribute a
                WHERE a.attrelid = c.oid AND a.attnum > 0 ORDER BY a.attnum) AS columns
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('v', 'm') AND ${isOurs('n')} AND ${ofNoExtension('pg_class', 'c.oid')}`;
