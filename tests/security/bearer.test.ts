import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseBearer } from '../../src/security/bearer.ts';

describe('attack 21: the Authorization header', () => {
  const cases: [string | string[] | undefined, string | undefined][] = [
    ['Bearer abc', 'abc'],
    ['bearer abc', 'abc'],
    ['BEARER abc', 'abc'],
    ['Bearer  abc', ' abc'],
    [['Bearer first', 'Bearer second'], 'first'],
    [undefined, undefined],
    ['', undefined],
    ['Bearer', undefined],
    ['Bearer ', undefined],
    ['Basic YTpi', undefined],
    ['Bearerabc', undefined],
    [' Bearer abc', undefined],
    ['Bearer\tabc', undefined],
  ];
  for (const [value, expected] of cases) {
    test(`${JSON.stringify(value)} gives ${JSON.stringify(expected)}`, () =>
      assert.equal(parseBearer(value), expected));
  }
});
