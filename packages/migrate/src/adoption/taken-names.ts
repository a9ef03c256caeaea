import type { Session } from '../connection.ts';
import type { MigrationFault } from '../errors.ts';
import type { Settings } from '../options.ts';
import { quoteName } from '../sql-names.ts';
import type { Adopting } from './hindrances.ts';
import { type Made, readMade } from './read-made.ts';

/**
 * Names that the revisions give to what they make, and that something of the owner's has. PostgreSQL would refuse some of them half-way; `IF
 * NOT EXISTS` and `OR REPLACE` would take the owner's for ours, and a downgrade would take it away.
 */
export async function findTakenNames(
  { session, settings }: { session: Session; settings: Settings },
  { work, ours }: Adopting,
): Promise<MigrationFault[]> {
  const [first = 'public'] = settings.searchPath;
  const keyOf = ({ kind, schema = first, name, table }: Made): string =>
    JSON.stringify([kind, schema, name, kind === 'relation' ? null : table?.name]);
  const known = new Set(readMade(ours).map(keyOf));
  const wanted = new Map<string, Made>();
  for (const made of readMade(work))
    if (!known.has(keyOf(made)) && !wanted.has(keyOf(made))) wanted.set(keyOf(made), made);
  const list = [...wanted.values()];
  const rows = await session.query<{ at: string; found: string }>(takenSql, [
    list.map(({ kind }) => kind),
    list.map(({ schema = first }) => schema),
    list.map(({ name }) => name),
    list.map(({ table }) => table?.name ?? null),
  ]);
  return rows.flatMap(({ at, found }) => {
    const made = list[Number(at) - 1];
    return made ? [taken(made, { found, schema: made.schema ?? first })] : [];
  });
}

/** A table's name is also that of its row type. */
const takenSql = `
  SELECT at::text AS at, found FROM (SELECT w.at, coalesce(
    CASE WHEN w.kind IN ('relation', 'type') THEN
      (SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'i' THEN 'index' WHEN 'I' THEN 'index'
                WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'foreign table' WHEN 'c' THEN 'type' ELSE 'table' END
         FROM pg_class c WHERE c.relnamespace = n.oid AND c.relname = w.name) END,
    CASE w.kind
      WHEN 'column' THEN (SELECT 'column' FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attname = w.name AND NOT a.attisdropped)
      WHEN 'constraint' THEN (SELECT 'constraint' FROM pg_constraint k WHERE k.conrelid = t.oid AND k.conname = w.name)
      WHEN 'trigger' THEN (SELECT 'trigger' FROM pg_trigger g WHERE g.tgrelid = t.oid AND g.tgname = w.name AND NOT g.tgisinternal)
      WHEN 'function' THEN (SELECT 'function' FROM pg_proc p WHERE p.pronamespace = n.oid AND p.proname = w.name LIMIT 1)
      ELSE (SELECT 'type' FROM pg_type y WHERE y.typnamespace = n.oid AND y.typname = w.name AND y.typcategory <> 'A')
    END) AS found
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS w(kind, schema, name, "table", at)
    JOIN pg_namespace n ON n.nspname = w.schema
    LEFT JOIN pg_class t ON t.relnamespace = n.oid AND t.relname = w."table"
  ) AS names WHERE found IS NOT NULL ORDER BY names.at`;

function taken(made: Made, { found, schema }: { found: string; schema: string }): MigrationFault {
  const { revision, step, line, table, name, kind } = made;
  const isPart = kind === 'column' || kind === 'constraint' || kind === 'trigger';
  const place = isPart ? `of ${quoteName(schema)}.${quoteName(table?.name ?? '')}` : `in schema ${quoteName(schema)}`;
  const aside = isPart ? 'Rename it' : 'Rename it, or move it into another schema';
  return {
    code: 'name_taken',
    message: `${found} ${quoteName(name)} ${place} is there already and none of these revisions made it: step ${step.name} makes something of that name`,
    ...{ file: revision.file, line, revision: revision.id, step: step.name },
    hint: `Nothing was changed. ${aside}, and run the same command again.`,
  };
}
