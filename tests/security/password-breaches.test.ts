import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import {
  buildBreachedPasswords,
  loadBreachedPasswords,
  parseBreachedPasswords,
} from '../../src/security/password-breaches.ts';

describe('the list of breached passwords that ships', () => {
  const breached = loadBreachedPasswords();

  test('holds the common passwords of eight characters and more', () => {
    assert.ok(breached.size > 400_000, String(breached.size));
  });

  for (const password of ['password1', '123456789987654321', 'qwerty123456789', '1q2w3e4r5t6y7u8i', 'PASSWORD1']) {
    test(`knows ${password}`, () => assert.ok(breached.has(password)));
  }

  for (const password of ['passwordpassword', 'passwordpasswordpass', 'aaaaaaaaaaaaaaa', 'abcdabcdabcdabcd']) {
    test(`knows the repetition ${password}`, () => assert.ok(breached.has(password)));
  }

  for (const password of [
    'password12345678',
    'Passw0rd20240815',
    'password-2024!!!',
    'password!!!!!!!!',
    'passwordpassword1',
  ]) {
    test(`knows what ${password} begins with`, () => assert.ok(breached.has(password)));
  }

  for (const password of [
    'password of somebody 2024',
    'password12345678 and more',
    'xx7$3!9&2(4)',
    '12345678 a test password',
    'a test password that is long',
    'correct horse battery staple of mine',
    'пароль с пробелами 🔑',
  ]) {
    test(`does not know ${password}`, () => assert.ok(!breached.has(password)));
  }

  test('is wrong about hardly any innocent text', () => {
    const texts = Array.from({ length: 20_000 }, (_, n) => `an innocent password of a test, number ${n}`);
    assert.deepEqual(
      texts.filter((text) => breached.has(text)),
      [],
    );
  });
});

describe('a list of breached passwords', () => {
  test('has each of its passwords', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 8, unit: 'grapheme' }), { maxLength: 50 }), (passwords) => {
        const breached = parseBreachedPasswords(buildBreachedPasswords(passwords));
        for (const password of passwords) assert.ok(breached.has(password));
      }),
    );
  });

  test('has them in any letter case and in any form of composition', () => {
    const breached = parseBreachedPasswords(buildBreachedPasswords(['Élève-de-Zürich']));
    for (const password of ['élève-de-zürich', 'ÉLÈVE-DE-ZÜRICH', 'Élève-de-Zürich'.normalize('NFD')]) {
      assert.ok(breached.has(password));
    }
  });

  test('has nothing when it is empty but trivial repetitions', () => {
    const breached = parseBreachedPasswords(buildBreachedPasswords([]));
    assert.equal(breached.has('password'), false);
    assert.equal(breached.has('abcdeabcde'), false);
    assert.equal(breached.has('abababab'), true);
  });

  test('has one of its passwords with up to ten digits or signs behind it', () => {
    const breached = parseBreachedPasswords(buildBreachedPasswords(['a-listed-password']));
    for (const tail of ['1', '2024', ' 1!', '٢٠٢٤', '0123456789']) {
      assert.ok(breached.has(`a-listed-password${tail}`), tail);
    }
    for (const tail of ['a', '2024a', '01234567890']) assert.ok(!breached.has(`a-listed-password${tail}`), tail);
    assert.ok(!breached.has('1a-listed-password'));
  });

  test('takes a text of any length', () => {
    const breached = parseBreachedPasswords(buildBreachedPasswords(['a-listed-password']));
    for (const password of ['', 'x', 'xyz'.repeat(400), '1'.repeat(1200), `${'1'.repeat(1200)}a`])
      assert.equal(typeof breached.has(password), 'boolean');
  });

  for (const [what, change] of [
    ['is cut off', (file: Uint8Array) => file.subarray(0, file.length - 1)],
    ['has something behind its end', (file: Uint8Array) => Buffer.concat([file, Buffer.of(0)])],
    ['begins otherwise', (file: Uint8Array) => Buffer.concat([Buffer.of(0), file])],
    ['is empty', () => new Uint8Array()],
  ] as const) {
    test(`is refused when it ${what}`, () => {
      assert.throws(() => parseBreachedPasswords(change(buildBreachedPasswords(['a-listed-password']))), TypeError);
    });
  }
});
