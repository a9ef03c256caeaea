import type { Recording } from '../alembic/version-guard.ts';
import type { TransactionalStep } from '../revision.ts';
import { runBody } from './body.ts';
import { inTransaction, pinsOf, type StepOutcome, type StepRun, type Worked, withRetries } from './run-step.ts';

/**
 * The step and its row in the journal commit together, so that a kill at any point leaves it done or not begun. The last step of a
 * revision commits with the revision's own end: one COMMIT less, and no state between the two.
 */
export async function runTransactionalStep(run: StepRun<TransactionalStep>): Promise<StepOutcome> {
  let end: Recording | undefined;
  const work = async (): Promise<Worked<number>> => {
    const answer = await runBody(run, []);
    const done = run.journal.doneSql(run.key, answer);
    // The end of a downgrade forgets the steps anyway.
    end = run.end?.record(run.direction === 'up' ? done : undefined);
    return { answer, sql: end?.sql ?? done, assertRecorded: (results) => end?.assertRecorded(results) };
  };
  const rows = await withRetries(run, async () => inTransaction(run, work, async () => run.guard.begin(pinsOf(run))));
  end?.committed();
  return { rows, settled: false };
}
