import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { secureRandom, uuidV4, uuidV7 } from '../../src/security/random.ts';
import { isUuid, parsePythonUuid, parseUuid } from '../../src/security/uuid.ts';
import { userId } from './support.ts';

const hex = userId.replaceAll('-', '');

test('only the canonical form is a UUID', () => {
  assert.equal(isUuid(userId), true);
  for (const value of [userId.toUpperCase(), hex, `{${userId}}`, `${userId}\n`, '', null, 42, [userId]]) {
    assert.equal(isUuid(value), false, JSON.stringify(value));
  }
});

test('hyphenated or plain digits of any case are parsed, nothing else', () => {
  for (const form of [userId, userId.toUpperCase(), hex, hex.toUpperCase()]) assert.equal(parseUuid(form), userId);
  for (const value of [
    `{${userId}}`,
    `urn:uuid:${userId}`,
    ` ${userId}`,
    `${hex.slice(0, 8)}-${hex.slice(8)}`,
    hex.slice(1),
    42,
    null,
  ]) {
    assert.equal(parseUuid(value), undefined, JSON.stringify(value));
  }
});

describe('what CPython makes of a text, uuid.UUID(text)', () => {
  const zero = '0';
  const recorded: [string, string | undefined][] = [
    [userId.toUpperCase(), userId],
    [`{${userId}}`, userId],
    [`urn:uuid:${userId}`, userId],
    [`${hex.slice(0, 3)}-${hex.slice(3)}---`, userId],
    [`}}{${hex}{`, userId],
    [`uurn:uid:${hex}`, userId],
    [` ${hex.slice(1)}`, `${zero}${userId.slice(1)}`],
    [`+${hex.slice(1)}`, `${zero}${userId.slice(1)}`],
    [`0x${hex.slice(2)}`, `00${userId.slice(2)}`],
    [`${hex.slice(0, 1)}_${hex.slice(2)}`, `06${userId.slice(2)}`],
    [` ${userId}`, undefined],
    [`${userId}\u0000`, undefined],
    [hex.slice(1), undefined],
    [`${hex}0`, undefined],
    [`g${hex.slice(1)}`, undefined],
    [`_${hex.slice(1)}`, undefined],
    ['', undefined],
  ];
  for (const [text, expected] of recorded) {
    test(`${JSON.stringify(text)} is ${expected ?? 'refused'}`, () => assert.equal(parsePythonUuid(text), expected));
  }

  test('is canonical whenever it is one', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const parsed = parsePythonUuid(text);
        return parsed === undefined || isUuid(parsed);
      }),
    );
    fc.assert(fc.property(fc.uuid(), (text) => parsePythonUuid(text.toUpperCase()) === text));
  });
});

describe('new ids', () => {
  test('have their version and variant, whatever the random bytes', () => {
    for (const byte of [0, 0xff]) {
      const random = (size: number) => new Uint8Array(size).fill(byte);
      assert.match(uuidV4(random), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      assert.match(uuidV7(random, 0), /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });

  test('of version 7 sort by time: the example of RFC 9562 A.6', () => {
    const bytes = Buffer.from('00000000000000000cc398c4dc0c0c07398f'.slice(0, 32), 'hex');
    assert.match(
      uuidV7(() => bytes, 0x017f22e279b0),
      /^017f22e2-79b0-7/,
    );
    const ids = [1, 2 ** 16, 2 ** 32, 2 ** 47].map((ms) => uuidV7(secureRandom, ms));
    assert.deepEqual(ids.toSorted(), ids);
  });

  test('need the right number of random bytes and a time in range', () => {
    assert.throws(() => uuidV4(() => new Uint8Array(15)), TypeError);
    assert.throws(() => uuidV7(secureRandom, -1), TypeError);
    assert.throws(() => uuidV7(secureRandom, 2 ** 48), TypeError);
  });
});
