import type { HistoryEntry } from '../history.ts';
import type { VerbResult } from './verb.ts';

/** `isCurrent`: the database is there; left out where nobody asked it. */
export type ListedEntry = HistoryEntry & { isCurrent?: boolean };

/** A list of revisions, one a line. */
export function listEntries(entries: ListedEntry[]): VerbResult<ListedEntry[]> {
  return {
    data: entries,
    text: entries.length === 0 ? 'There are no revisions.' : entries.map(renderEntry).join('\n'),
  };
}

export function renderEntry(entry: ListedEntry): string {
  const { revision, phase, summary, labels, isHead, isCurrent = false, executor, unfinished } = entry;
  const ends = [
    ...(isHead ? ['(head)'] : []),
    ...(isCurrent ? ['(current)'] : []),
    ...(unfinished ? ['(unfinished)'] : []),
  ];
  const marks = [...(labels.length === 0 ? [] : [`(${labels.join(', ')})`]), ...ends];
  const kind = executor === 'alembic' ? 'python' : phase;
  return [revision, kind.padEnd(8), summary, ...marks].join('  ');
}
