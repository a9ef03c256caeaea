import { asQueryable, openSession } from './connection.ts';
import { MigrationError } from './errors.ts';
import { getRevision, type RevisionGraph } from './graph.ts';
import type { StepKey, StepRecord } from './journal.ts';
import { readJournalState } from './journal-state.ts';
import { type RunOptions, settingsOf } from './options.ts';
import { pinSession } from './pin-session.ts';
import type { Direction, Revision, Step } from './revision.ts';
import { settlerOf } from './steps/settle/settler-of.ts';
import { type LockedRun, underLock } from './under-lock.ts';

/**
 * What a person decides about a step that was begun and not finished: `applied`, it is done; `retry`, it never happened and runs
 * again; `undo`, the engine takes it back and then it never happened.
 */
export type Resolution = 'applied' | 'retry' | 'undo';

export interface ResolvedStep {
  revision: string;
  direction: Direction;
  step: string;
  resolution: Resolution;
}

export interface ResolveOptions {
  revision: string;
  step: string;
  resolution: Resolution;
  /** Decide nothing; throw what would be thrown. */
  dryRun?: boolean;
}

/** Throws `not_in_doubt` when there is no such unfinished step, `cannot_undo`, and `needs_operator` when the catalog contradicts. */
export async function resolveStep(graph: RevisionGraph, options: RunOptions & ResolveOptions): Promise<ResolvedStep> {
  const { revision: name, step: stepName, resolution, dryRun = false, ...rest } = options;
  const revision = getRevision(graph, name);
  // The lock comes with a journal, which a dry run may not make.
  if (dryRun) await assertBegun(revision, { ...rest, step: stepName });
  return underLock(rest, async (run) => {
    const found = await findUnfinished(run, revision, stepName);
    await decide(run, { revision, ...found }, { resolution, dryRun });
    return { revision: revision.id, direction: found.key.direction, step: stepName, resolution };
  });
}

interface UnfinishedStep {
  record: StepRecord;
  key: StepKey;
}

async function findUnfinished(run: LockedRun, revision: Revision, name: string): Promise<UnfinishedStep> {
  const records = (await run.journal.listSteps([revision.id])).get(revision.id) ?? [];
  for (const direction of ['up', 'down'] as const) {
    const record = records.find((one) => one.direction === direction && one.step === name);
    const step = (direction === 'up' ? revision.up : (revision.down ?? [])).find((one) => one.name === name);
    if (record && record.state !== 'done' && step) return { record, key: { revision: revision.id, direction, step } };
  }
  throw nothingToDecide(revision, name);
}

async function assertBegun(revision: Revision, { step, ...options }: RunOptions & { step: string }): Promise<void> {
  const session = await openSession(options.connection);
  try {
    const { unfinished } = await readJournalState(asQueryable(session), settingsOf(options).journalSchema);
    if (!unfinished.some((one) => one.revision === revision.id)) throw nothingToDecide(revision, step);
  } finally {
    await session.close();
  }
}

function nothingToDecide(revision: Revision, step: string): MigrationError {
  const message = `step ${step} of revision ${revision.id} was not begun, or is done: there is nothing to decide`;
  return new MigrationError({ code: 'not_in_doubt', message, file: revision.file, revision: revision.id, step });
}

async function decide(
  run: LockedRun,
  { revision, record, key }: UnfinishedStep & { revision: Revision },
  { resolution, dryRun }: { resolution: Resolution; dryRun: boolean },
): Promise<void> {
  const { step } = key;
  await pinSession(run.session, run.settings, {
    applicationName: `stanchion:${revision.id}:${step.name}`,
    lockTimeoutMs: run.settings.concurrentLockTimeoutMs,
  });
  if (resolution === 'undo') await undoStep(run, revision, { step, dryRun });
  if (resolution === 'applied') {
    await assertNotContradicted(run, revision, { step, record });
    if (!dryRun) await run.journal.markDone(key, 0);
  } else if (!dryRun) await run.journal.forgetStep(key);
}

async function undoStep(
  run: LockedRun,
  revision: Revision,
  { step, dryRun }: { step: Step; dryRun: boolean },
): Promise<void> {
  // What a transaction did not commit is gone.
  if (step.mode === 'tx') return;
  const reason =
    step.mode === 'batch'
      ? `batches that are done are committed; \`migrate undo ${revision.id}\` takes the whole revision back`
      : settlerOf(step.probed).undo;
  if (typeof reason !== 'string') return dryRun ? undefined : reason(run.session);
  throw refuse('cannot_undo', { revision, step, message: `step ${step.name} cannot be undone: ${reason}` });
}

/** The catalog knows better than a person where it can be asked. */
async function assertNotContradicted(
  run: LockedRun,
  revision: Revision,
  { step, record }: { step: Step; record: StepRecord },
): Promise<void> {
  let message: string | undefined;
  if (step.mode === 'tx') message = 'its transaction did not commit';
  else if (step.mode === 'notx' && !['rerun', 'query'].includes(step.probed.kind)) {
    const outcome = await settlerOf(step.probed).probe(run.session, record.cursor);
    if (outcome.state !== 'done' && step.probed.kind !== 'reindex') message = 'the catalog does not show it';
  }
  if (message === undefined) return;
  throw refuse('needs_operator', { revision, step, message: `step ${step.name} is not done: ${message}` });
}

function refuse(
  code: 'cannot_undo' | 'needs_operator',
  { revision, step, message }: { revision: Revision; step: Step; message: string },
): MigrationError {
  const hint = `\`migrate resolve ${revision.id} ${step.name} --retry\` lets the next run begin it anew.`;
  return new MigrationError({
    ...{ code, message, file: revision.file, line: step.line - 1, revision: revision.id, step: step.name, hint },
  });
}
