import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { contractSecret, startContractServer } from './contract-server.ts';
import { loadQuirks } from './ledger.ts';
import { describeFailures, play } from './replay/play.ts';
import { loadScenarios, type Scenario } from './replay/scenario.ts';

const scenarios = loadScenarios(fileURLToPath(new URL('data/exchanges', import.meta.url)));
const ledger = loadQuirks();

test('there are recordings of every profile and every seed', () => {
  assert.equal(scenarios.length, 42);
  assert.equal(scenarios.flatMap(({ steps }) => steps).length, 292);
  assert.equal(scenarios.filter(({ seed }) => seed === 'legacy').length, 3);
  assert.equal(scenarios.filter(({ profile }) => profile === 'wildcard-cors').length, 1);
});

const byProfile = Map.groupBy(scenarios, ({ profile = 'default' }) => profile);
for (const [profile, recorded] of byProfile) {
  test(`answers as recorded with the ${profile} configuration`, async (t) => {
    const server = await startContractServer(t, settingsOf(recorded));
    const digits: number[] = [];
    for (const scenario of recorded) {
      await t.test(scenario.name, async () => {
        await server.reset(scenario.seed ?? 'empty');

        const played = await play(scenario, { base: server.url, secret: contractSecret, ledger });

        digits.push(...played.timestampDigits);
        assert.equal(describeFailures(scenario, played), '');
      });
    }
    await t.test('writes the microseconds of nearly every fresh timestamp', () => {
      const bare = digits.filter((count) => count === 0);
      assert.ok(bare.length <= Math.max(2, digits.length / 50), `${bare.length} of ${digits.length} have none`);
    });
  });
}

/** All scenarios of a profile were recorded with the same settings. */
function settingsOf(recorded: readonly Scenario[]): Record<string, string> {
  const settings = recorded[0]?.incumbent.env ?? {};
  for (const { incumbent, name } of recorded) assert.deepEqual(incumbent.env, settings, name);
  assert.equal(settings.BETTER_AUTH_SECRET, contractSecret);
  const names = ['JWT_ALGORITHM', 'JWT_EXPIRATION_DELTA_HOURS', 'ALLOWED_ORIGINS'];
  return Object.fromEntries(Object.entries(settings).filter(([name]) => names.includes(name)));
}
