import { startDetachedDatabase } from '../database/embedded.ts';
import { embeddedOptions, getEmbeddedFolder } from './embedded-folder.ts';
import type { CliContext, VerbResult } from './verb.ts';

/** Starts the embedded database and leaves it running. Throws EmbeddedDatabaseError. */
export async function dbStart(_options: object, context: CliContext): Promise<VerbResult> {
  const { url, takenOver, location } = await startDetachedDatabase(
    embeddedOptions(getEmbeddedFolder(context), context),
  );
  return { data: { url, location, was_running: takenOver }, text: url };
}
