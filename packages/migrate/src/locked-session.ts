import { openSession, type Session } from './connection.ts';
import { MigrationError } from './errors.ts';
import { acquireLock, type MigrationLock } from './lock.ts';
import { type RunOptions, type Settings, settingsOf } from './options.ts';
import { pinSession, watchForLostClient } from './pin-session.ts';
import { isRetryable, parseServerError } from './sqlstate.ts';

export interface LockedSession {
  session: Session;
  settings: Settings;
  lock: MigrationLock;
}

/** Connects, waits for the lock, and gives it back at the end, with the session. What PostgreSQL refuses is a MigrationError. */
export async function withLockedSession<Result>(
  options: RunOptions,
  work: (locked: LockedSession) => Promise<Result>,
): Promise<Result> {
  const settings = settingsOf(options);
  const session = await openSession(options.connection);
  try {
    await watchForLostClient(session);
    await pinSession(session, settings, { applicationName: 'stanchion:waiting', lockTimeoutMs: 0 });
    const lock = await acquireLock(session, settings);
    await pinSession(session, settings, {
      applicationName: 'stanchion:planning',
      lockTimeoutMs: settings.objectLockWaitMs,
    });
    return await work({ session, settings, lock });
  } catch (error) {
    throw asMigrationError(error) ?? error;
  } finally {
    await session.close();
  }
}

/** Outside of steps too, what PostgreSQL refuses is an expected failure. */
export function asMigrationError(error: unknown): MigrationError | undefined {
  if (error instanceof MigrationError) return error;
  const server = parseServerError(error);
  if (!server) return undefined;
  const code = isRetryable(server.sqlstate) ? 'object_locked' : 'sql_failed';
  const { message, sqlstate, hint } = server;
  return new MigrationError({ code, message, sqlstate, ...(hint === undefined ? {} : { hint }) }, { cause: error });
}
