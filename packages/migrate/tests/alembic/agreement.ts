/**
 * Compares the planner with Python's Alembic on random graphs:
 * `node packages/migrate/tests/alembic/agreement.ts [seed] [graphs]`.
 * Ends with 0 when they agree, 1 at the first difference (its smallest case is printed), 3 without Python or Alembic.
 */
import { asyncProperty, assert as check } from 'fast-check';
import { PythonMissing } from '../../../../tests/support/python-environment.ts';
import { compareCase, type Tally } from './compare.ts';
import { graphCases } from './graphs.ts';
import { type Oracle, startOracle } from './oracle.ts';

export interface Agreement {
  alembic: string;
  seed: number;
  graphs: number;
  tally: Tally;
}

/** Throws an Error that holds the smallest case in which they differ. */
export async function compareWithAlembic(oracle: Oracle, seed: number, graphs: number): Promise<Agreement> {
  const tally: Tally = new Map();
  const property = asyncProperty(graphCases, async (graphCase) => compareCase(oracle, graphCase, tally));
  await check(property, { seed, numRuns: graphs, includeErrorInReport: true });
  return { alembic: oracle.version, seed, graphs, tally };
}

async function main(seed: number, graphs: number): Promise<number> {
  let oracle: Oracle | undefined;
  try {
    oracle = await startOracle();
    const { alembic, tally } = await compareWithAlembic(oracle, seed, graphs);
    const answers = [...tally].toSorted(([a], [b]) => (a < b ? -1 : 1));
    for (const [what, times] of answers) process.stdout.write(`${String(times).padStart(7)}  ${what}\n`);
    process.stdout.write(`Alembic ${alembic} and we agree on ${graphs} graphs; seed ${seed}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof PythonMissing ? 3 : 1;
  } finally {
    await oracle?.close();
  }
}

if (import.meta.main) process.exitCode = await main(Number(process.argv[2] ?? 1), Number(process.argv[3] ?? 2000));
