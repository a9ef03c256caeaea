import { stopDetachedDatabase } from '../database/embedded.ts';
import { getEmbeddedFolder } from './embedded-folder.ts';
import type { CliContext, VerbResult } from './verb.ts';

/** Stops the embedded database. Throws EmbeddedDatabaseError `data_folder_locked` while a server uses it. */
export async function dbStop(_options: object, context: CliContext): Promise<VerbResult> {
  const { stopped } = await stopDetachedDatabase({ dataDir: getEmbeddedFolder(context) });
  return { data: { stopped }, text: stopped ? 'The database is stopped.' : 'The database was not running.' };
}
