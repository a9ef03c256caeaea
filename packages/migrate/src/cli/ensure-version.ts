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
  /** What creates the tables where they are missing. */
  readonly sql: string;
}

/** Creates the tables that remember what is applied, where they are missing. Throws MigrationError. */
export async function ensureVersionVerb(
  options: EnsureVersionOptions,
  context: MigrateContext,
): Promise<VerbResult<EnsureVersionData>> {
  const journalSchema = context.settings.journalSchema ?? defaultJournalSchema;
  const sql = `${journalSql(journalSchema)
    .split('\n')
    .map((line) => line.replace(/^ {4}/, ''))
    .join('\n')
    .trim()};\n${archiveSql(journalSchema)}\n${createVersionTableSql(versionTableOf(context.settings.versionTable, context.settings.searchPath))};`;
  const data = { journalSchema, sql };
  if (options.sql === true || options.dryRun === true) return { data, text: sql };
  const graph = await loadRevisions(context.folder);
  const rows = await context.withConnection(async (connection) =>
    ensureVersion(graph, { ...context.settings, connection }),
  );
  const held = rows.length === 0 ? 'nothing' : rows.join(', ');
  return { data, text: `The journal is in the schema ${journalSchema}; the version table holds ${held}.` };
}
