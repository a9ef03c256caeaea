import { history } from '@stanchion/migrate';
import { loadMigrations } from '../migrations.ts';
import type { VerbResult } from './verb.ts';

/** The revisions of this code, newest first; needs no database. Throws MigrationError. */
export async function migrateHistory(): Promise<VerbResult> {
  const entries = history(await loadMigrations());
  const lines = entries.map(
    ({ revision, phase, summary, isHead }) => `${revision}  ${phase.padEnd(8)}  ${summary}${isHead ? '  (head)' : ''}`,
  );
  return { data: entries, text: lines.length === 0 ? 'There are no revisions.' : lines.join('\n') };
}
