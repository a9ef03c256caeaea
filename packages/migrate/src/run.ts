import { assertNoAlembic } from './alembic/needs-alembic.ts';
import { openGuard } from './alembic/open-guard.ts';
import type { VersionGuard } from './alembic/version-guard.ts';
import { asQueryable } from './connection.ts';
import { type FinishedRevision, MigrationError, type MigrationFault } from './errors.ts';
import type { RevisionGraph } from './graph.ts';
import type { StepRecord } from './journal.ts';
import { appliedHeads, isEdited, type JournalState, readJournal, type UnfinishedRevision } from './journal-state.ts';
import type { RunOptions } from './options.ts';
import { assertChecks } from './preflight/checks.ts';
import { assertNothingLost, type PreflightWork } from './preflight/preflight.ts';
import type { Direction, Revision } from './revision.ts';
import { runRevision, splitRecords } from './run-revision.ts';
import { type Inspect, type LockedRun, underLock } from './under-lock.ts';

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
  /** The same before anything is known for certain, of an upgrade: what it would run is compared with what is there. */
  preview?: (applied: ReadonlySet<string>) => Revision[];
}

/** Connects, locks, reads the journal, checks everything, and only then runs. `finished` travels with an error too. */
export async function runPlan(planned: PlannedRun, options: RunOptions): Promise<RunResult> {
  const finished: FinishedRevision[] = [];
  try {
    const work: Parameters<typeof underLock<RunResult>>[1] = async (run, found) => {
      const { session, settings, lock } = run;
      const { guard, applied, isChanged } = await openGuard(run, planned.graph, found);
      const before = isChanged ? await readJournal(asQueryable(session), settings.journalSchema) : found;
      const revisions = planned.plan(applied);
      assertRunnable(planned, before, revisions);
      assertNoAlembic(planned.graph, revisions, planned.direction);
      // Nobody else writes them while the lock is held.
      const records = await run.journal.listSteps(idsOf(revisions));
      await assertSafe(run, { ...planned, revisions, records }, before);
      settings.onEvent({ type: 'planned', direction: planned.direction, revisions: idsOf(revisions) });
      if (revisions.length > 0) await run.prepared.prepare(session);
      await runAll({ ...run, guard, direction: planned.direction }, { revisions, records, before, finished });
      const after = appliedAfter(before, revisions, planned.direction);
      return { from: appliedHeads(before.applied), to: appliedHeads(after), finished, waitedMs: lock.waitedMs };
    };
    return await underLock(options, work, inspectorOf(planned));
  } catch (error) {
    if (error instanceof MigrationError) error.finished = finished;
    throw error;
  }
}

/** Only a graph that can take over a database has something to look for. */
function inspectorOf({ graph, preview }: PlannedRun): Inspect | undefined {
  if (!preview || graph.order.every(({ adoptTables }) => adoptTables.length === 0)) return undefined;
  return async (place, journal) => {
    // Most starts have nothing to do, and the journal alone knows it.
    if (journal && graph.order.every(({ id }) => journal.applied.has(id))) return new Map();
    const { inspectAdoption } = await import('./adoption/inspect.ts');
    return inspectAdoption(place, { graph, preview }, journal);
  };
}

/** What the journal says now: while the lock is held nobody else writes it, and all of them were finished. */
function appliedAfter(
  before: JournalState,
  finished: readonly Revision[],
  direction: Direction,
): ReadonlyMap<string, Pick<Revision, 'parents'>> {
  const applied = new Map<string, Pick<Revision, 'parents'>>(before.applied);
  for (const revision of finished) {
    if (direction === 'up') applied.set(revision.id, revision);
    else applied.delete(revision.id);
  }
  return applied;
}

type StepRecords = ReadonlyMap<string, readonly StepRecord[]>;

function idsOf(revisions: readonly Revision[]): string[] {
  return revisions.map(({ id }) => id);
}

/** Before anything runs, everything that can be told from what is there now. */
async function assertSafe(
  { session, settings }: LockedRun,
  { direction, revisions, records }: { direction: Direction; revisions: readonly Revision[]; records: StepRecords },
  before: JournalState,
): Promise<void> {
  const work: PreflightWork['work'][number][] = [];
  for (const revision of revisions) {
    if (before.applied.get(revision.id)?.outcome === 'recorded') continue;
    const begun = before.unfinished.some((half) => half.revision === revision.id);
    const known = begun ? (records.get(revision.id) ?? []).filter((one) => one.direction === direction) : [];
    const done = new Set(known.filter((one) => one.state === 'done').map((one) => one.step));
    const steps = direction === 'up' ? revision.up : (revision.down ?? []);
    work.push({ revision, steps: steps.filter((step) => !done.has(step.name)) });
  }
  await assertChecks(session, { revisions: work.map((one) => one.revision), direction, early: true });
  await assertNothingLost({ session, settings }, { direction, work });
}

async function runAll(
  run: LockedRun & { guard: VersionGuard; direction: Direction },
  work: {
    revisions: readonly Revision[];
    records: StepRecords;
    before: JournalState;
    finished: FinishedRevision[];
  },
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
    const steps = work.records.get(revision.id) ?? [];
    work.finished.push(await runRevision({ ...run, ...splitRecords(steps, run.direction), revision, recorded }));
  }
}

/** The journal and the files must tell the same story before one statement runs. */
export function assertRunnable(
  { graph, direction }: Pick<PlannedRun, 'graph' | 'direction'>,
  state: JournalState,
  revisions: readonly Revision[],
): void {
  const faults: MigrationFault[] = [];
  for (const applied of state.applied.values()) {
    const revision = graph.byId.get(applied.revision);
    if (!revision) {
      const message = `the database has revision ${applied.revision} (${applied.summary}), which this code does not know`;
      const hint = 'The database is newer than this code: use the code that brought the revision.';
      faults.push({ code: 'database_ahead', message, revision: applied.revision, hint });
    } else if (isEdited(applied, revision)) {
      const message = 'the file was changed after it was applied';
      const hint = 'Restore the file as it was applied, and put the change into a new revision.';
      faults.push({ code: 'revision_edited', message, file: revision.file, revision: revision.id, hint });
    }
  }
  for (const half of state.unfinished) {
    const isPlanned = revisions.some((revision) => revision.id === half.revision);
    if (!half.undo && half.direction === direction && isPlanned) continue;
    // An upgrade to a lower target may leave a begun revision for later; what is begun in the other direction may not stay.
    if (!half.undo && half.direction === 'up' && direction === 'up') continue;
    faults.push({ ...halfApplied(half), ...fileOf(graph, half.revision) });
  }
  if (faults.length > 0) throw new MigrationError(faults);
}

function halfApplied({ revision, direction, undo }: UnfinishedRevision): MigrationFault {
  const verb = undo ? 'undo' : direction === 'up' ? 'upgrade' : 'downgrade';
  const other = verb === 'upgrade' ? ` Or take it back: migrate undo ${revision}.` : '';
  return {
    code: 'half_applied',
    message: `the ${verb} of revision ${revision} was begun and not finished`,
    revision,
    hint: `Mend what stopped it and run the ${verb} again; steps that are done are not repeated.${other}`,
  };
}

function fileOf(graph: RevisionGraph, revision: string): { file?: string } {
  const file = graph.byId.get(revision)?.file;
  return file === undefined ? {} : { file };
}
