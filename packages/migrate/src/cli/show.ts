import { join, relative } from 'node:path';
import { loadRevisions } from '../folder.ts';
import { type HistoryEntry, show } from '../history.ts';
import { renderEntry } from './entries.ts';
import type { MigrateContext, VerbResult } from './verb.ts';

export interface ShowOptions {
  readonly revision: string;
}

/** One revision and its neighbours. Throws MigrationError. */
export async function showVerb({ revision }: ShowOptions, context: MigrateContext): Promise<VerbResult<HistoryEntry>> {
  const entry = show(await loadRevisions(context.folder), revision);
  const neighbours = { parents: entry.parents, 'depends on': entry.dependsOn, children: entry.children };
  const lines = Object.entries(neighbours).flatMap(([what, names]) =>
    names.length === 0 ? [] : [`${what}: ${names.join(', ')}`],
  );
  const path = join(context.folder, entry.file);
  const file = path.startsWith(`${context.cwd}/`) ? relative(context.cwd, path) : path;
  return { data: entry, text: [renderEntry(entry), `file: ${file}`, ...lines].join('\n') };
}
