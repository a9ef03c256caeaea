import { installArchive } from './archive/install.ts';
import { asQueryable } from './connection.ts';
import { type Journal, openJournal } from './journal.ts';
import { type JournalState, readAcceptedVersions, readJournalState } from './journal-state.ts';
import { type LockedSession, withLockedSession } from './locked-session.ts';
import type { RunOptions } from './options.ts';

/** The session that holds the migration lock, with what it needs. */
export interface LockedRun extends LockedSession {
  journal: Journal;
  /** Rows of the version table that are another history's; undefined: this engine sees that table for the first time. */
  accepted: readonly string[] | undefined;
}

/** Connects, locks, opens the journal and reads it. The lock goes with the session, at the end of `work`. */
export async function underLock<Answer>(
  options: RunOptions,
  work: (run: LockedRun, before: JournalState) => Promise<Answer>,
): Promise<Answer> {
  return withLockedSession(options, async (locked) => {
    const { session, settings } = locked;
    // The journal that is opened next says that the question was asked.
    const accepted = await readAcceptedVersions(asQueryable(session), settings.journalSchema);
    const journal = await openJournal(session, settings.journalSchema, settings.actor);
    await installArchive(session, settings.journalSchema);
    const before = await readJournalState(asQueryable(session), settings.journalSchema);
    return work({ ...locked, journal, accepted }, before);
  });
}
