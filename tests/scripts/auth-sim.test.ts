import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { createClock } from '../../scripts/auth-sim/clock.ts';
import { type Policy, policies } from '../../scripts/auth-sim/policies.ts';
import { type Cell, findBrokenPromises, renderTable, simulate } from '../../scripts/auth-sim/table.ts';

const small = { seed: 7, sessions: 40, days: 7 };

function policyNamed(name: string): Policy {
  const found = policies.find((policy) => policy.name === name);
  assert.ok(found, name);
  return found;
}

const ours = policyNamed('ours (default: by use) + jar');

function cellOf(cells: readonly Cell[], scenario: string): Cell {
  const found = cells.find((cell) => cell.scenario.name === scenario);
  assert.ok(found, scenario);
  return found;
}

describe('the simulator of refresh policies', () => {
  test('gives the same numbers for the same seed, and others for another', () => {
    const run = (seed: number) => simulate({ ...small, sessions: 3, seed }, [ours]).map((cell) => cell.refreshes);
    assert.deepEqual(run(1), run(1));
    assert.notDeepEqual(run(1), run(2));
  });

  test('finds the default policy within its bounds', () => {
    assert.deepEqual(findBrokenPromises(simulate(small, [ours])), []);
  });

  for (const name of ['strict single-use', 'session row, diff ≤ 1']) {
    test(`would find a default policy of «${name}» outside of them`, () => {
      const planted = { ...policyNamed(name), isOurs: true };
      assert.notDeepEqual(findBrokenPromises(simulate(small, [planted])), []);
    });
  }

  test('shows what confirmation by use buys: a thief who takes turns with the owner', () => {
    const caughtBy = (policy: Policy) => cellOf(simulate(small, [policy]), 'thief in lockstep').ended;
    assert.equal(caughtBy(ours), small.sessions);
    assert.ok(caughtBy(policyNamed('ours, confirmed by refresh')) < small.sessions * 0.7);
  });

  test('shows what it costs: a client that uses what it has not stored', () => {
    const endedBy = (policy: Policy) => cellOf(simulate({ ...small, days: 30 }, [policy]), '0.1 % not stored').ended;
    assert.ok(endedBy(ours) > 0);
    assert.equal(endedBy(policyNamed('ours, confirmed by refresh')), 0);
  });

  test('shows what a monotonic jar is for: a frozen tab that stores an old answer', () => {
    const endedBy = (policy: Policy) => cellOf(simulate({ ...small, days: 30 }, [policy]), '4 tabs, mobile').ended;
    assert.equal(endedBy(ours), 0);
    assert.ok(endedBy(policyNamed('ours (default: by use)')) > 0);
  });

  test('prints one row a policy', () => {
    const lines = renderTable(simulate({ ...small, sessions: 1, days: 1 })).split('\n');
    assert.equal(lines.length, 2 + policies.length);
  });
});

describe('the clock of the simulator', () => {
  test('runs events by time, and those of one moment in the order of their making', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 50 }), (times) => {
        const clock = createClock(100);
        const seen: [time: number, order: number][] = [];
        for (const [order, time] of times.entries()) clock.at(time, () => seen.push([clock.now, order]));
        clock.run(() => false);
        const expected = times.map((time, order): [number, number] => [time, order]);
        assert.deepEqual(
          seen,
          expected.toSorted(([a, i], [b, j]) => a - b || i - j),
        );
      }),
    );
  });

  test('drops what lies beyond the end', () => {
    const clock = createClock(10);
    clock.at(11, () => assert.fail('it ran'));
    clock.run(() => false);
  });
});
