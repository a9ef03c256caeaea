import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runChaos } from '../../scripts/auth-chaos/run.ts';
import { createTallies } from '../../scripts/auth-chaos/tallies.ts';
import { findExcesses } from '../../scripts/auth-chaos/verdict.ts';
import { createTestDatabase } from '../support/postgres.ts';

test('two servers under restarts, clock steps, lost answers, racing tabs and logouts sign nobody out wrongly', async (t) => {
  const { url } = await createTestDatabase(t);

  const tallies = await runChaos({
    databaseUrl: url,
    // Few, so that a busy machine answers well within the window; and more lost than in the long run.
    ...{ refreshes: 150, sessions: 15, thieves: 6, mostRounds: 1, thiefPatienceWindows: 5, lossRate: 0.1 },
    ...{ seed: 1, windowSeconds: 3, disturbEveryMs: 800 },
  });

  assert.deepEqual([tallies.wrongful, tallies.survivors, tallies.unexpected], [[], [], []]);
  // The long run holds 97 %: here a thief has a quarter of a minute.
  assert.ok(tallies.caught >= 1, `${tallies.caught} of ${tallies.thieves} thieves caught`);
  // Everything that should have happened did.
  const { lost, ended, restarts, clockSteps } = tallies;
  for (const [what, count] of Object.entries({ lost, ended, restarts, clockSteps })) assert.ok(count > 0, what);
});

describe('the bounds of a chaos run', () => {
  const good = { ...createTallies(), refreshes: 100_000, thieves: 200, caught: 194 };

  test('are met by one wrongful logout in 100,000 and 97 % of the thieves', () => {
    assert.deepEqual(findExcesses({ ...good, wrongful: ['one'] }), []);
  });

  for (const [what, change] of Object.entries({
    'a second wrongful logout': { wrongful: ['one', 'two'] },
    'one wrongful logout in a shorter run': { refreshes: 99_999, wrongful: ['one'] },
    'two of a machine that was too busy': { overwhelmed: 2 },
    'a token that outlives its session': { survivors: ['a refresh token'] },
    'a 500': { unexpected: ['refresh: 500'] },
    'a thief too many': { caught: 193 },
  })) {
    test(`are broken by ${what}`, () => assert.equal(findExcesses({ ...good, ...change }).length, 1));
  }
});
