import { commentOf, isOurs, isOurTable, notAside, ofNoExtension } from './queries.ts';

export function codeQueries(majorVersion: number): string[] {
  return [routines, triggers, policies, statistics, others(majorVersion)];
}

const routines = `
  SELECT 'pg_proc/' || p.oid || '/0' AS address,
         CASE p.prokind WHEN 'p' THEN 'procedure ' ELSE 'function ' END || n.nspname || '.' || p.proname || '('
           || oidvectortypes(p.proargtypes) || ')' AS key,
         CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END AS kind, p.oid::regprocedure::text AS sql,
         CASE p.prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END || p.oid::regprocedure::text AS "commentOn",
         ${commentOf('p.oid', 'pg_proc')} AS comment, pg_get_functiondef(p.oid) AS definition,
         pg_get_function_arguments(p.oid) || ' ' || coalesce(pg_get_function_result(p.oid), '') AS interface
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
   WHERE p.prokind IN ('f', 'p', 'w') AND ${notAside('p.proname')} AND ${isOurs('n')} AND ${ofNoExtension('pg_proc', 'p.oid')}`;

/** Without those of constraints and those that a partition has from its parent. */
const triggers = `
  SELECT 'pg_trigger/' || t.oid || '/0' AS address, 'trigger ' || n.nspname || '.' || c.relname || '.' || t.tgname AS key, 'trigger' AS kind,
         quote_ident(t.tgname) AS sql, 'TRIGGER ' || quote_ident(t.tgname) || ' ON ' || c.oid::regclass::text AS "commentOn",
         ${commentOf('t.oid', 'pg_trigger')} AS comment,
         CASE c.relkind WHEN 'v' THEN 'view ' ELSE 'table ' END || n.nspname || '.' || c.relname AS "table", c.oid::regclass::text AS "tableSql",
         t.tgname::text AS name, pg_get_triggerdef(t.oid, true) AS definition,
         CASE t.tgenabled WHEN 'O' THEN 'ENABLE' WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END AS enabled
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND ${isOurs('n')} AND n.nspname || '.' || c.relname <> ALL ($2::text[])`;

const policies = `
  SELECT 'pg_policy/' || p.oid || '/0' AS address, 'policy ' || n.nspname || '.' || c.relname || '.' || p.polname AS key, 'policy' AS kind,
         quote_ident(p.polname) AS sql, 'POLICY ' || quote_ident(p.polname) || ' ON ' || c.oid::regclass::text AS "commentOn",
         ${commentOf('p.oid', 'pg_policy')} AS comment,
         'table ' || n.nspname || '.' || c.relname AS "table", c.oid::regclass::text AS "tableSql", p.polname::text AS name,
         CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END AS command,
         p.polpermissive AS permissive,
         coalesce((SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r)) END, ', ' ORDER BY r)
                     FROM unnest(p.polroles) AS r), 'PUBLIC') AS roles,
         pg_get_expr(p.polqual, p.polrelid) AS using, pg_get_expr(p.polwithcheck, p.polrelid) AS check
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE ${isOurTable('c', 'n')}`;

const statistics = `
  SELECT 'pg_statistic_ext/' || s.oid || '/0' AS address, 'statistics ' || n.nspname || '.' || s.stxname AS key, 'statistics' AS kind,
         CASE WHEN pg_statistics_obj_is_visible(s.oid) THEN '' ELSE quote_ident(n.nspname) || '.' END || quote_ident(s.stxname) AS sql,
         'STATISTICS ' || quote_ident(n.nspname) || '.' || quote_ident(s.stxname) AS "commentOn",
         ${commentOf('s.oid', 'pg_statistic_ext')} AS comment, 'table ' || cn.nspname || '.' || c.relname AS "table",
         pg_get_statisticsobjdef(s.oid) AS definition
    FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace
    JOIN pg_class c ON c.oid = s.stxrelid JOIN pg_namespace cn ON cn.oid = c.relnamespace
   WHERE ${isOurs('n')} AND ${ofNoExtension('pg_statistic_ext', 's.oid')}`;

/** Only that they are there: so that a difference is told, and never silently left out. */
function others(majorVersion: number): string {
  const identity = (catalog: string, where = 'true'): string => `
    SELECT '${catalog}'::regclass AS class, o.oid FROM ${catalog} o WHERE ${where} AND ${ofNoExtension(catalog, 'o.oid')}`;
  const inSchema = (column: string): string =>
    `EXISTS (SELECT FROM pg_namespace n WHERE n.oid = o.${column} AND ${isOurs('n')})`;
  const firstNormal = 16_384;
  const list = [
    identity('pg_proc', `o.prokind = 'a' AND ${inSchema('pronamespace')}`),
    identity('pg_class', `o.relkind = 'f' AND ${inSchema('relnamespace')}`),
    identity('pg_type', `o.typtype = 'r' AND ${inSchema('typnamespace')}`),
    identity('pg_operator', inSchema('oprnamespace')),
    identity('pg_opclass', inSchema('opcnamespace')),
    identity('pg_ts_config', inSchema('cfgnamespace')),
    identity('pg_ts_dict', inSchema('dictnamespace')),
    identity('pg_cast', `o.oid >= ${firstNormal}`),
    identity('pg_event_trigger'),
    identity('pg_foreign_data_wrapper'),
    identity('pg_foreign_server'),
    identity('pg_publication'),
    identity('pg_language', `o.oid >= ${firstNormal}`),
    identity(
      'pg_rewrite',
      `o.rulename <> '_RETURN' AND EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.oid = o.ev_class AND ${isOurs('n')})`,
    ),
  ];
  // Named in the message, where its own statement could differ between versions.
  const note = majorVersion >= 15 ? '' : ' (old)';
  return `
  SELECT 'none/' || o.oid || '/0' AS address, i.type || '${note} ' || i.identity AS key, 'other' AS kind, i.identity AS sql, i.type,
         '' AS "commentOn", NULL AS comment
    FROM (${list.join(' UNION ALL ')}) AS o, pg_identify_object(o.class, o.oid, 0) AS i`;
}
