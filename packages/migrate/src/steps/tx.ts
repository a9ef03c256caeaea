import type { Recording } from '../alembic/version-guard.ts';
import type { TransactionalStep } from '../revision.ts';
import { countRows, runCode } from './body.ts';
import { isOneDefinition } from './one-definition.ts';
import { inTransaction, orRollBack, pinsOf, type StepOutcome, type StepRun, withRetries } from './run-step.ts';

/**
 * The step and its row in the journal commit together, so that a kill at any point leaves it done or not begun. The last step of a
 * revision commits with the revision's own end: one COMMIT less, and no state between the two. A step in SQL is two messages: all that
 * opens the transaction goes with it, all that ends the transaction goes with COMMIT. When it is known beforehand what it will
 * record, it is one.
 */
export async function runTransactionalStep(run: StepRun<TransactionalStep>): Promise<StepOutcome> {
  const { code, sql } = run.step;
  let end: Recording | undefined;
  const record = (rows: number, isAhead: boolean): string[] => {
    end = run.end?.record({ isAhead });
    // The end of a downgrade forgets the steps anyway.
    const isForgotten = end !== undefined && run.direction === 'down';
    return [...(isForgotten ? [] : [run.journal.doneSql(run.key, rows)]), ...(end?.statements ?? [])];
  };
  const attempt = async (): Promise<number> => {
    if (!code && isOneDefinition(sql)) {
      await orRollBack(run, async () => run.guard.runAtOnce(pinsOf(run), sql, record(0, true)));
      return 0;
    }
    return inTransaction(run, async () => {
      const answer = await runInside(run);
      return { answer, statements: record(answer, false) };
    });
  };
  const rows = await withRetries(run, attempt);
  end?.committed();
  return { rows, settled: false };
}

/** Begins the transaction and runs the step in it; answers how many rows it changed. */
async function runInside(run: StepRun<TransactionalStep>): Promise<number> {
  const { code, sql } = run.step;
  if (!code) return countRows(await run.guard.begin(pinsOf(run), sql));
  await run.guard.begin(pinsOf(run));
  return runCode(run, code, []);
}
