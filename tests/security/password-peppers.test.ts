import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import * as fc from 'fast-check';
import { type Argon2Hash, parseStoredHash } from '../../src/security/password-hashes.ts';
import { isWeakerHash } from '../../src/security/password-strength.ts';
import { createPasswordHasher, type PasswordHasher, type Pepper } from '../../src/security/passwords.ts';

const old: Pepper = { id: '2026-01', secret: Buffer.from('a-pepper-of-a-test-that-is-the-old-one') };
const recent: Pepper = { id: '2026-11', secret: Buffer.from('a-pepper-of-a-test-that-is-the-new-one') };
const hashers: PasswordHasher[] = [];
after(() => Promise.all(hashers.map((hasher) => hasher.close())));

function hasherWith(...peppers: Pepper[]): PasswordHasher {
  const hasher = createPasswordHasher({ memoryKib: 64, iterations: 1, workers: 1, maxQueue: 50, peppers });
  hashers.push(hasher);
  return hasher;
}

const [none, first, rotating, rotated, second] = [
  hasherWith(),
  hasherWith(old),
  hasherWith(old, recent),
  hasherWith(recent, old),
  hasherWith(recent),
];
const password = 'a password of a test';

describe('a hash with a pepper', () => {
  test('names the pepper as the keyid of a PHC string, and not its secret', async () => {
    const stored = await first.hash(password);
    assert.match(stored, /^\$argon2id\$v=19\$m=64,t=1,p=1,keyid=MjAyNi0wMQ\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  });

  test('is verified with it', async () => {
    assert.deepEqual(await first.verify(password, await first.hash(password)), { ok: true, needsUpgrade: false });
    assert.equal((await first.verify('another', await first.hash(password))).ok, false);
  });

  test('is not verified with another secret of the same id', async () => {
    const other = hasherWith({ ...old, secret: Buffer.from('another-pepper-of-a-test-with-the-same-id') });
    assert.equal((await other.verify(password, await first.hash(password))).ok, false);
  });

  test('is refused by name where the pepper is not configured', async () => {
    for (const hasher of [none, second]) {
      const verdict = await hasher.verify(password, await first.hash(password));
      assert.deepEqual(verdict, { ok: false, needsUpgrade: false, reason: 'pepper_unknown' });
    }
  });
});

describe('the rotation of a pepper', () => {
  test('leaves no instance behind that cannot verify', async () => {
    for (const writer of [first, rotating, rotated]) {
      const stored = await writer.hash(password);
      for (const reader of [rotating, rotated]) assert.equal((await reader.verify(password, stored)).ok, true);
    }
  });

  test('rewrites a hash without one and one with the older, and never back', async () => {
    assert.equal((await first.verify(password, await none.hash(password))).needsUpgrade, true);
    assert.equal((await rotated.verify(password, await first.hash(password))).needsUpgrade, true);
    assert.equal((await rotating.verify(password, await rotated.hash(password))).needsUpgrade, false);
  });

  test('lets of two settings at most one rewrite the hashes of the other', () => {
    const hash = fc.record({
      memoryKib: fc.constantFrom(1024, 7168, 19_456, 65_536),
      iterations: fc.integer({ min: 1, max: 4 }),
      pepperId: fc.constantFrom(undefined, 'a', 'b', 'c'),
    });
    fc.assert(
      fc.property(hash, hash, (left, right) => {
        const [a, b] = [left, right].map(hashOf);
        assert.ok(a && b && !(isWeakerHash(a, b) && isWeakerHash(b, a)));
      }),
    );
  });
});

test('a keyid that is no base64 is an unknown format', () => {
  const tail = '$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
  assert.equal(parseStoredHash(`$argon2id$v=19$m=64,t=1,p=1,keyid=M${tail}`), 'unknown_format');
  assert.equal(parseStoredHash(`$argon2id$v=19$m=64,t=1,p=1,keyid=MjAyNi0wMR${tail}`), 'unknown_format');
});

function hashOf({ pepperId, ...costs }: { memoryKib: number; iterations: number; pepperId: string | undefined }) {
  const rest = { scheme: 'argon2', variant: 'id', version: 19, parallelism: 1 } as const;
  const bytes = { salt: new Uint8Array(16), digest: new Uint8Array(32) };
  return { ...rest, ...bytes, ...costs, ...(pepperId === undefined ? {} : { pepperId }) } satisfies Argon2Hash;
}
