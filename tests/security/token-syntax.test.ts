import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { decodeBase64Url, decodeLooseBase64, decodePythonBase64Url } from '../../src/security/base64.ts';
import { parseJson, pythonJson, strictJson } from '../../src/security/json-text.ts';
import { parseCompactToken, parsePythonToken } from '../../src/security/token-syntax.ts';
import { encodeSegment } from './support.ts';

function reasonFor(header: unknown, payload: unknown, signature = 'AA'): string {
  const result = parseCompactToken(`${encodeSegment(header)}.${encodeSegment(payload)}.${signature}`);
  return result.ok ? 'ok' : result.reason;
}

describe('the strict reading of a token', () => {
  test('gives header, payload, signature and what was signed', () => {
    const text = `${encodeSegment({ alg: 'x' })}.${encodeSegment({ a: [1, 'é'] })}.AQID`;
    const result = parseCompactToken(text);
    assert.ok(result.ok);
    assert.equal(JSON.stringify(result.token.header), '{"alg":"x"}');
    assert.equal(JSON.stringify(result.token.payload), '{"a":[1,"é"]}');
    assert.deepEqual([...result.token.signature], [1, 2, 3]);
    assert.equal(result.token.signingInput, text.slice(0, -5));
  });

  test('takes 8192 characters and not one more', () => {
    const frame = `${encodeSegment({})}.${encodeSegment({})}.`;
    const signature = 'A'.repeat(8192 - frame.length);
    const shorter = 'A'.repeat(signature.length % 4 === 1 ? signature.length - 1 : signature.length);
    assert.equal(parseCompactToken(frame + shorter).ok, true);
    assert.deepEqual(parseCompactToken(`${frame}${'A'.repeat(8193 - frame.length)}`), {
      ok: false,
      reason: 'token_too_long',
    });
  });

  test('takes 64 levels and not one more', () => {
    const nested = (levels: number) => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
    assert.equal(reasonFor({}, nested(64)), 'ok');
    assert.equal(reasonFor({}, nested(65)), 'payload_json');
    assert.equal(reasonFor(nested(65), {}), 'header_json');
  });

  test('tells which part is at fault', () => {
    assert.equal(reasonFor('[]', {}), 'header_json');
    assert.equal(reasonFor({}, 'null'), 'payload_json');
    assert.equal(reasonFor({}, {}, 'A'), 'base64url');
    assert.equal(reasonFor({}, {}, ''), 'segments');
  });

  test('never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => typeof parseCompactToken(text).ok === 'boolean'));
    const segments = fc.array(fc.oneof(fc.base64String(), fc.json().map(encodeSegment), fc.string()), { maxLength: 5 });
    fc.assert(
      fc.property(segments, (parts) => {
        const text = parts.join('.');
        // What the strict reading takes, the lenient one takes too and reads the same.
        const strict = parseCompactToken(text);
        const loose = parsePythonToken(text);
        if (strict.ok) assert.deepEqual(loose, strict);
      }),
    );
  });
});

describe('JSON under the strict rules', () => {
  test('agrees with JSON.parse on every value it takes', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const value = parseJson(text, strictJson);
        if (value !== undefined) assert.deepEqual(JSON.parse(JSON.stringify(value)), JSON.parse(text));
      }),
    );
  });

  test('takes every text that JSON.stringify makes of plain data', () => {
    const data = fc.jsonValue({ maxDepth: 10, stringUnit: 'grapheme' });
    fc.assert(fc.property(data, (value) => parseJson(JSON.stringify(value), strictJson) !== undefined));
  });

  test('takes nothing that Python refuses or reads otherwise', () => {
    const digits = fc.integer({ min: 4298, max: 4303 }).map((count) => `{"a":${'9'.repeat(count)}}`);
    const texts = fc.oneof(fc.json(), fc.string(), digits);
    fc.assert(
      fc.property(texts, (text) => {
        const value = parseJson(text, strictJson);
        if (value !== undefined) assert.deepEqual(parseJson(text, pythonJson), value);
      }),
    );
  });

  test('refuses what JSON.parse refuses', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        if (parseJson(text, strictJson) !== undefined) JSON.parse(text);
      }),
    );
    for (const text of [
      '',
      ' ',
      '01',
      '1.',
      '.5',
      '+1',
      '-',
      '1e',
      "{'a':1}",
      '[1,]',
      '{"a":1,}',
      '{"a"}',
      '"\t"',
      '"\\x41"',
      'tru',
      '1 2',
      '\ufeff1',
      '\u00a01',
    ]) {
      assert.equal(parseJson(text, strictJson), undefined, JSON.stringify(text));
    }
  });

  test('keeps __proto__ as an ordinary key of an object without prototype', () => {
    const value = parseJson('{"__proto__":{"admin":true}}', strictJson);
    assert.ok(typeof value === 'object' && value !== null);
    assert.equal(Reflect.get(value, 'admin'), undefined);
    assert.equal(Object.getPrototypeOf(value), null);
  });

  test('keeps null and false apart from a fault', () => {
    assert.equal(parseJson('null', strictJson), null);
    assert.equal(parseJson('false', strictJson), false);
  });
});

describe('JSON as Python reads it', () => {
  test('takes non-finite numbers, the last of duplicate keys, lone surrogates', () => {
    assert.deepEqual(parseJson('[NaN,Infinity,-Infinity]', pythonJson), [Number.NaN, Infinity, -Infinity]);
    assert.equal(JSON.stringify(parseJson('{"a":1,"a":2}', pythonJson)), '{"a":2}');
    assert.equal(parseJson('"\\ud800"', pythonJson), '\ud800');
  });

  test('refuses an integer of more than 4300 digits and takes it with a fraction', () => {
    assert.notEqual(parseJson('9'.repeat(4300), pythonJson), undefined);
    assert.equal(parseJson(`-${'9'.repeat(4301)}`, pythonJson), undefined);
    assert.notEqual(parseJson(`${'9'.repeat(4301)}.0`, pythonJson), undefined);
  });
});

describe('base64', () => {
  test('canonical base64url has one spelling for each sequence of bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
        assert.deepEqual(decodeBase64Url(Buffer.from(bytes).toString('base64url')), Buffer.from(bytes));
      }),
    );
    for (const text of ['', 'A', 'AA=', 'AB', 'A+A', 'A A', 'AA\n', 'AAAAA'])
      assert.equal(decodeBase64Url(text), undefined, text);
  });

  // Recorded from CPython 3.11: base64.urlsafe_b64decode after python-jose's own padding.
  const recorded: [string, string | undefined][] = [
    ['', ''],
    ['QUJD', 'ABC'],
    ['QUI=', 'AB'],
    ['QUI', 'AB'],
    ['QUI==', 'AB'],
    ['Q', undefined],
    ['QUJD\n', 'ABC'],
    ['QUJDQ\n', undefined],
    ['QU\nJ', undefined],
    ['Q!UJD!!!', 'ABC'],
    ['QQ==QUJD', 'A'],
    ['=QUI', undefined],
  ];
  for (const [text, expected] of recorded) {
    test(`as python-jose decodes it: ${JSON.stringify(text)} is ${JSON.stringify(expected)}`, () => {
      assert.equal(decodePythonBase64Url(Buffer.from(text))?.toString('latin1'), expected);
    });
  }

  test('of stored hashes may use "." for "+" and has no padding', () => {
    assert.deepEqual(decodeLooseBase64('+.+.'), Buffer.from('++++', 'base64'));
    assert.equal(decodeLooseBase64('AA=='), undefined);
    assert.equal(decodeLooseBase64('AAAAA'), undefined);
  });
});
