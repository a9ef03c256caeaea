import type { QueryResult } from 'pg';
import { MigrationError } from '../errors.ts';
import type { StepBatch, StepCode, StepDatabase } from '../revision.ts';
import { scanSql, splitStatements } from '../sql-lexer.ts';
import { isTransactionControl } from '../sql-statements.ts';
import type { StepRun } from './run-step.ts';

const counted = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);

/** Runs a step's SQL or code once; answers how many rows it changed. */
export async function runBody(run: StepRun, keys: StepBatch['keys']): Promise<number> {
  const { code, sql } = run.step;
  if (code) return runCode(run, code, keys);
  return countRows(await run.session.execute(sql));
}

export function countRows(results: readonly QueryResult[]): number {
  return results.reduce((sum, result) => sum + (result.rowCount ?? 0), 0);
}

/** What the code gets is the session of the run, and only while the step lasts. */
export async function runCode(run: StepRun, code: StepCode, keys: StepBatch['keys']): Promise<number> {
  let rows = 0;
  let open = 0;
  let ended = false;
  const database: StepDatabase = {
    async query(text, values = []) {
      if (ended) throw codeError(run, 'a query came after the step had ended: await each of them');
      if (splitStatements(scanSql(text).tokens).some(isTransactionControl)) {
        throw codeError(run, 'the runner begins and ends transactions; split what must commit apart into steps');
      }
      open += 1;
      try {
        const result = await run.session.run<Record<string, unknown>>(text, values);
        const rowCount = result.rowCount ?? 0;
        if (counted.has(result.command)) rows += rowCount;
        return { rows: result.rows, rowCount };
      } finally {
        open -= 1;
      }
    },
  };
  try {
    await code(database, { keys });
  } finally {
    ended = true;
  }
  if (open > 0) throw codeError(run, 'the step ended before its queries had: await each of them');
  return rows;
}

function codeError({ revision, step }: StepRun, message: string): MigrationError {
  return new MigrationError({
    ...{ code: 'code_failed', message: `step ${step.name}: ${message}` },
    ...{ file: revision.file, line: step.line, revision: revision.id, step: step.name },
  });
}
