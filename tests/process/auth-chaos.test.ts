import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
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

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} stops the servers and the database of a run, and prints what was counted`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'chaos-'));
    chmodSync(folder, 0o777); // PostgreSQL runs as another account when we are root.
    t.after(() => rmSync(folder, { recursive: true }));
    const script = join(import.meta.dirname, '../../scripts/auth-chaos.ts');
    const args = [script, '--refreshes', '100000', '--sessions', '4', '--thieves', '1', '--window', '3'];
    const env = { ...process.env, TMPDIR: folder };
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const printed = text(child.stdout);
    const ended = once(child, 'close');
    const ports = new Set<string>();
    for await (const line of createInterface(child.stderr)) {
      for (const [, port = ''] of line.matchAll(/127\.0\.0\.1:(\d+)/g)) ports.add(port);
      if (/^\d+ refreshes/.test(line)) child.kill(signal);
    }

    assert.deepEqual(await ended, [code, null]);
    assert.match(await printed, new RegExp(`^\\d+ refreshes of \\d+ sessions: [^]*interrupted by ${signal}`));
    assert.equal(ports.size, 2);
    for (const port of ports) await assert.rejects(fetch(`http://127.0.0.1:${port}/health`));
    assert.deepEqual(readdirSync(folder), []);
  });
}

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
