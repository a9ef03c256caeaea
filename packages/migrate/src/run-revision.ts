import type { VersionGuard } from './alembic/version-guard.ts';
import type { Session } from './connection.ts';
import { type FinishedRevision, MigrationError } from './errors.ts';
import type { Journal, StepRecord } from './journal.ts';
import type { MigrationLock } from './lock.ts';
import type { Settings } from './options.ts';
import type { PinText } from './pin-session.ts';
import { assertChecks } from './preflight/checks.ts';
import type { Prepared } from './prepared.ts';
import type { Direction, Revision, Step } from './revision.ts';
import { type RevisionEnd, runStep } from './steps/run-step.ts';

export interface RevisionRun {
  session: Session;
  settings: Settings;
  journal: Journal;
  guard: VersionGuard;
  lock: MigrationLock;
  pins: PinText;
  prepared: Prepared;
  direction: Direction;
  revision: Revision;
  /** What earlier runs left of its steps in this direction. */
  records: readonly StepRecord[];
  /** There are some of the other direction, too: its end forgets them. */
  forgets: boolean;
  /** Which baselines are there already. */
  present: ReadonlyMap<string, boolean>;
  /** Recorded before, instead of run: reverting it only removes the record. */
  recorded: boolean;
}

/** A revision's records, as a run in one direction takes them. */
export function splitRecords(
  records: readonly StepRecord[],
  direction: Direction,
): Pick<RevisionRun, 'records' | 'forgets'> {
  const own = records.filter((one) => one.direction === direction);
  // A downgrade also forgets what it did itself.
  return { records: own, forgets: direction === 'down' || own.length < records.length };
}

/** Runs what is left of a revision and appends it to the journal. */
export async function runRevision(run: RevisionRun): Promise<FinishedRevision> {
  const { revision, direction, settings, records } = run;
  const began = performance.now();
  assertStepsUnchanged(revision, stepsOf(run), records);
  const resumed = records.length > 0;
  settings.onEvent({ type: 'revision_started', revision: revision.id, direction, summary: revision.summary, resumed });
  const end = createEnd(run, began);
  const outcome = await runOrRecord(run, end);
  const finished = end.recorded() ?? finishedNow(run, { outcome, began });
  if (!end.recorded()) {
    const pins = { applicationName: `stanchion:${revision.id}`, lockTimeoutMs: settings.objectLockTimeoutMs };
    await run.guard.finish(revision, finished, run.pins(pins));
  }
  settings.onEvent({ type: 'revision_finished', direction, ...finished });
  return finished;
}

type Began = { outcome: FinishedRevision['outcome']; began: number };

function finishedNow({ revision }: RevisionRun, { outcome, began }: Began): FinishedRevision {
  return { revision: revision.id, outcome, durationMs: Math.round(performance.now() - began) };
}

/** The end of a revision for its last step to record; `recorded` once that has committed. */
function createEnd(run: RevisionRun, began: number): RevisionEnd & { recorded: () => FinishedRevision | undefined } {
  let recorded: FinishedRevision | undefined;
  return {
    recorded: () => recorded,
    record({ isAhead } = { isAhead: false }) {
      const finished = finishedNow(run, { outcome: run.direction === 'up' ? 'applied' : 'reverted', began });
      const recording = run.guard.record(run.revision, { ...finished, forgets: run.forgets, isAhead });
      return {
        ...recording,
        committed() {
          recording.committed();
          recorded = finished;
        },
      };
    },
  };
}

async function runOrRecord(run: RevisionRun, end: RevisionEnd): Promise<FinishedRevision['outcome']> {
  const { revision, records } = run;
  if (run.direction === 'down') {
    if (run.recorded) return 'unrecorded';
    await runSteps(run, end);
    return 'reverted';
  }
  if (records.length === 0 && run.present.get(revision.id) === true) return 'recorded';
  await runSteps(run, end);
  return 'applied';
}

async function runSteps(run: RevisionRun, end: RevisionEnd): Promise<void> {
  const { session, settings, journal, guard, lock, pins, prepared, revision, direction, records } = run;
  guard.assertAccepted();
  // What a half-applied revision asks was answered before it began.
  if (records.length === 0) await assertChecks(session, { revisions: [revision], direction, early: false });
  const steps = stepsOf(run);
  const last = steps.findLast((step) => records.find((one) => one.step === step.name)?.state !== 'done');
  for (const step of steps) {
    const record = records.find((one) => one.step === step.name);
    if (record?.state === 'done') continue;
    if (settings.signal?.aborted) {
      throw new MigrationError({
        code: 'aborted',
        message: 'stopped as asked',
        file: revision.file,
        revision: revision.id,
      });
    }
    const place = { revision: revision.id, direction, step: step.name, mode: step.mode };
    await runStep({
      ...{ session, settings, journal, guard, lock, pins, prepared, revision, direction, step, record },
      key: { revision: revision.id, direction, step },
      emit: (event) => settings.onEvent({ ...event, ...place }),
      ...(step === last ? { end } : {}),
    });
  }
}

/** What is done is done: an unfinished step may still be mended, a finished one may not be changed or disappear. */
export function assertStepsUnchanged(revision: Revision, steps: readonly Step[], records: readonly StepRecord[]): void {
  for (const record of records) {
    const step = steps.find((one) => one.name === record.step);
    if (record.state !== 'done' || step?.checksum === record.checksum) continue;
    throw new MigrationError({
      code: 'step_edited',
      message: `step ${record.step} is done in the database, and ${step ? 'its text was changed' : 'gone from the file'}`,
      file: revision.file,
      ...(step ? { line: step.line - 1 } : {}),
      revision: revision.id,
      step: record.step,
      hint: 'Restore the step as it ran; only steps that are not finished may be changed.',
    });
  }
}

function stepsOf(run: RevisionRun): readonly Step[] {
  return run.direction === 'up' ? run.revision.up : (run.revision.down ?? []);
}
