import { openSession } from './connection.ts';
import { openJournal } from './journal.ts';
import { acquireLock } from './lock.ts';
import { type RunOptions, settingsOf } from './options.ts';
import { pinSession } from './pin-session.ts';
import { asMigrationError } from './run.ts';

/** Creates the journal's schema and tables where they are missing, under the migration lock; else changes nothing. */
export async function ensureJournal(options: RunOptions): Promise<{ journalSchema: string }> {
  const settings = settingsOf(options);
  const session = await openSession(options.connection);
  try {
    await acquireLock(session, settings);
    await pinSession(session, settings, {
      applicationName: 'stanchion:planning',
      lockTimeoutMs: settings.objectLockWaitMs,
    });
    await openJournal(session, settings.journalSchema, settings.actor);
    return { journalSchema: settings.journalSchema };
  } catch (error) {
    throw asMigrationError(error) ?? error;
  } finally {
    await session.close();
  }
}
