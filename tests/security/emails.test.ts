import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { canonicalEmail, parseEmailAddress } from '../../src/security/emails.ts';

describe('the canonical form of an address', () => {
  const cases: [string, string | null][] = [
    ['Ada@Example.COM', 'ada@example.com'],
    ['  ada@example.com ', 'ada@example.com'],
    ['ada+tag@example.com', 'ada+tag@example.com'],
    ['a.d.a@example.com', 'a.d.a@example.com'],
    ["o'brien@example.com", "o'brien@example.com"],
    ['ada@localhost', 'ada@localhost'],
    ['ada@foo_bar.example', 'ada@foo_bar.example'],
    // One visible text is one address; its letters keep their case outside A–Z.
    ['jose\u0301@example.com', 'jos\u00e9@example.com'],
    ['JOS\u00c9@example.com', 'jos\u00c9@example.com'],
    // Attack 43: none of these may become the mailbox "k…", "i…" or "a…".
    ['\u212aate@example.com', null],
    ['\u0131da@example.com', '\u0131da@example.com'],
    ['\u0130da@example.com', '\u0130da@example.com'],
    ['\uff41da@example.com', '\uff41da@example.com'],
    ['\u0430da@example.com', '\u0430da@example.com'],
    // Domains go to the name that mail goes to.
    ['ada@B\u00dcCHER.example', 'ada@xn--bcher-kva.example'],
    ['ada@bu\u0308cher.example', 'ada@xn--bcher-kva.example'],
    ['ada@XN--BCHER-KVA.example', 'ada@xn--bcher-kva.example'],
    ['ada@ex\u0430mple.com', 'ada@xn--exmple-4nf.com'],
    ['ada@example\u3002com', 'ada@example.com'],
    ['ada@1.2.3', 'ada@1.2.3'],
    ['ada@\uff11.2.3', null],
    // No addresses.
    ['', null],
    [' ', null],
    ['ada', null],
    ['@example.com', null],
    ['ada@', null],
    ['ada@@example.com', null],
    ['ada@b@example.com', null],
    ['ada@example.com.', null],
    ['ada@.example.com', null],
    ['ada@example..com', null],
    ['ada@[127.0.0.1]', null],
    ['ada@exa%6Dple.com', null],
    ['ada@example.com/x', null],
    ['ada@ex\u2100mple.com', null],
    ['ada @example.com', null],
    ['"a b"@example.com', null],
    ['ada@example.com\r\n', null],
    ['ada@example.com\r\nBcc: eve@example.com', null],
    ['ada\u0000@example.com', null],
    ['ada\t@example.com', null],
    ['\u200bada@example.com', null],
    ['ada\u202e@example.com', null],
    ['ada\u00a0@example.com', null],
    ['\ud800@example.com', null],
    [`${'a'.repeat(320)}@example.com`, null],
    [`${'é'.repeat(160)}@example.com`, null],
  ];
  for (const [text, expected] of cases) {
    test(`of ${JSON.stringify(text).slice(0, 60)} is ${JSON.stringify(expected)}`, () => {
      assert.equal(canonicalEmail(text), expected);
    });
  }

  test('is lower(email) for every ASCII address without blanks', () => {
    const ascii = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)) });
    fc.assert(
      fc.property(ascii, ascii, (local, domain) => {
        const text = `${local}@${domain}`;
        const canonical = canonicalEmail(text);
        if (canonical !== null) assert.equal(canonical, text.toLowerCase());
      }),
    );
    fc.assert(fc.property(fc.emailAddress(), (text) => assert.equal(canonicalEmail(text), text.toLowerCase())));
  });

  test('is its own canonical form', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.domain(), (local, domain) => {
        const canonical = canonicalEmail(`${local}@${domain}`);
        if (canonical !== null) assert.equal(canonicalEmail(canonical), canonical);
      }),
    );
  });

  test('never turns a local part that is not ASCII into one that is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (local) => {
        const canonical = canonicalEmail(`${local}@example.com`);
        const isAscii = (text: string) => Buffer.byteLength(text) === text.length;
        if (canonical !== null && isAscii(canonical)) assert.ok(isAscii(local));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('an address for a new account', () => {
  test('keeps its spelling beside the canonical form', () => {
    assert.deepEqual(parseEmailAddress(' Ada.Lovelace@Example.com '), {
      address: 'Ada.Lovelace@example.com',
      canonical: 'ada.lovelace@example.com',
    });
    assert.equal(parseEmailAddress('用户@例子.广告')?.address, '用户@xn--fsqu00a.xn--4rr70v');
    assert.notEqual(parseEmailAddress(`${'a'.repeat(64)}@example.com`), null);
  });

  const refused = [
    'ada@localhost',
    'ada@foo_bar.example',
    'ada@-a.example',
    'ada@1.2.3.4',
    '.ada@example.com',
    'ada.@example.com',
    'a..b@example.com',
    'a"b@example.com',
    'a(b)@example.com',
    'a,b@example.com',
    '<ada@example.com>',
    'ada<x@example.com',
    `${'a'.repeat(65)}@example.com`,
    `${'é'.repeat(33)}@example.com`,
    `a@${'b'.repeat(64)}.example`,
    `a@${'b.'.repeat(127)}example`,
    'ada@example.com\r\n',
    '\u212aate@example.com',
    '',
  ];
  for (const text of refused) {
    test(`is not ${JSON.stringify(text).slice(0, 60)}`, () => assert.equal(parseEmailAddress(text), null));
  }

  test('always has a canonical form of its own', () => {
    fc.assert(
      fc.property(fc.oneof(fc.emailAddress(), fc.string({ unit: 'binary' })), (text) => {
        const parsed = parseEmailAddress(text);
        if (parsed) assert.equal(canonicalEmail(parsed.address), parsed.canonical);
      }),
    );
  });
});
