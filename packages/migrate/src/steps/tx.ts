import type { TransactionalStep } from '../revision.ts';
import { runBody } from './body.ts';
import { inTransaction, type StepOutcome, type StepRun, withRetries } from './run-step.ts';

/** The step and its row in the journal commit together, so that a kill at any point leaves it done or not begun. */
export async function runTransactionalStep(run: StepRun<TransactionalStep>): Promise<StepOutcome> {
  const work = async (): Promise<number> => {
    const count = await runBody(run, []);
    await run.journal.markDone(run.key, count);
    return count;
  };
  const rows = await withRetries(run, async () => inTransaction(run, work, async () => run.guard.begin()));
  return { rows, settled: false };
}
