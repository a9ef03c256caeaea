import { loadOutline } from '../folder.ts';
import { branches, type HistoryEntry } from '../history.ts';
import { renderEntry } from './entries.ts';
import type { MigrateContext, VerbResult } from './verb.ts';

/** The revisions with more than one child, which stand below them. Throws MigrationError. */
export async function branchesVerb(_options: object, context: MigrateContext): Promise<VerbResult<HistoryEntry[]>> {
  const entries = branches(await loadOutline(context.folder));
  const lines = entries.flatMap((entry) => [renderEntry(entry), ...entry.children.map((child) => `  -> ${child}`)]);
  return { data: entries, text: lines.length === 0 ? 'The graph does not fork.' : lines.join('\n') };
}
