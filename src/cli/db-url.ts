import { findEmbeddedDatabase } from '../database/embedded.ts';
import { getEmbeddedFolder } from './embedded-folder.ts';
import { type CliContext, CliError, type VerbResult } from './verb.ts';

/** Where the embedded database answers, for psql and other tools. It has no password: only its folder's owner gets in. */
export async function dbUrl(_options: object, context: CliContext): Promise<VerbResult> {
  const found = await findEmbeddedDatabase({ dataDir: getEmbeddedFolder(context) });
  if (found === undefined) throw new CliError('failed', 'There is no embedded database yet.', './stanchion db start');
  if (!found.running) context.say('The database is not running: start it with ./stanchion db start');
  return { data: found, text: found.url };
}
