import { createVersionTableSql } from '../alembic/version-table.ts';
import { archiveSql } from '../archive/install.ts';
import { ensureVersion } from '../ensure-version.ts';
import { loadRevisions } from '../folder.ts';
import { journalSql } from '../journal.ts';
import { defaultJournalSchema, versionTableOf } from '../options.ts';
import type { MigrateContext, VerbResult } from './verb.ts';

export interface EnsureVersionOptions {
  /** Only print the SQL. */
  readonly sql?: boolean;
  readonly dryRun?: boolean;
}

export interface EnsureVersionData {
  readonly journalSchema: string;
  /** What makes the tables where they are missing. */
  readonly sql: string;
  /** Of the version table; null: nobody asked the database. */
  readonly rows: readonly string[] | null;
}

/** Makes the journal and the version table where they are missing. Throws MigrationError. */
export async function ensureVersionVerb(
  options: EnsureVersionOptions,
  context: MigrateContext,
): Promise<VerbResult<EnsureVersionData>> {
  const { settings } = context;
  const journalSchema = settings.journalSchema ?? defaultJournalSchema;
  const versionTable = createVersionTableSql(versionTableOf(settings.versionTable, settings.searchPath));
  const sql = `${journalSql(journalSchema)};\n${archiveSql(journalSchema)}\n${versionTable};`
    .replaceAll(/^ {4}/gm, '')
    .trim();
  if (options.sql === true || options.dryRun === true) return { data: { journalSchema, sql, rows: null }, text: sql };
  const graph = await loadRevisions(context.folder);
  const rows = await context.withConnection(async (connection) => ensureVersion(graph, { ...settings, connection }));
  const text = `The version table holds ${rows.length === 0 ? 'nothing' : rows.join(', ')}.`;
  return { data: { journalSchema, sql, rows }, text };
}
