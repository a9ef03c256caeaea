import { resetEmbeddedDatabase } from '../database/embedded.ts';
import { getEmbeddedFolder } from './embedded-folder.ts';
import { type CliContext, CliError, type VerbResult } from './verb.ts';

export interface DbResetOptions {
  readonly yes?: boolean;
}

/** Deletes the embedded database with all its rows. Throws EmbeddedDatabaseError `data_folder_locked` while it is used. */
export async function dbReset(options: DbResetOptions, context: CliContext): Promise<VerbResult> {
  const dataDir = getEmbeddedFolder(context);
  if (options.yes !== true) {
    throw new CliError(
      'refused',
      `This deletes the database in ${dataDir} with all its rows.`,
      './stanchion db reset --yes',
    );
  }
  const { removed } = await resetEmbeddedDatabase({ dataDir });
  return { data: { removed }, text: removed ? 'The database is deleted.' : 'There was no database.' };
}
