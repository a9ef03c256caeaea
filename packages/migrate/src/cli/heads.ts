import { loadOutline } from '../folder.ts';
import { heads } from '../history.ts';
import { type ListedEntry, listEntries } from './entries.ts';
import type { MigrateContext, VerbResult } from './verb.ts';

/** The revisions that are no other one's parent. Throws MigrationError. */
export async function headsVerb(_options: object, context: MigrateContext): Promise<VerbResult<ListedEntry[]>> {
  return listEntries(heads(await loadOutline(context.folder)));
}
