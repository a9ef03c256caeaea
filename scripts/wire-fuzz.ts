/**
 * `npm run wire:fuzz -- [--seed S] [--cases N] [--hold]`: asks a real FastAPI and a server with the wire the same generated
 * requests about the same generated schemas. Prints the first differences, made as small as they get, and a summary.
 * `--hold` stops at the first one and keeps both servers up for its curl commands, until Ctrl-C.
 * Exits 0 when all agree or depart by a named rule, 1 on a difference, 2 for bad usage, 3 where Python or its packages are missing.
 */
import { once } from 'node:events';
import type { Oracle } from '../packages/wire/tests/fuzz/oracle.ts';
import { startOracle } from '../packages/wire/tests/fuzz/oracle.ts';
import { describeFinding, oracleLine, summaryOf } from '../packages/wire/tests/fuzz/report.ts';
import type { Finding } from '../packages/wire/tests/fuzz/run.ts';
import { fuzz, withServers } from '../packages/wire/tests/fuzz/run.ts';
import { shrinkFinding } from '../packages/wire/tests/fuzz/shrink.ts';
import { PythonMissing } from '../tests/support/python-environment.ts';
import { readOptions, wholeNumber } from './options.ts';

const shown = 5;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = readOptions(import.meta.filename, {
    options: {
      seed: { type: 'string', default: '1' },
      cases: { type: 'string', default: '20000' },
      hold: { type: 'boolean', default: false },
    },
  });
  const seed = wholeNumber(import.meta.filename, 'seed', { text: values.seed, least: 0 });
  const cases = wholeNumber(import.meta.filename, 'cases', { text: values.cases, least: 1 });
  try {
    return await run({ seed, cases, hold: values.hold });
  } catch (error) {
    if (!(error instanceof PythonMissing)) throw error;
    console.error(error.message);
    return 3;
  }
}

async function run({ seed, cases, hold }: { seed: number; cases: number; hold: boolean }): Promise<number> {
  const oracle = await startOracle();
  try {
    console.error(oracleLine(oracle));
    const progress = (done: number): void => console.error(`  ${done} of ${cases}`);
    const report = await fuzz(oracle, { seed, cases, progress, ...(hold ? { limit: 1 } : {}) });
    const [...firsts] = new Map(report.findings.map((finding) => [finding.scenario, finding])).values();
    for (const finding of firsts.slice(0, hold ? 1 : shown)) await show(oracle, finding, { hold });
    console.log(summaryOf(report, seed));
    return report.findings.length === 0 ? 0 : 1;
  } finally {
    await oracle.close();
  }
}

async function show(oracle: Oracle, finding: Finding, { hold }: { hold: boolean }): Promise<void> {
  const small = await shrinkFinding(oracle, finding);
  await withServers(oracle, { scenarios: [small.scenario] }, async ({ port }) => {
    console.log(`${describeFinding(small, { theirs: oracle.port, ours: port })}\n`);
    if (!hold) return;
    console.error('Both servers are up. Ctrl-C ends them.');
    await once(process, 'SIGINT');
  });
}
