/**
 * `npm run auth:sim [-- --seed 1 --sessions 300 --days 30 --json]`: policies of refresh rotation side by side, in a model of
 * tabs, lost answers and thieves. Exits 1 when the default policy is worse than it promises.
 */
import { findBrokenPromises, renderTable, simulate } from './auth-sim/table.ts';
import { readOptions, wholeNumber } from './options.ts';

const { values } = readOptions(import.meta.filename, {
  options: {
    seed: { type: 'string', default: '1' },
    sessions: { type: 'string', default: '300' },
    days: { type: 'string', default: '30' },
    json: { type: 'boolean', default: false },
  },
});
const options = { seed: count('seed', 0), sessions: count('sessions', 1), days: count('days', 1) };
const startedAt = performance.now();
const cells = simulate(options);
const broken = findBrokenPromises(cells);
if (values.json) {
  const rows = cells.map(({ policy, scenario, sessions, refreshes, ended }) => ({
    ...{ policy: policy.name, scenario: scenario.name, sessions, refreshes, ended },
  }));
  console.log(JSON.stringify({ ...options, cells: rows, broken }, null, 2));
} else {
  console.log(`${options.sessions} sessions a cell, ${options.days} days (thieves: 7), seed ${options.seed}\n`);
  console.log(`${renderTable(cells)}\n`);
  for (const sentence of broken) console.log(`broken promise: ${sentence}`);
  const refreshes = cells.reduce((sum, cell) => sum + cell.refreshes, 0);
  console.log(`${refreshes} refreshes in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}
process.exitCode = broken.length === 0 ? 0 : 1;

function count(name: 'seed' | 'sessions' | 'days', min: number): number {
  return wholeNumber(import.meta.filename, name, { text: values[name], least: min });
}
