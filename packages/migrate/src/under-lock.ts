import { archiveCommentSql } from './archive/install.ts';
import { asQueryable, openSession, type Session } from './connection.ts';
import { MigrationError } from './errors.ts';
import { type Journal, openJournal } from './journal.ts';
import { type JournalState, readAcceptedVersions, readJournal } from './journal-state.ts';
import { acquireLock, type MigrationLock } from './lock.ts';
import { type RunOptions, type Settings, settingsOf } from './options.ts';
import { definePins, type PinText, pinText, watchForLostClient } from './pin-session.ts';
import { createPrepared, type Prepared } from './prepared.ts';
import { isRetryable, parseServerError } from './sqlstate.ts';

/** The session that holds the migration lock, with what it needs. */
export interface LockedRun {
  session: Session;
  settings: Settings;
  journal: Journal;
  lock: MigrationLock;
  /** Rows of the version table that are another history's; undefined: this engine sees that table for the first time. */
  accepted: readonly string[] | undefined;
  prepared: Prepared;
  pins: PinText;
  /** Which baselines were found; none for those that nobody has looked for. */
  present: ReadonlyMap<string, boolean>;
}

/** Looks at the database before anything is written into it. `journal`: where there is one already. */
export type Inspect = (
  place: Pick<LockedRun, 'session' | 'settings' | 'accepted'>,
  journal: JournalState | undefined,
) => Promise<LockedRun['present']>;

/** Connects, locks, opens the journal and reads it. The lock goes with the session, at the end of `work`. */
export async function underLock<Answer>(
  options: RunOptions,
  work: (run: LockedRun, before: JournalState) => Promise<Answer>,
  inspect: Inspect = async () => new Map(),
): Promise<Answer> {
  const settings = settingsOf(options);
  const session = await openSession(options.connection);
  const prepared = createPrepared();
  try {
    await watchForLostClient(session);
    const waiting = pinText(settings, { applicationName: 'stanchion:waiting', lockTimeoutMs: 0 });
    const lock = await acquireLock(session, settings, { prepared, pins: waiting });
    const lockTimeoutMs = settings.objectLockWaitMs;
    const planning = pinText(settings, { applicationName: 'stanchion:planning', lockTimeoutMs });
    const [, archive] = await session.execute(`${planning};\n${archiveCommentSql(settings.journalSchema)}`);
    const [found]: { comment?: unknown }[] = archive?.rows ?? [];
    // The journal that is opened next says that the question was asked.
    const accepted = await readAcceptedVersions(asQueryable(session), settings.journalSchema);
    const place = { session, settings, accepted };
    // What an upgrade of the journal itself changes is not the owner's.
    const isNew = archive?.rows.length === 0;
    const early = isNew ? await inspect(place, undefined) : undefined;
    const journal = await openJournal(session, settings, { prepared, archiveComment: found?.comment });
    const before = await readJournal(asQueryable(session), settings.journalSchema);
    const present = early ?? (await inspect(place, before));
    const pins = definePins(prepared, settings);
    return await work({ ...place, journal, lock, prepared, pins, present }, before);
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
