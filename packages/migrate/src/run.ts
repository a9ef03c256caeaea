import { assertNoAlembic } from './alembic/needs-alembic.ts';
import { reconcileVersions } from './alembic/reconcile.ts';
import { createVersionGuard, type VersionGuard } from './alembic/version-guard.ts';
import type { Session } from './connection.ts';
import { type FinishedRevision, MigrationError, type MigrationFault } from './errors.ts';
import type { RevisionGraph } from './graph.ts';
import { type Journal, openJournal } from './journal.ts';
import {
  appliedHeads,
  asQueryable,
  type JournalState,
  readAcceptedVersions,
  readJournalState,
} from './journal-state.ts';
import type { MigrationLock } from './lock.ts';
import { type LockedSession, withLockedSession } from './locked-session.ts';
import type { RunOptions, Settings } from './options.ts';
import type { Direction, Revision } from './revision.ts';
import { runRevision } from './run-revision.ts';

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
  const finished: FinishedRevision[] = [];
  try {
    return await withLockedSession(options, async (locked) => runLocked(planned, locked, finished));
  } catch (error) {
    if (error instanceof MigrationError) error.finished = finished;
    throw error;
  }
}

async function runLocked(planned: PlannedRun, locked: LockedSession, finished: FinishedRevision[]): Promise<RunResult> {
  const { graph, direction } = planned;
  const { session, settings, lock } = locked;
  const database = asQueryable(session);
  const accepted = await readAcceptedVersions(database, settings.journalSchema);
  const parts = { ...locked, journal: await openJournal(session, settings.journalSchema, settings.actor) };
  const found = await readJournalState(database, settings.journalSchema);
  const versions = await reconcileVersions(parts, { graph, applied: new Set(found.applied.keys()), accepted });
  const before = versions.isChanged ? await readJournalState(database, settings.journalSchema) : found;
  const revisions = planned.plan(versions.applied);
  assertRunnable(planned, before, revisions);
  assertNoAlembic(graph, revisions, direction);
  settings.onEvent({ type: 'planned', direction, revisions: revisions.map((one) => one.id) });
  const guard = createVersionGuard(parts, versions);
  await runAll({ ...parts, guard, direction }, { revisions, before, finished });
  const after = await readJournalState(database, settings.journalSchema);
  return { from: appliedHeads(before.applied), to: appliedHeads(after.applied), finished, waitedMs: lock.waitedMs };
}

interface LockedRun {
  session: Session;
  settings: Settings;
  journal: Journal;
  guard: VersionGuard;
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
