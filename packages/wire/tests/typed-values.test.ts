import assert from 'node:assert/strict';
import { test } from 'node:test';
import { typedValue } from './fuzz/typed-values.ts';

test('equal keys of a dictionary are one: the first key stays with the last value', () => {
  const value = typedValue({
    $dict: [
      [{ $float: '-0.0' }, 1],
      [{ $float: '0.0' }, 2],
      [false, 3],
    ],
  });

  assert.deepEqual(value, { '-0.0': 3 });
});

test('a text among the keys of a dictionary equals no number', () => {
  const value = typedValue({
    $dict: [
      ['a', 1],
      [{ $float: '1.5' }, 2],
      ['1.5x', 3],
    ],
  });

  assert.deepEqual(value, { a: 1, '1.5': 2, '1.5x': 3 });
});
