import { join, relative } from 'node:path';
import { loadOutline } from '../folder.ts';
import { type HistoryEntry, show } from '../history.ts';
import { renderEntry } from './entries.ts';
import type { MigrateContext, VerbResult } from './verb.ts';

export interface ShowOptions {
  readonly revision: string;
}

/** One revision and its neighbours. Throws MigrationError. */
export async function showVerb({ revision }: ShowOptions, context: MigrateContext): Promise<VerbResult<HistoryEntry>> {
  const entry = show(await loadOutline(context.folder), revision);
  const neighbours = { parents: entry.parents, 'depends on': entry.dependsOn, children: entry.children };
  const lines = Object.entries(neighbours).flatMap(([what, names]) =>
    names.length === 0 ? [] : [`${what}: ${names.join(', ')}`],
  );
  const path = join(context.folder, entry.file);
  const file = path.startsWith(`${context.cwd}/`) ? relative(context.cwd, path) : path;
  const faults = (entry.unfinished ?? []).map((fault) => `unfinished: ${fault}`);
  return { data: entry, text: [renderEntry(entry), `file: ${file}`, ...lines, ...faults].join('\n') };
}
