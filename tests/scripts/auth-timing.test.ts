import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { separability, tolerance } from '../../scripts/auth-timing/separability.ts';

const count = 1000;
/** A repeatable spread of times: no two runs of this test differ. */
const spread = Array.from({ length: count }, (_, n) => 20 + 5 * Math.sin(n * 7919) + ((n * 31) % 17) / 10);

describe('the separability of two groups of times', () => {
  test('is one half for one and the same group', () => {
    assert.equal(separability(spread, spread), 0.5);
  });

  test('is all or nothing for groups that do not overlap', () => {
    const later = spread.map((time) => time + 100);
    assert.deepEqual([separability(later, spread), separability(spread, later)], [1, 0]);
  });

  test('counts equal times as half', () => {
    assert.equal(separability([1, 1], [1, 1]), 0.5);
    assert.equal(separability([1, 2], [1, 1]), 0.75);
  });

  test('tells a shift by an eighth of the spread', () => {
    const slower = spread.map((time) => time + 1.25);
    assert.ok(Math.abs(separability(slower, spread) - 0.5) > tolerance(count));
  });

  test('is hardly moved by one sample of a whole second', () => {
    const [, ...rest] = spread;
    assert.ok(Math.abs(separability([1000, ...rest], spread) - 0.5) < tolerance(count) / 20);
  });
});
