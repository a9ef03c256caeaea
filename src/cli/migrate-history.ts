import { branches, type HistoryEntry, heads, history, show } from '@stanchion/migrate';
import { loadMigrations } from '../migrations.ts';
import type { VerbResult } from './verb.ts';

export interface MigrateHistoryOptions {
  /** `a:b`. */
  readonly range?: string;
}

/** The revisions of this code, newest first; needs no database. Throws MigrationError. */
export async function migrateHistory({ range }: MigrateHistoryOptions): Promise<VerbResult> {
  return list(history(await loadMigrations(), range), 'There are no revisions.');
}

/** Those that are no other one's parent. Throws MigrationError. */
export async function migrateHeads(): Promise<VerbResult> {
  return list(heads(await loadMigrations()), 'There are no revisions.');
}

/** Those with more than one child, which stand below them. Throws MigrationError. */
export async function migrateBranches(): Promise<VerbResult> {
  const entries = branches(await loadMigrations());
  const lines = entries.flatMap((entry) => [render(entry), ...entry.children.map((child) => `  -> ${child}`)]);
  return { data: entries, text: lines.length === 0 ? 'The graph does not fork.' : lines.join('\n') };
}

export interface MigrateShowOptions {
  readonly revision: string;
}

/** One revision and its neighbours. Throws MigrationError. */
export async function migrateShow({ revision }: MigrateShowOptions): Promise<VerbResult> {
  const entry = show(await loadMigrations(), revision);
  const neighbours = { parents: entry.parents, 'depends on': entry.dependsOn, children: entry.children };
  const lines = Object.entries(neighbours).flatMap(([what, names]) =>
    names.length === 0 ? [] : [`${what}: ${names.join(', ')}`],
  );
  return { data: entry, text: [render(entry), `file: migrations/${entry.file}`, ...lines].join('\n') };
}

function list(entries: readonly HistoryEntry[], empty: string): VerbResult {
  return { data: entries, text: entries.length === 0 ? empty : entries.map(render).join('\n') };
}

function render({ revision, phase, summary, labels, isHead }: HistoryEntry): string {
  const marks = [...(labels.length === 0 ? [] : [`(${labels.join(', ')})`]), ...(isHead ? ['(head)'] : [])];
  return [revision, phase.padEnd(8), summary, ...marks].join('  ');
}
