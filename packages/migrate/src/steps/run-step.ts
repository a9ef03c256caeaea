import { setTimeout as delay } from 'node:timers/promises';
import type { Recording, VersionGuard } from '../alembic/version-guard.ts';
import { commit } from '../commit.ts';
import type { Session } from '../connection.ts';
import { explainDeniedStep } from '../denied.ts';
import { MigrationError, type MigrationFault } from '../errors.ts';
import type { MigrationEvent } from '../events.ts';
import type { Journal, StepKey, StepRecord } from '../journal.ts';
import type { MigrationLock } from '../lock.ts';
import type { Settings } from '../options.ts';
import type { PinText } from '../pin-session.ts';
import { findConcerns, prepareStep } from '../preflight/preflight.ts';
import type { Prepared } from '../prepared.ts';
import { repeatWhileLocked } from '../retry.ts';
import type { Direction, Revision, Step } from '../revision.ts';
import { stepFault } from './code-fault.ts';
import { runTransactionalStep } from './tx.ts';

/** What a step needs to run. */
export interface StepRun<Kind extends Step = Step> {
  session: Session;
  lock: MigrationLock;
  journal: Journal;
  guard: VersionGuard;
  pins: PinText;
  prepared: Prepared;
  settings: Settings;
  revision: Revision;
  direction: Direction;
  step: Kind;
  /** What earlier runs left of it. */
  record: StepRecord | undefined;
  key: StepKey;
  emit: (event: StepEvent) => void;
  /** Given to the last step of a revision; a transactional one records the revision's end in its own transaction. */
  end?: RevisionEnd;
}

export interface RevisionEnd {
  /** For the message that ends the step's transaction; `isAhead`: that it goes in before the step has run. */
  record: (when?: { isAhead: boolean }) => Recording;
}

type DistributiveOmit<Type, Keys extends PropertyKey> = Type extends unknown ? Omit<Type, Keys> : never;
type StepEvent = DistributiveOmit<
  Extract<MigrationEvent, { step: string }>,
  'revision' | 'direction' | 'step' | 'mode'
>;

export interface StepOutcome {
  rows: number;
  /** An earlier run had done it, and only its record was missing. */
  settled: boolean;
}

/** Runs one step to its end or throws `sql_failed`, `object_locked`, `connection_lost` or `lock_lost`; the journal knows which. */
export async function runStep(run: StepRun): Promise<StepOutcome> {
  const began = performance.now();
  if (mayDeallocate(run.step)) run.prepared.forget();
  const planned = { direction: run.direction, work: [{ revision: run.revision, steps: [run.step] }] };
  const concerns = await findConcerns(planned);
  try {
    // A transactional step brings its settings along when it begins, and proves the lock.
    if (run.step.mode !== 'tx' || concerns.length > 0) await run.lock.assertHeld(pinsOf(run));
    if (concerns.length > 0) await repeat(run, async () => prepareStep(run, concerns));
    const outcome = await dispatch(run);
    run.emit({ type: 'step_finished', durationMs: Math.round(performance.now() - began), ...outcome });
    return outcome;
  } catch (error) {
    const known = error instanceof MigrationError;
    const fault = known ? codeFaultOf(error) : stepFault(error, run);
    if (!fault) throw error;
    if (fault.sqlstate === '42501') fault.hint = await explainDeniedStep(run.session, run.settings.searchPath);
    await run.journal.markFailed(run.key, { sqlstate: fault.sqlstate ?? null, message: fault.message });
    throw known ? error : new MigrationError(fault, { cause: error });
  }
}

/** What it may take from the session is not needed any more. */
function mayDeallocate({ code, sql }: Step): boolean {
  return code !== undefined || /\b(?:deallocate|discard)\b/i.test(sql);
}

/** The settings of a step, as one statement. */
export function pinsOf(run: StepRun): string {
  const applicationName = `stanchion:${run.revision.id}:${run.step.name}`;
  return run.pins({ applicationName, lockTimeoutMs: lockTimeoutOf(run) });
}

/** Long only where nobody waits behind the statement and giving up would throw its work away. */
export function lockTimeoutOf({ step, settings }: Pick<StepRun, 'step' | 'settings'>): number {
  const waitsAlone = step.mode === 'notx' && step.isConcurrent;
  return waitsAlone ? settings.concurrentLockTimeoutMs : settings.objectLockTimeoutMs;
}

/** A step in code that did what it must not do has failed like one that threw. */
function codeFaultOf(error: MigrationError): MigrationFault | undefined {
  return error.faults.find((fault) => fault.code === 'code_failed');
}

/**
 * Repeats `work` while another session is in its way. Each attempt waits for its lock only shortly: whoever asks for the
 * table later waits behind the attempt, and gets through in the pause between two.
 */
export async function withRetries<Answer>(run: StepRun, work: (attempt: number) => Promise<Answer>): Promise<Answer> {
  return repeatWhileLocked(run.settings, work, {
    onAttempt: (attempt) => run.emit({ type: 'step_started', attempt }),
    onRetry: (attempt, delayMs, sqlstate) => run.emit({ type: 'step_retried', attempt, delayMs, sqlstate }),
  });
}

async function repeat<Answer>(run: StepRun, work: () => Promise<Answer>): Promise<Answer> {
  return repeatWhileLocked(run.settings, work, {
    onRetry: (attempt, delayMs, sqlstate) => run.emit({ type: 'step_retried', attempt, delayMs, sqlstate }),
  });
}

/** What the work of a transaction leaves to be written at its end. */
export interface Worked<Answer> {
  answer: Answer;
  /** Its records. */
  statements: readonly string[];
}

/** Ends the transaction that `work` begins: `commit`, or ROLLBACK when anything throws. */
export async function inTransaction<Answer>(run: StepRun, work: () => Promise<Worked<Answer>>): Promise<Answer> {
  return orRollBack(run, async () => {
    const { answer, statements } = await work();
    await commit(run, statements);
    return answer;
  });
}

/** `work` begins and ends a transaction. */
export async function orRollBack<Answer>(run: StepRun, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    const isLost = error instanceof MigrationError && error.code === 'connection_lost';
    // Settings that came with the transaction went with it.
    if (!isLost) await run.session.execute(`ROLLBACK;\n${pinsOf(run)}`);
    throw error;
  }
}

/** Throws `aborted`. */
export async function pause(run: StepRun, ms: number): Promise<void> {
  try {
    await delay(ms, undefined, run.settings.signal ? { signal: run.settings.signal } : {});
  } catch (cause) {
    const { file, id } = run.revision;
    throw new MigrationError({ code: 'aborted', message: 'stopped as asked', file, revision: id }, { cause });
  }
}

async function dispatch(run: StepRun): Promise<StepOutcome> {
  const { step } = run;
  if (step.mode === 'tx') return runTransactionalStep({ ...run, step });
  // What most runs need not is not loaded for them.
  if (step.mode === 'notx') return (await import('./notx.ts')).runNonTransactionalStep({ ...run, step });
  return (await import('./batch.ts')).runBatchStep({ ...run, step });
}
