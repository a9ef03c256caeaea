import type { Client } from 'pg';

/** Everything of schema public that a revision can make, one line an object; what is set aside is left out. */
export async function catalogOf(client: Client): Promise<string> {
  const { rows } = await client.query<{ line: string }>(`
    SELECT line FROM (
      SELECT format('column %s.%s %s%s%s%s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
               CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END, a.attidentity, a.attgenerated,
               ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)) AS line
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
       WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped
         AND a.attname NOT LIKE '\\_st\\_%'
      UNION ALL SELECT format('relation %s %s %s', c.relname, c.relkind, c.relacl) FROM pg_class c
       WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
      UNION ALL SELECT format('constraint %s.%s %s %s', c.relname, k.conname, pg_get_constraintdef(k.oid), k.convalidated)
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE c.relnamespace = 'public'::regnamespace AND k.conname NOT LIKE '\\_st\\_%'
      UNION ALL SELECT format('index %s valid=%s', pg_get_indexdef(i.indexrelid), i.indisvalid)
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE '\\_st\\_%'
      UNION ALL SELECT format('trigger %s', pg_get_triggerdef(t.oid)) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
       WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal
      UNION ALL SELECT format('function %s', pg_get_functiondef(p.oid)) FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f'
      UNION ALL SELECT format('type %s %s', t.typname, (SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid))
        FROM pg_type t WHERE t.typnamespace = 'public'::regnamespace AND t.typtype IN ('e', 'd')
      UNION ALL SELECT format('partition %s of %s %s', h.inhrelid::regclass, h.inhparent::regclass, h.inhdetachpending)
        FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid WHERE c.relkind IN ('r', 'p')
    ) AS lines ORDER BY line`);
  return rows.map((row) => row.line).join('\n');
}

/** A digest of the rows of each table and materialized view of schema public, without what is set aside. */
export async function rowsOf(client: Client): Promise<Record<string, string>> {
  const tables = await client.query<{ name: string; columns: string }>(`
    SELECT c.relname AS name, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname) AS columns
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attname NOT LIKE '\\_st\\_%'
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'm') GROUP BY c.relname ORDER BY 1`);
  const digests: Record<string, string> = {};
  for (const { name, columns } of tables.rows) {
    const { rows } = await client.query<{ digest: string }>(
      `SELECT count(*) || ':' || coalesce(md5(string_agg(r, '|' ORDER BY r)), '') AS digest
         FROM (SELECT ROW(${columns})::text AS r FROM public."${name.replaceAll('"', '""')}") AS rows`,
    );
    digests[name] = rows[0]?.digest ?? '';
  }
  return digests;
}
