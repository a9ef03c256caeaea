import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseOptions, suiteNames, UsageError } from '../../bench/options.ts';
import { canKeepApart } from '../../bench/scheduling.ts';

describe('bench options', () => {
  test('measure several processes and every suite unless told otherwise', () => {
    const options = parseOptions([]);
    assert.equal(options?.processes, 3);
    assert.deepEqual(options?.suites, suiteNames);
  });

  test('let a number override --quick', () => {
    const options = parseOptions(['--quick', '--rounds', '7']);
    assert.deepEqual([options?.processes, options?.rounds], [1, 7]);
  });

  test('keep the event loop apart where that is possible, and nobody with --together', () => {
    assert.equal(parseOptions([])?.apart, canKeepApart());
    assert.equal(parseOptions(['--together'])?.apart, false);
  });

  for (const args of [
    ['--rounds', '0'],
    ['--rounds', '1.5'],
    ['--seconds', 'x'],
    ['--suite', 'lists'],
    ['--fast'],
    ['list'],
  ]) {
    test(`refuse ${args.join(' ')}`, () => {
      assert.throws(() => parseOptions(args), UsageError);
    });
  }
});
