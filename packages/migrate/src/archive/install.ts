import { createHash } from 'node:crypto';
import { quoteName, quoteText } from '../sql-names.ts';
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

/** A query for what `missingArchiveSql` wants to know. */
export function archiveCommentSql(journalSchema: string): string {
  return `SELECT obj_description(c.oid, 'pg_class') AS comment FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = ${quoteText(journalSchema)} AND c.relname = 'archive'`;
}

/** What installs it, for a message under the migration lock; none where this version is there already. */
export function missingArchiveSql(journalSchema: string, comment: unknown): string[] {
  const sql = archiveSql(journalSchema);
  if (typeof comment === 'string' && sql.endsWith(`IS ${quoteText(comment)};`)) return [];
  return [
    `SET client_min_messages = warning; SET check_function_bodies = off; ${sql} RESET check_function_bodies; RESET client_min_messages`,
  ];
}

function versionOf(body: string): string {
  return `what Stanchion set aside; functions ${createHash('sha256').update(body).digest('hex').slice(0, 16)}`;
}
