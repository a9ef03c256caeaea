import { loadRevisions } from '../folder.ts';
import { type HistoryEntry, heads } from '../history.ts';
import { listEntries } from './entries.ts';
import type { MigrateContext, VerbResult } from './verb.ts';

/** The revisions that are no other one's parent. Throws MigrationError. */
export async function headsVerb(_options: object, context: MigrateContext): Promise<VerbResult<HistoryEntry[]>> {
  return listEntries(heads(await loadRevisions(context.folder)));
}
