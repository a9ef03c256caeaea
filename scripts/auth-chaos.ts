/**
 * `npm run auth:chaos [-- --refreshes 100000 --sessions 2000 --thieves 200 --seed 1 --window 30]`: two real servers and a
 * real PostgreSQL under lost answers, tabs, frozen tabs, restarts, crashes, clock steps, logouts and thieves. Exits 1
 * beyond the bounds. Ctrl-C or SIGTERM stops the servers and the database and prints the tallies so far. A quarter of an hour; a shorter window is quicker, and a busy machine may then take longer to answer
 * than the window is, which no policy survives.
 */
import { startOwnServer } from '../tests/support/test-server.ts';
import { runChaos } from './auth-chaos/run.ts';
import { findExcesses, renderTallies } from './auth-chaos/verdict.ts';
import { readOptions, wholeNumber } from './options.ts';

const { values } = readOptions(import.meta.filename, {
  options: {
    refreshes: { type: 'string', default: '100000' },
    sessions: { type: 'string', default: '2000' },
    thieves: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    window: { type: 'string', default: '30' },
  },
});
const count = (name: keyof typeof values, least: number) =>
  wholeNumber(import.meta.filename, name, { text: values[name], least });
const asked = {
  ...{ refreshes: count('refreshes', 1), sessions: count('sessions', 1), thieves: count('thieves', 0) },
  ...{ seed: count('seed', 0), windowSeconds: count('window', 1) },
};
const startedAt = performance.now();
const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interruption.abort(name));
const postgres = await startOwnServer();
try {
  const tallies = await runChaos({
    databaseUrl: postgres.url,
    ...asked,
    thiefPatienceWindows: 30,
    lossRate: 0.03,
    disturbEveryMs: 5000,
    signal: interruption.signal,
    onStart: (urls) => console.error(`servers: ${urls.join(' ')}`),
    onProgress: (so_far) => console.error(`${so_far.refreshes} refreshes, ${so_far.caught}/${so_far.thieves} thieves`),
  });
  const excesses = findExcesses(tallies);
  console.log(renderTallies(tallies));
  console.log(`in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  if (interruption.signal.aborted)
    console.log(`interrupted by ${interruption.signal.reason}: the bounds were not judged`);
  else for (const excess of excesses) console.log(`beyond the bounds: ${excess}`);
  process.exitCode = excesses.length === 0 ? 0 : 1;
} finally {
  await postgres.stop();
}
// Its owners and thieves still wait for their next rounds.
if (interruption.signal.aborted) process.exit(interruption.signal.reason === 'SIGINT' ? 130 : 143);
