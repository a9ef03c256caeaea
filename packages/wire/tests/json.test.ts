import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { parseBody, stringifyEcho } from '../src/index.ts';
import { parseJsonText } from '../src/json/parse.ts';
import { scanJson } from '../src/json/scanner.ts';

const limits = { maxDepth: 950, maxIntegerDigits: 4300 };

function echo(text: string): string {
  const body = parseJsonText(text);
  assert.equal(body.kind, 'json');
  return stringifyEcho(body.kind === 'json' ? body.value : undefined);
}

describe('reading JSON', () => {
  test('agrees with JSON.parse on every text that both accept', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        assert.deepEqual(plain(scanJson(text, limits)), plain(JSON.parse(text)));
      }),
    );
  });

  test('gives the same result on the quick and on the exact path', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const body = parseJsonText(text);
        assert.equal(body.kind, 'json');
        if (body.kind === 'json') assert.equal(stringifyEcho(body.value), stringifyEcho(scanJson(text, limits)));
      }),
    );
  });

  test('never throws, whatever the bytes are', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void parseBody(bytes, 'application/json')));
    const bits = fc.array(
      fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', 'u', 'd8', '0', '1e', '-', '.', 'n', ' '),
    );
    fc.assert(fc.property(bits, (parts) => void parseJsonText(parts.join(''))));
  });

  test('echoes numbers as Python reads them', () => {
    const text = '[1.0,1e2,-0.0,-0,12345678901234567890,9007199254740993,0.1,1E400,NaN,-Infinity]';
    assert.equal(echo(text), '[1.0,100.0,-0.0,0,12345678901234567890,9007199254740993,0.1,null,null,null]');
  });

  test('keeps the order in which integer-like keys were sent', () => {
    assert.equal(echo('{"b":1,"10":2,"2":3,"b":4}'), '{"b":4,"10":2,"2":3}');
    assert.equal(echo('{"b":1,"\\u0031":2}'), '{"b":1,"1":2}');
  });

  test('treats __proto__ as any other key', () => {
    for (const text of ['{"__proto__":{"admin":true}}', '{"__proto__":{"admin":true},"f":1.0}']) {
      assert.equal(echo(text), text);
    }
    assert.equal(Reflect.get({}, 'admin'), undefined);
  });

  test('counts positions in code points', () => {
    const body = parseJsonText('{"😀😀":}');
    assert.deepEqual(body, { kind: 'syntax-error', message: 'Expecting value', position: 6 });
  });

  test('reads UTF-16 and UTF-32 as Python detects them', () => {
    const text = '{"a":"é😀"}';
    const utf16 = Buffer.from(text, 'utf16le');
    const utf32 = Buffer.concat(
      Array.from(text, (character) => {
        const unit = Buffer.alloc(4);
        unit.writeUInt32BE(character.codePointAt(0) ?? 0);
        return unit;
      }),
    );
    for (const bytes of [utf16, Buffer.from(utf16).swap16(), utf32, Buffer.from(`\ufeff${text}`)]) {
      const body = parseBody(bytes, undefined);
      assert.equal(body.kind === 'json' && stringifyEcho(body.value), text);
    }
  });
});

describe('hostile JSON of a megabyte', () => {
  const size = 1_000_000;
  const hostile: Record<string, (length: number) => string> = {
    'deep arrays': (n) => '['.repeat(n),
    'deep objects': (n) => '{"a":'.repeat(n / 5),
    'a closed deep value': (n) => '['.repeat(n / 2) + ']'.repeat(n / 2),
    'many brackets in a string': (n) => `"${'[{\\"'.repeat(n / 4)}"`,
    'one long string': (n) => `"${'é'.repeat(n / 2)}"`,
    'many escapes': (n) => `["${'\\ud83d'.repeat(n / 6)}"`,
    'many backslashes': (n) => `"${'\\\\'.repeat(n / 2)}`,
    'many short strings': (n) => `[${'"a",'.repeat(n / 4)}1.0]`,
    'many keys': (n) => `{${Array.from({ length: n / 14 }, (_, i) => `"k${i}":1.0`).join()}}`,
    'many integer-like keys': (n) => `{${Array.from({ length: n / 10 }, (_, i) => `"${i}":1`).join()}}`,
    'long digits': (n) => '9'.repeat(n),
    'many long integers': (n) => `[${Array.from({ length: n / 4301 }, () => '7'.repeat(4300)).join()}]`,
    'a long fraction': (n) => `0.${'3'.repeat(n)}`,
    'a long exponent': (n) => `1e${'0'.repeat(n)}1`,
    'white space': (n) => ' '.repeat(n),
    'a key and white space': (n) => `{"1"${' '.repeat(n)}`,
  };
  for (const [name, make] of Object.entries(hostile)) {
    test(`reads ${name} in linear time`, () => {
      const bytes = Buffer.from(make(size));
      const start = performance.now();
      parseBody(bytes, 'application/json');
      // Linear work takes milliseconds here; quadratic work over this many characters or values takes minutes.
      assert.ok(performance.now() - start < 3000);
    });
  }
});

function plain(value: unknown): unknown {
  return JSON.parse(stringifyEcho(value));
}
