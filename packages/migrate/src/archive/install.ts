import { createHash } from 'node:crypto';
import type { Session } from '../connection.ts';
import { explainDeniedJournal } from '../denied.ts';
import { MigrationError } from '../errors.ts';
import { quoteName, quoteText } from '../sql-names.ts';
import { parseServerError } from '../sqlstate.ts';
import { changeTypeSql } from './change-type-sql.ts';
import { narrowedSql } from './narrowed-sql.ts';
import { restoreSql } from './restore-sql.ts';
import { softDropSql } from './soft-drop-sql.ts';
import { archiveTableSql } from './table-sql.ts';

/**
 * The archive table and the functions that revisions call (`stanchion.soft_drop_column(…)` and the others), as one script that may
 * run any number of times. The runner installs it by itself; whoever runs a revision's SQL without the runner (an offline
 * script, a Python shim) puts it before the first revision. The journal's schema exists already.
 */
export function archiveSql(journalSchema: string): string {
  const names = { journal: quoteName(journalSchema), archive: quoteName(archiveSchemaOf(journalSchema)) };
  const body = `${archiveTableSql(names)}\n${softDropSql(names)}\n${restoreSql(names)}\n${narrowedSql(names)}\n${changeTypeSql(names)}`;
  return `${body}\nCOMMENT ON TABLE ${names.journal}.archive IS ${quoteText(versionOf(body))};`;
}

/** Where soft-dropped tables and types, and the rows of accepted losses, are kept. */
export function archiveSchemaOf(journalSchema: string): string {
  return `${journalSchema}_archive`;
}

/** Under the migration lock. Does nothing where this version is there already. Throws `journal_unreadable`. */
export async function installArchive(session: Session, journalSchema: string): Promise<void> {
  const sql = archiveSql(journalSchema);
  const [row] = await session.query<{ comment: string | null }>(
    `SELECT obj_description(c.oid, 'pg_class') AS comment FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = 'archive'`,
    [journalSchema],
  );
  const comment = row?.comment ?? '';
  if (comment !== '' && sql.endsWith(`IS ${quoteText(comment)};`)) return;
  try {
    await session.execute(
      `SET client_min_messages = warning; SET check_function_bodies = off; ${sql} RESET check_function_bodies; RESET client_min_messages`,
    );
  } catch (error) {
    const server = parseServerError(error);
    if (server?.sqlstate !== '42501') throw error;
    const { message, hint } = await explainDeniedJournal(session, journalSchema);
    throw new MigrationError(
      { code: 'journal_unreadable', message: `${message}: ${server.message}`, sqlstate: server.sqlstate, hint },
      { cause: error },
    );
  }
}

function versionOf(body: string): string {
  return `what Stanchion set aside; functions ${createHash('sha256').update(body).digest('hex').slice(0, 16)}`;
}
