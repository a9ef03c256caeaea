import { MigrationError } from '../errors.ts';
import type { NonTransactionalStep } from '../revision.ts';
import { isRetryable, parseServerError } from '../sqlstate.ts';
import { runBody } from './body.ts';
import { withIndexProgress } from './index-progress.ts';
import { lockTimeoutOf, type StepOutcome, type StepRun, withRetries } from './run-step.ts';
import { type Outcome, type Settler, wasRefused } from './settle/settler.ts';
import { settlerOf } from './settle/settler-of.ts';

/**
 * No transaction can hold the statement and its record together. So a marker is written first, and when it is found by a
 * later run, the catalog tells what became of the statement. Throws `needs_operator` where it does not, and leaves
 * everything as it is.
 */
export async function runNonTransactionalStep(run: StepRun<NonTransactionalStep>): Promise<StepOutcome> {
  const settler = settlerOf(run.step.probed);
  const begun = run.record !== undefined && !wasRefused(run.record);
  if (begun) await assertSettleable(run, settler);
  const memory = await remember(run, settler);
  const settled = await withRetries(run, async (attempt) => {
    const isRepeated = begun || attempt > 1;
    const outcome = await mend(run, settler, await settler.probe(run.session, memory));
    if (outcome.state === 'done' && isRepeated) return true;
    await execute(run, settler, memory);
    return false;
  });
  await run.lock.assertHeld();
  if (!settled) await assertDone(run, settler);
  await record(run);
  return { rows: 0, settled };
}

/** Nobody knows: said before the marker counts one attempt more. */
async function assertSettleable(run: StepRun<NonTransactionalStep>, settler: Settler): Promise<void> {
  const { step, record: before } = run;
  let reason: string | undefined;
  if (step.probed.kind === 'query' && before?.state === 'running' && before.checksum !== step.checksum) {
    reason = 'its text was changed after it was begun, so that its probe may speak of something else';
  } else {
    const outcome = await settler.probe(run.session, before?.cursor ?? null);
    if (outcome.state === 'unclear') reason = outcome.reason;
  }
  if (reason === undefined) return;
  const { revision } = run;
  const message = `step ${step.name} was begun by an earlier run, and nobody can tell whether it was done: ${reason}`;
  await run.journal.noteDoubt(run.key, message);
  throw new MigrationError({
    code: 'needs_operator',
    message,
    file: revision.file,
    line: step.line - 1,
    revision: revision.id,
    step: step.name,
    hint: `Look at the database, then: migrate resolve ${revision.id} ${step.name} --applied, or --retry.`,
  });
}

/** Writes the marker, and with it what the settler wants to know later; an earlier run's memory stays. */
async function remember(run: StepRun<NonTransactionalStep>, settler: Settler): Promise<readonly string[] | null> {
  const earlier = run.record?.cursor ?? null;
  await run.journal.markRunning(run.key);
  if (!settler.remember || earlier) return earlier;
  const memory = await settler.remember(run.session);
  await run.journal.saveCursor(run.key, memory, 0);
  return memory;
}

async function mend(run: StepRun<NonTransactionalStep>, settler: Settler, outcome: Outcome): Promise<Outcome> {
  if (outcome.state !== 'half' || !settler.repair) return outcome;
  const state = await settler.repair(run.session);
  run.emit({ type: 'step_repaired', object: outcome.object });
  return { state };
}

async function execute(
  run: StepRun<NonTransactionalStep>,
  settler: Settler,
  memory: readonly string[] | null,
): Promise<void> {
  try {
    const builds = run.step.probed.kind === 'create_index' || run.step.probed.kind === 'reindex';
    await (builds ? withIndexProgress(run, async () => runBody(run, [])) : runBody(run, []));
  } catch (error) {
    if (parseServerError(error)) await cleanUp(run, settler, memory);
    throw error;
  }
}

const cleanUpWaitMs = 2000;

/** Nothing half-done is left by a statement that failed, where that can be helped. */
async function cleanUp(
  run: StepRun<NonTransactionalStep>,
  settler: Settler,
  memory: readonly string[] | null,
): Promise<void> {
  try {
    // Whoever cancelled the statement does not want to wait as long as it would have.
    await run.session.execute(`SET lock_timeout = ${cleanUpWaitMs}`);
    const outcome = await settler.probe(run.session, memory);
    if (outcome.state === 'half' && run.step.probed.kind !== 'detach_partition') await mend(run, settler, outcome);
  } catch (error) {
    // The failure itself matters more; the next run finds the leftover again.
    const server = parseServerError(error);
    if (!server || !(isRetryable(server.sqlstate) || server.sqlstate === '57014')) throw error;
  } finally {
    await run.session.execute(`SET lock_timeout = ${lockTimeoutOf(run)}`);
  }
}

/** A probe that denies what has just succeeded would make every later answer of it worthless. */
async function assertDone(run: StepRun<NonTransactionalStep>, settler: Settler): Promise<void> {
  const { step, revision } = run;
  if (step.probed.kind !== 'query') return;
  const outcome = await settler.probe(run.session, null);
  if (outcome.state === 'done') return;
  throw new MigrationError({
    code: 'probe_failed',
    message: `step ${step.name} ran without an error, but its probe does not answer true`,
    file: revision.file,
    line: step.line - 1,
    revision: revision.id,
    step: step.name,
    hint: `Mend the probe in the file, then: migrate resolve ${revision.id} ${step.name} --applied.`,
  });
}

/** When the record fails, the step is in doubt, not failed: the statement is done. */
async function record(run: StepRun<NonTransactionalStep>): Promise<void> {
  try {
    await run.journal.markDone(run.key, 0);
  } catch (error) {
    const server = parseServerError(error);
    if (!server) throw error;
    const { step, revision } = run;
    throw new MigrationError(
      {
        code: 'sql_failed',
        message: `step ${step.name} is done, but could not be recorded: ${server.message}`,
        ...{
          file: revision.file,
          line: step.line - 1,
          revision: revision.id,
          step: step.name,
          sqlstate: server.sqlstate,
        },
        hint: 'Run again: the catalog tells that it is done.',
      },
      { cause: error },
    );
  }
}
