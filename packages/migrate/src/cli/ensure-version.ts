import { archiveSql } from '../archive/install.ts';
import { ensureJournal } from '../ensure-journal.ts';
import { journalSql } from '../journal.ts';
import { defaultJournalSchema } from '../options.ts';
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
    .trim()};\n${archiveSql(journalSchema)}`;
  const data = { journalSchema, sql };
  if (options.sql === true || options.dryRun === true) return { data, text: sql };
  await context.withConnection(async (connection) => ensureJournal({ ...context.settings, connection }));
  return { data, text: `The journal is in the schema ${journalSchema}.` };
}
