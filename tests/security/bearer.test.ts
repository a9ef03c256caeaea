import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fastapi0128, parseBearerCredentials } from '@stanchion/wire';

describe('attack 21: the Authorization header', () => {
  const cases: [string | undefined, string | undefined][] = [
    ['Bearer abc', 'abc'],
    ['bearer abc', 'abc'],
    ['BEARER abc', 'abc'],
    ['Bearer  abc', ' abc'],
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
    test(`${JSON.stringify(value)} gives ${JSON.stringify(expected)}`, () => {
      const sent = parseBearerCredentials(value, fastapi0128);
      assert.equal('credentials' in sent ? sent.credentials : undefined, expected);
    });
  }
});
