import type { HistoryEntry } from '../history.ts';
import type { VerbResult } from './verb.ts';

/** A list of revisions, one a line. */
export function listEntries(entries: HistoryEntry[]): VerbResult<HistoryEntry[]> {
  return {
    data: entries,
    text: entries.length === 0 ? 'There are no revisions.' : entries.map(renderEntry).join('\n'),
  };
}

export function renderEntry({ revision, phase, summary, labels, isHead, executor }: HistoryEntry): string {
  const marks = [...(labels.length === 0 ? [] : [`(${labels.join(', ')})`]), ...(isHead ? ['(head)'] : [])];
  const kind = executor === 'alembic' ? 'python' : phase;
  return [revision, kind.padEnd(8), summary, ...marks].join('  ');
}
