import type { RunResult } from '../run.ts';

/** Where a run has left the database. */
export function renderOutcome({ to, finished }: RunResult): string {
  const at = to.length === 0 ? 'Nothing is applied' : `The database is at ${to.join(', ')}`;
  return finished.length === 0 ? `Nothing to do: ${at}.` : `${at}.`;
}
