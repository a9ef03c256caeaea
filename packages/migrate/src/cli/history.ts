import { loadRevisions } from '../folder.ts';
import { type HistoryEntry, history } from '../history.ts';
import { listEntries } from './entries.ts';
import type { MigrateContext, VerbResult } from './verb.ts';

export interface HistoryOptions {
  /** `a:b`. */
  readonly range?: string;
}

/** The revisions of this code, newest first; needs no database. Throws MigrationError. */
export async function historyVerb(
  { range }: HistoryOptions,
  context: MigrateContext,
): Promise<VerbResult<HistoryEntry[]>> {
  return listEntries(history(await loadRevisions(context.folder), range));
}
