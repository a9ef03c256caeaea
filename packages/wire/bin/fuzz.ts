/**
 * `npm run wire:fuzz -- [--seed S] [--cases N]`: asks a real FastAPI and a server with the wire the same generated
 * requests about the same generated schemas. Prints the first differences, made as small as they get, and a summary.
 * Exits 0 when all agree or depart by a named rule, 1 on a difference, 3 where Python or its packages are missing.
 */
import { parseArgs } from 'node:util';
import { PythonMissing } from '../../../tests/support/python-environment.ts';
import { startOracle } from '../tests/fuzz/oracle.ts';
import { describeFinding, oracleLine, summaryOf } from '../tests/fuzz/report.ts';
import { fuzz } from '../tests/fuzz/run.ts';
import { shrinkFinding } from '../tests/fuzz/shrink.ts';

const shown = 5;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { seed: { type: 'string', default: '1' }, cases: { type: 'string', default: '20000' } },
  });
  const [seed, cases] = [Number(values.seed), Number(values.cases)];
  if (!Number.isInteger(seed) || !Number.isInteger(cases) || cases < 1) {
    console.error('--seed and --cases are whole numbers');
    return 2;
  }
  try {
    return await run(seed, cases);
  } catch (error) {
    if (!(error instanceof PythonMissing)) throw error;
    console.error(error.message);
    return 3;
  }
}

async function run(seed: number, cases: number): Promise<number> {
  const oracle = await startOracle();
  try {
    console.error(oracleLine(oracle));
    const progress = (done: number): void => console.error(`  ${done} of ${cases}`);
    const report = await fuzz(oracle, { seed, cases, progress });
    const [...firsts] = new Map(report.findings.map((finding) => [finding.scenario, finding])).values();
    for (const finding of firsts.slice(0, shown)) {
      console.log(`${describeFinding(await shrinkFinding(oracle, finding), oracle.port)}\n`);
    }
    console.log(summaryOf(report, seed));
    return report.findings.length === 0 ? 0 : 1;
  } finally {
    await oracle.close();
  }
}
