import { asQueryable } from '../connection.ts';
import { MigrationError } from '../errors.ts';
import type { Queryable } from '../journal-state.ts';
import { defaultJournalSchema, type RunOptions } from '../options.ts';
import { pinSession } from '../pin-session.ts';
import { repeatWhileLocked } from '../retry.ts';
import { quoteName, quoteText } from '../sql-names.ts';
import { parseServerError } from '../sqlstate.ts';
import type { StatusOptions } from '../status.ts';
import { type LockedRun, underLock } from '../under-lock.ts';
import { archiveSchemaOf } from './install.ts';

/** Something that was set aside, or the rows of an accepted loss. Times are ISO, UTC. */
export interface ArchivedObject {
  id: number;
  revision: string;
  kind: 'table' | 'column' | 'type' | 'rows';
  /** As it was called: `public.orders.ref`. Of a column whose table is set aside as well, below the name that this has. */
  object: string;
  /** Where it is meanwhile: `public.orders._st_7f3a9c_ref`, `stanchion_archive.7f3a9c21d0be_orders`. */
  keptAs: string;
  rows: number;
  /** False: an estimate. */
  rowsExact: boolean;
  archivedAt: string;
  archivedBy: string;
  purgeAfter: string;
  /** Its time is over. */
  expired: boolean;
  /** What brings it back; empty for rows, which stay where they can be read. */
  restore: string[];
}

/** What is kept, oldest first. Only reads. */
export async function listArchive(database: Queryable, options: StatusOptions = {}): Promise<ArchivedObject[]> {
  const schema = options.journalSchema ?? defaultJournalSchema;
  const there = await database.query(
    "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = 'archive'",
    [schema],
  );
  if (there.rows.length === 0) return [];
  try {
    return await readArchive(database, schema);
  } catch (error) {
    const server = parseServerError(error);
    if (server?.sqlstate !== '42501') throw error;
    const hint = `GRANT USAGE ON SCHEMA ${quoteName(schema)} and SELECT ON ALL TABLES IN SCHEMA ${quoteName(schema)} to this role.`;
    throw new MigrationError(
      { code: 'journal_unreadable', message: server.message, sqlstate: server.sqlstate, hint },
      { cause: error },
    );
  }
}

async function readArchive(database: Queryable, schema: string): Promise<ArchivedObject[]> {
  const { rows } = await database.query(
    `SELECT id::float8 AS id, revision, kind, concat_ws('.', quote_ident(schema_name), quote_ident(relation_name), quote_ident(column_name)) AS object,
            CASE WHEN kind = 'column' THEN concat_ws('.', quote_ident(schema_name), quote_ident(relation_name), quote_ident(kept_as))
                 ELSE concat_ws('.', quote_ident($1), quote_ident(kept_as)) END AS "keptAs",
            row_count::float8 AS rows, row_count_exact AS "rowsExact", ${iso('archived_at')} AS "archivedAt", archived_by AS "archivedBy",
            ${iso('purge_after')} AS "purgeAfter", purge_after < now() AS expired, restore || validate AS restore
       FROM ${quoteName(schema)}.archive WHERE restored_at IS NULL AND purged_at IS NULL ORDER BY archive.id`,
    [archiveSchemaOf(schema)],
  );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the columns of the query
  return rows as ArchivedObject[];
}

export interface PurgeOptions extends RunOptions {
  /** These, whether their time is over or not; left out: all whose time is over. */
  ids?: readonly number[];
}

/**
 * Drops what is kept, for good: each in a transaction of its own, with short waits for its table. Throws `not_archived`, `object_locked`,
 * and `sql_failed` when something still uses it; what was purged before that stays purged.
 */
export async function purgeArchive(options: PurgeOptions): Promise<ArchivedObject[]> {
  const { ids, ...rest } = options;
  return underLock(rest, async (run) => {
    const kept = await listArchive(asQueryable(run.session), { journalSchema: run.settings.journalSchema });
    const chosen = ids ? ids.map((id) => find(kept, id)) : kept.filter((one) => one.expired);
    // A table goes after what was set aside of it before, a type after the columns that are of it.
    const order = ['column', 'rows', 'table', 'type'];
    const ordered = chosen.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
    for (const one of ordered) await purge(run, one);
    return ordered;
  });
}

/** Brings one thing back where no revision does. Throws `not_archived`, `not_restorable`, `sql_failed`. */
export async function restoreArchived(options: RunOptions & { id: number }): Promise<ArchivedObject> {
  const { id, ...rest } = options;
  return underLock(rest, async (run) => {
    const { journalSchema } = run.settings;
    const one = find(await listArchive(asQueryable(run.session), { journalSchema }), id);
    if (one.kind === 'rows') {
      const message = `the rows of ${one.object} are copies of what could not stay`;
      const hint = `They are in ${one.keptAs}: read them there, and insert what is wanted.`;
      throw new MigrationError({ code: 'not_restorable', message, hint });
    }
    const journal = quoteName(journalSchema);
    await inTransaction(
      run,
      `restore:${id}`,
      `SELECT ${journal}.run_restore(a, true, true) FROM ${journal}.archive a WHERE a.id = ${id}`,
    );
    return one;
  });
}

function find(kept: readonly ArchivedObject[], id: number): ArchivedObject {
  const found = kept.find((one) => one.id === id);
  if (found) return found;
  throw new MigrationError({
    code: 'not_archived',
    message: `${id} is nothing that the archive holds`,
    hint: '`migrate archive list` shows what it holds.',
  });
}

async function purge(run: LockedRun, { id }: ArchivedObject): Promise<void> {
  const { journalSchema } = run.settings;
  const archive = `${quoteName(journalSchema)}.archive`;
  // Null: it went with its table, or with a name that another table has by now.
  const [row] = await run.session.query<{ drop: string | null }>(
    `SELECT CASE kind WHEN 'column' THEN (SELECT format('ALTER TABLE %I.%I DROP COLUMN %I', schema_name, relation_name, kept_as) FROM pg_attribute t
                             WHERE t.attrelid = to_regclass(format('%I.%I', schema_name, relation_name)) AND t.attname = kept_as AND NOT t.attisdropped)
                      WHEN 'type' THEN format('DROP %s %I.%I', (SELECT CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END FROM pg_type t
                             WHERE t.typname = kept_as AND t.typnamespace = to_regnamespace(quote_ident($2))), $2, kept_as)
                      ELSE format('DROP TABLE IF EXISTS %I.%I', $2, kept_as) END AS drop
       FROM ${archive} WHERE id = $1`,
    [id, archiveSchemaOf(journalSchema)],
  );
  const aside = quoteText(archiveSchemaOf(journalSchema));
  const mark = `UPDATE ${archive} SET purged_at = clock_timestamp() WHERE id = ${id} OR kind = 'column' AND restored_at IS NULL AND purged_at IS NULL
     AND schema_name = ${aside} AND relation_name = (SELECT kept_as FROM ${archive} WHERE id = ${id} AND kind = 'table')`;
  await inTransaction(run, `purge:${id}`, `${row?.drop ?? ''};\n${mark}`);
}

/** Several statements that are sent together are one transaction. Waits for its table as a step does. */
async function inTransaction({ session, settings, lock }: LockedRun, place: string, sql: string): Promise<void> {
  await pinSession(session, settings, {
    applicationName: `stanchion:archive:${place}`,
    lockTimeoutMs: settings.objectLockTimeoutMs,
  });
  await lock.assertHeld();
  await repeatWhileLocked(settings, async () => session.execute(sql));
}

function iso(column: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;
}
