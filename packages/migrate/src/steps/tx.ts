import type { TransactionalStep } from '../revision.ts';
import { runBody } from './body.ts';
import { inTransaction, type StepOutcome, type StepRun, withRetries } from './run-step.ts';

/**
 * The step and its row in the journal commit together, so that a kill at any point leaves it done or not begun. The last step of a
 * revision commits with the revision's own end: one COMMIT less, and no state between the two.
 */
export async function runTransactionalStep(run: StepRun<TransactionalStep>): Promise<StepOutcome> {
  let committed: (() => void) | undefined;
  const work = async (): Promise<number> => {
    const count = await runBody(run, []);
    await run.journal.markDone(run.key, count);
    committed = await run.end?.record();
    return count;
  };
  const rows = await withRetries(run, async () => inTransaction(run, work, async () => run.guard.begin()));
  committed?.();
  return { rows, settled: false };
}
