import { installArchive } from './archive/install.ts';
import { openSession, type Session } from './connection.ts';
import { type FinishedRevision, MigrationError, type MigrationFault } from './errors.ts';
import type { RevisionGraph } from './graph.ts';
import { type Journal, openJournal } from './journal.ts';
import { appliedHeads, type JournalState, type Queryable, readJournalState } from './journal-state.ts';
import { acquireLock, type MigrationLock } from './lock.ts';
import { type RunOptions, type Settings, settingsOf } from './options.ts';
import { pinSession, watchForLostClient } from './pin-session.ts';
import type { Direction, Revision } from './revision.ts';
import { runRevision } from './run-revision.ts';
import { isRetryable, parseServerError } from './sqlstate.ts';

export interface RunResult {
  /** The database's heads before and after; empty: nothing applied. */
  from: string[];
  to: string[];
  /** In the order in which they were finished; empty when there was nothing to do. */
  finished: FinishedRevision[];
  /** How long another runner was waited for. */
  waitedMs: number;
}

/** The session that holds the lock, and the revisions to run with it. */
export interface PlannedRun {
  graph: RevisionGraph;
  direction: Direction;
  /** Called under the lock with what the journal says. */
  plan: (applied: ReadonlySet<string>) => Revision[];
}

/** Connects, locks, reads the journal, checks everything, and only then runs. `finished` travels with an error too. */
export async function runPlan(planned: PlannedRun, options: RunOptions): Promise<RunResult> {
  const settings = settingsOf(options);
  const session = await openSession(options.connection);
  const finished: FinishedRevision[] = [];
  try {
    await watchForLostClient(session);
    await pinSession(session, settings, { applicationName: 'stanchion:waiting', lockTimeoutMs: 0 });
    const lock = await acquireLock(session, settings);
    await pinSession(session, settings, {
      applicationName: 'stanchion:planning',
      lockTimeoutMs: settings.objectLockWaitMs,
    });
    const journal = await openJournal(session, settings.journalSchema, settings.actor);
    await installArchive(session, settings.journalSchema);
    const before = await readJournalState(asQueryable(session), settings.journalSchema);
    const revisions = planned.plan(new Set(before.applied.keys()));
    assertRunnable(planned, before, revisions);
    settings.onEvent({ type: 'planned', direction: planned.direction, revisions: revisions.map((one) => one.id) });
    await runAll({ session, settings, journal, lock, direction: planned.direction }, { revisions, before, finished });
    const after = await readJournalState(asQueryable(session), settings.journalSchema);
    return { from: appliedHeads(before.applied), to: appliedHeads(after.applied), finished, waitedMs: lock.waitedMs };
  } catch (error) {
    const known = asMigrationError(error);
    if (known) known.finished = finished;
    throw known ?? error;
  } finally {
    // The lock goes with the session.
    await session.close();
  }
}

interface LockedRun {
  session: Session;
  settings: Settings;
  journal: Journal;
  lock: MigrationLock;
  direction: Direction;
}

async function runAll(
  run: LockedRun,
  work: { revisions: readonly Revision[]; before: JournalState; finished: FinishedRevision[] },
): Promise<void> {
  for (const revision of work.revisions) {
    if (run.settings.signal?.aborted) {
      throw new MigrationError({
        code: 'aborted',
        message: 'stopped as asked',
        file: revision.file,
        revision: revision.id,
      });
    }
    const recorded = work.before.applied.get(revision.id)?.outcome === 'recorded';
    work.finished.push(await runRevision({ ...run, revision, recorded }));
  }
}

/** The journal and the files must tell the same story before one statement runs. */
function assertRunnable(planned: PlannedRun, state: JournalState, revisions: readonly Revision[]): void {
  const { graph, direction } = planned;
  const faults: MigrationFault[] = [];
  for (const applied of state.applied.values()) {
    const revision = graph.byId.get(applied.revision);
    if (!revision) {
      const message = `the database has revision ${applied.revision} (${applied.summary}), which this code does not know`;
      const hint = 'The database is newer than this code: use the code that brought the revision.';
      faults.push({ code: 'database_ahead', message, revision: applied.revision, hint });
    } else if (revision.checksum !== applied.checksum) {
      const message = 'the file was changed after it was applied';
      const hint = 'Restore the file as it was applied, and put the change into a new revision.';
      faults.push({ code: 'revision_edited', message, file: revision.file, revision: revision.id, hint });
    }
  }
  for (const half of state.unfinished) {
    if (half.direction === direction && revisions.some((revision) => revision.id === half.revision)) continue;
    // An upgrade to a lower target may leave a begun revision for later; what is begun in the other direction may not stay.
    if (half.direction === 'up' && direction === 'up') continue;
    const verb = half.direction === 'up' ? 'upgrade' : 'downgrade';
    const message = `the ${verb} of revision ${half.revision} was begun and not finished`;
    const hint = `Mend what stopped it and run the ${verb} again; steps that are done are not repeated.`;
    const file = graph.byId.get(half.revision)?.file;
    faults.push({
      code: 'half_applied',
      message,
      revision: half.revision,
      hint,
      ...(file === undefined ? {} : { file }),
    });
  }
  if (faults.length > 0) throw new MigrationError(faults);
}

/** Outside of steps too, what PostgreSQL refuses is an expected failure. */
function asMigrationError(error: unknown): MigrationError | undefined {
  if (error instanceof MigrationError) return error;
  const server = parseServerError(error);
  if (!server) return undefined;
  const code = isRetryable(server.sqlstate) ? 'object_locked' : 'sql_failed';
  const { message, sqlstate, hint } = server;
  return new MigrationError({ code, message, sqlstate, ...(hint === undefined ? {} : { hint }) }, { cause: error });
}

function asQueryable(session: Session): Queryable {
  return { query: async (text, values) => ({ rows: await session.query(text, values) }) };
}
