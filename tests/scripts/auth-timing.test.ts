import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gapTolerance, largestGap, separability, tolerance } from '../../scripts/auth-timing/separability.ts';

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

describe('the largest gap between two groups of times', () => {
  test('is nothing for one and the same group', () => {
    assert.equal(largestGap(spread, spread), 0);
  });

  test('is everything for groups that do not overlap', () => {
    const later = spread.map((time) => time + 100);
    assert.equal(largestGap(spread, later), 1);
  });

  test('counts equal times on both sides', () => {
    assert.equal(largestGap([1, 1, 2, 2], [1, 2, 2, 2]), 0.25);
  });

  test('tells a mix of fast and slow from what is always in between', () => {
    const mixed = spread.map((time, n) => (n % 2 === 0 ? time - 15 : time + 15));
    assert.ok(Math.abs(separability(mixed, spread) - 0.5) < tolerance(count));
    assert.ok(largestGap(mixed, spread) > gapTolerance(count));
  });

  test('is allowed to be about a tenth for a thousand samples of each', () => {
    assert.equal(gapTolerance(count).toFixed(3), '0.102');
  });
});
