import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { after, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { hashSync } from '@node-rs/bcrypt';
import * as fc from 'fast-check';
import { AppError } from '../../src/errors.ts';
import { formatArgon2id, parseStoredHash } from '../../src/security/password-hashes.ts';
import { isWeakerHash } from '../../src/security/password-strength.ts';
import { assertHashablePassword, createPasswordHasher, firstBytes } from '../../src/security/passwords.ts';

const cheap = { memoryKib: 64, iterations: 1, parallelism: 1, workers: 1, maxQueue: 50 };
const hasher = createPasswordHasher(cheap);
const refusingLong = createPasswordHasher({ ...cheap, bcryptTruncates: false });
after(() => Promise.all([hasher.close(), refusingLong.close()]));

function bcrypt(password: string | Uint8Array): string {
  return hashSync(password, { cost: 4 });
}

function reasonOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    assert.ok(error instanceof AppError && error.code === 'invalid_value');
    return error.reason;
  }
}

describe('a new hash', () => {
  test('is an argon2id PHC string with the configured cost and verifies', async () => {
    const stored = await hasher.hash('correct horse');
    assert.match(stored, /^\$argon2id\$v=19\$m=64,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    assert.deepEqual(await hasher.verify('correct horse', stored), { ok: true, needsUpgrade: false });
    assert.deepEqual(await hasher.verify('correct horse ', stored), { ok: false, needsUpgrade: false });
  });

  test('differs each time, because its salt does', async () => {
    assert.notEqual(await hasher.hash('same'), await hasher.hash('same'));
  });

  test('takes its salt from the random source passed in', async () => {
    const fixed = createPasswordHasher({ ...cheap, random: (size) => new Uint8Array(size).fill(7) });
    try {
      assert.equal(await fixed.hash('same'), await fixed.hash('same'));
    } finally {
      await fixed.close();
    }
  });

  test('tells composed from decomposed text: a password is compared exactly as sent', async () => {
    const stored = await hasher.hash('\u00e9');
    assert.equal((await hasher.verify('e\u0301', stored)).ok, false);
  });
});

describe('what may be hashed', () => {
  test('refuses more than 1024 bytes, counted as UTF-8', () => {
    assert.equal(
      reasonOf(() => assertHashablePassword('é'.repeat(512))),
      undefined,
    );
    assert.equal(
      reasonOf(() => assertHashablePassword(`${'é'.repeat(512)}x`)),
      'password_too_long',
    );
    assert.equal(
      reasonOf(() => assertHashablePassword('x'.repeat(1_000_000))),
      'password_too_long',
    );
  });

  test('refuses half a surrogate pair and NUL', () => {
    assert.equal(
      reasonOf(() => assertHashablePassword('\ud800')),
      'password_malformed',
    );
    assert.equal(
      reasonOf(() => assertHashablePassword('a\u0000b')),
      'password_has_nul',
    );
  });

  test('refuses the same when asked to hash, before any work', async () => {
    await assert.rejects(hasher.hash('a\u0000'), { code: 'invalid_value', reason: 'password_has_nul' });
    await assert.rejects(hasher.hash('x'.repeat(1025)), { code: 'invalid_value', reason: 'password_too_long' });
    await assert.rejects(hasher.hash(new Uint8Array(1025).fill(1)), { reason: 'password_too_long' });
  });
});

describe('bcrypt and its 72 bytes (attack 33)', () => {
  const base = 'p'.repeat(72);

  test('compares the first 72 bytes only, as the incumbent does, when told so', async () => {
    assert.equal((await hasher.verify(`${base}tail`, bcrypt(base))).ok, true);
  });

  test('refuses a longer password when not told so', async () => {
    const stored = bcrypt(base);
    assert.equal((await refusingLong.verify(base, stored)).ok, true);
    assert.deepEqual(await refusingLong.verify(`${base}t`, stored), {
      ok: false,
      needsUpgrade: false,
      reason: 'password_too_long',
    });
  });

  test('makes no two passwords equal that differ after 72 bytes once they are hashed anew', async () => {
    const stored = await hasher.hash(`${base}a`);
    assert.equal((await hasher.verify(`${base}b`, stored)).ok, false);
  });

  test('refuses more than 4096 bytes, as passlib does', async () => {
    const long = 'é'.repeat(2048);
    assert.equal((await hasher.verify(long, bcrypt(long))).ok, true);
    assert.equal((await hasher.verify(`${long}é`, bcrypt(long))).reason, 'password_too_long');
  });

  test('refuses NUL inside, whatever is stored', async () => {
    assert.equal((await hasher.verify('abc\u0000def', bcrypt('abc\u0000def'))).ok, false);
    assert.equal((await hasher.verify('abc\u0000', bcrypt('abc'))).reason, 'password_has_nul');
  });

  test('reads $2a$, $2b$ and $2y$ alike and refuses $2x$', async () => {
    const stored = bcrypt('abc');
    for (const label of ['$2a$', '$2b$', '$2y$']) {
      assert.equal((await hasher.verify('abc', stored.replace('$2b$', label))).ok, true, label);
    }
    assert.equal((await hasher.verify('abc', stored.replace('$2b$', '$2x$'))).reason, 'unknown_format');
  });

  test('cuts bytes, not characters, for an incumbent that stops reading there', async () => {
    const text = `a${'é'.repeat(40)}`;
    assert.equal(firstBytes(text, 72).length, 72);
    const stored = await hasher.hash(firstBytes(text, 72));
    assert.equal((await hasher.verify(firstBytes(`${text}tail`, 72), stored)).ok, true);
  });
});

describe('formats beside bcrypt', () => {
  test('reads the PHC form of Node packages for scrypt: n is log2(N)', () => {
    const stored = parseStoredHash(
      '$scrypt$n=4,r=8,p=1$zsxA2hMiw9t8XNOWbAVYgg$4ByDeBkHeQ31lB/tHzrSEgvtoFJTmykj6PNvySsygV4',
    );
    assert.ok(typeof stored === 'object' && stored.scheme === 'scrypt');
    assert.equal(stored.cost, 16);
  });

  test('reads padding behind a salt or a digest', () => {
    const [salt, digest] = ['zsxA2hMiw9t8XNOWbAVYgg', '4ByDeBkHeQ31lB/tHzrSEgvtoFJTmykj6PNvySsygV4'];
    for (const prefix of ['$scrypt$ln=4,r=8,p=1', '$pbkdf2-sha256$1000']) {
      const padded = parseStoredHash(`${prefix}$${salt}==$${digest}=`);
      assert.equal(typeof padded, 'object');
      assert.deepEqual(padded, parseStoredHash(`${prefix}$${salt}$${digest}`));
    }
  });

  test('reads N itself where a Node program stored it', async () => {
    const stored = '$scrypt$n=16384,r=8,p=1$mfHxf2JJL5O8UAMnAru+bg$cqhgsBUFapORfLz5Ktg6qe4d0BwNAsPZA0E7zHZNwKo';
    assert.equal((await hasher.verify('Passw0rd!', stored)).ok, true);
  });

  test('reads pbkdf2 with SHA-1 and Django with its plain prefixes', async () => {
    const { pbkdf2Sync } = await import('node:crypto');
    const ab64 = (bytes: Buffer) => bytes.toString('base64').replaceAll('+', '.').replaceAll('=', '');
    const sha1 = `$pbkdf2$1000$${ab64(Buffer.from('test-salt'))}$${ab64(pbkdf2Sync('pw', 'test-salt', 1000, 20, 'sha1'))}`;
    assert.equal((await hasher.verify('pw', sha1)).ok, true);
    assert.equal((await hasher.verify('pw', `bcrypt$${bcrypt('pw')}`)).ok, true);
    assert.equal((await hasher.verify('pw', `argon2${await hasher.hash('pw')}`)).ok, true);
    const hex = createHash('sha256').update('pw').digest('hex');
    assert.equal((await hasher.verify('pw', `bcrypt_sha256$${bcrypt(hex)}`)).ok, true);
  });

  test('reads argon2d', async () => {
    const { hashRawSync } = await import('@node-rs/argon2');
    const salt = Buffer.from('test-salt-16-byt');
    const digest = hashRawSync('pw', {
      // oxlint-disable-next-line no-unsafe-enum-assignment -- argon2d; the enum has no value at run time.
      algorithm: 0,
      memoryCost: 64,
      timeCost: 1,
      parallelism: 1,
      outputLen: 32,
      salt,
    });
    const text = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '');
    assert.equal((await hasher.verify('pw', `$argon2d$v=19$m=64,t=1,p=1$${text(salt)}$${text(digest)}`)).ok, true);
  });
});

describe('stored text that is no usable hash', () => {
  const cases: [string, string][] = [
    ['', 'unusable'],
    ['!', 'unusable'],
    ['!yTbWO3Px4Tk2rhUk2ykm0p1uviAMEPUCjWL3CcTP', 'unusable'],
    ['plaintext', 'unknown_format'],
    ['$argon2id$', 'unknown_format'],
    ['$scrypt$ln=4,r=8,p=1$zsxA2hMiw9t8XNOWbAVYgg$4ByDeBkHeQ31lB/tHzrSEgvtoFJTmykj6PNvySsygQ', 'unknown_format'],
    ['$bcrypt-sha256$v=2,t=2b,r=04$mQjDJAA97fu54WutpUprhO$1s5m8nSOQN6Lu7uvRYFGM3gvTdamoea', 'unknown_format'],
    ['$bcrypt-sha256$2b,04$wMyptw34.mUJp8W5M5zAUe$j3./P3L.6QnENmTChDHpv1isZykdOOG', 'unknown_format'],
    ['x'.repeat(100_000), 'unknown_format'],
    ['$2b$31$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZabcde', 'cost_exceeds_limit'],
    ['$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA', 'cost_exceeds_limit'],
    ['$argon2id$v=19$m=65536,t=4294967295,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA', 'cost_exceeds_limit'],
    ['$argon2id$v=19$m=65536,t=1,p=255$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA', 'cost_exceeds_limit'],
    [`pbkdf2_sha256$1000000000$salt$${Buffer.alloc(32).toString('base64')}`, 'cost_exceeds_limit'],
    ['$scrypt$ln=31,r=8,p=1$c2FsdA$4ByDeBkHeQ31lB/tHzrSEgvtoFJTmykj6PNvySsygV4', 'cost_exceeds_limit'],
    ['$scrypt$ln=14,r=8,p=4294967295$c2FsdA$4ByDeBkHeQ31lB/tHzrSEgvtoFJTmykj6PNvySsygV4', 'cost_exceeds_limit'],
    [`$6$rounds=999999999$salt$${'.'.repeat(86)}`, 'cost_exceeds_limit'],
  ];
  for (const [stored, reason] of cases) {
    test(`is refused without a throw: ${stored.slice(0, 40) || '(empty)'} is ${reason}`, async () => {
      const completed = hasher.stats().completed;
      assert.deepEqual(await hasher.verify('pw', stored), { ok: false, needsUpgrade: false, reason });
      assert.equal(hasher.stats().completed, completed + 1, 'dummy work was done');
    });
  }

  test('is refused after dummy work when the password itself can be no password', async () => {
    const stored = await hasher.hash('pw');
    const completed = hasher.stats().completed;
    assert.equal((await hasher.verify('\udc00', stored)).reason, 'password_malformed');
    assert.equal((await hasher.verify('x'.repeat(1_000_000), stored)).reason, 'password_too_long');
    assert.equal(hasher.stats().completed, completed + 2);
  });

  test('never throws, whatever the database holds', () => {
    const words = [
      '$',
      '$2b$',
      '$argon2id$',
      'v=19$',
      'm=64,t=1,p=1',
      '$scrypt$',
      'ln=4,',
      'pbkdf2_sha256$',
      '1000',
      ':',
      'é',
    ];
    const text = fc.array(fc.oneof(fc.constantFrom(...words), fc.string())).map((parts) => parts.join(''));
    fc.assert(fc.property(text, (stored) => ['string', 'object'].includes(typeof parseStoredHash(stored))));
  });
});

describe('upgrading', () => {
  async function upgradeOf(stored: string, cost: { memoryKib: number; iterations: number }): Promise<boolean> {
    const other = createPasswordHasher({ ...cheap, ...cost });
    try {
      const verdict = await other.verify('pw', stored);
      assert.equal(verdict.ok, true);
      return verdict.needsUpgrade;
    } finally {
      await other.close();
    }
  }

  test('is asked for every scheme that is not argon2id, and only when the password fits', async () => {
    assert.deepEqual(await hasher.verify('pw', bcrypt('pw')), { ok: true, needsUpgrade: true });
    assert.deepEqual(await hasher.verify('no', bcrypt('pw')), { ok: false, needsUpgrade: false });
  });

  test('is asked for less work, and not for more', async () => {
    const stored = await hasher.hash('pw');
    assert.equal(await upgradeOf(stored, { memoryKib: 128, iterations: 1 }), true);
    assert.equal(await upgradeOf(stored, { memoryKib: 32, iterations: 1 }), false);
    assert.equal(await upgradeOf(stored, { memoryKib: 32, iterations: 2 }), false);
  });

  test('never goes back and forth between two settings, and never touches its own hashes', () => {
    const cost = fc.record({
      memoryKib: fc.integer({ min: 8, max: 200_000 }),
      iterations: fc.integer({ min: 1, max: 10 }),
    });
    const of = (parameters: { memoryKib: number; iterations: number }) =>
      ({
        scheme: 'argon2',
        variant: 'id',
        version: 19,
        parallelism: 1,
        salt: new Uint8Array(16),
        digest: new Uint8Array(32),
        ...parameters,
      }) as const;
    fc.assert(
      fc.property(cost, cost, (a, b) => {
        assert.equal(isWeakerHash(of(a), of(a)), false);
        assert.ok(!(isWeakerHash(of(a), of(b)) && isWeakerHash(of(b), of(a))));
      }),
    );
  });
});

describe('the hashing lane', () => {
  test('refuses at once beyond its queue, while the event loop stays free (attack 35)', async () => {
    const busy = createPasswordHasher({ memoryKib: 19_456, iterations: 2, workers: 1, maxQueue: 5 });
    try {
      await busy.verifyDummy('starts the thread');
      const attempts = Array.from({ length: 200 }, () => busy.verify('pw', '!'));
      const outcomes = Promise.allSettled(attempts);
      // 200 attempts are answered or queued already; only six may be under way.
      await turn();
      const { refused, queued, busy: working } = busy.stats();
      assert.deepEqual({ refused, queued, working }, { refused: 194, queued: 5, working: 1 });
      let turns = 0;
      while (busy.stats().busy > 0) {
        await turn();
        turns += 1;
      }
      const rejected = (await outcomes).filter((outcome) => outcome.status === 'rejected');
      assert.equal(rejected.length, 194);
      for (const { reason } of rejected) {
        assert.ok(reason instanceof AppError && reason.code === 'overloaded' && (reason.retryAfterSeconds ?? 0) >= 1);
      }
      assert.ok(turns > 100, `the event loop turned only ${turns} times while six hashes were computed`);
    } finally {
      await busy.close();
    }
  });

  test('does the same work for an unknown user as for a real argon2id hash (attack 36)', async () => {
    const real = createPasswordHasher({ memoryKib: 19_456, iterations: 2, workers: 1 });
    try {
      const stored = await real.hash('pw');
      const [known = 0, unknown = 0] = await medianMs(
        () => real.verify('wrong', stored),
        () => real.verifyDummy('wrong'),
      );
      assert.ok(known < unknown * 2 && unknown < known * 2, `known ${known} ms, unknown ${unknown} ms`);
    } finally {
      await real.close();
    }
  });

  test('lets the process end while its threads are idle', async () => {
    const passwords = new URL('../../src/security/passwords.ts', import.meta.url);
    const program = `import { createPasswordHasher } from '${passwords.href}';
      const hasher = createPasswordHasher({ memoryKib: 64, iterations: 1, timeoutMs: 60000 });
      await hasher.hash('pw');
      console.log('done');`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
      timeout: 20_000,
    });
    assert.equal(stdout, 'done\n');
  });

  test('starts no thread before the first password', async () => {
    const idle = createPasswordHasher(cheap);
    assert.equal(idle.stats().workers, 0);
    await idle.close();
  });

  test('refuses as overloaded after close', async () => {
    const closed = createPasswordHasher(cheap);
    await closed.close();
    await assert.rejects(closed.hash('pw'), { code: 'overloaded', reason: 'closed' });
  });

  test('refuses settings that argon2 does not have', () => {
    assert.throws(() => createPasswordHasher({ memoryKib: 4 }), TypeError);
    assert.throws(() => createPasswordHasher({ iterations: 0 }), TypeError);
    assert.throws(() => createPasswordHasher({ workers: 0 }), TypeError);
  });
});

test('what is written can be read again', () => {
  const bytes = (minLength: number) => fc.uint8Array({ minLength, maxLength: 64 });
  const stored = fc.record({
    memoryKib: fc.integer({ min: 64, max: 1000 }),
    iterations: fc.integer({ min: 1, max: 9 }),
    salt: bytes(8),
    digest: bytes(4),
  });
  fc.assert(
    fc.property(stored, (parameters) => {
      const hash = { scheme: 'argon2', variant: 'id', version: 19, parallelism: 1, ...parameters } as const;
      const again = parseStoredHash(formatArgon2id(hash));
      assert.ok(typeof again === 'object' && again.scheme === 'argon2');
      assert.deepEqual(Buffer.from(again.salt), Buffer.from(hash.salt));
      assert.deepEqual(Buffer.from(again.digest), Buffer.from(hash.digest));
    }),
  );
});

/** Medians of actions that take turns, so that a busy moment of the machine meets all of them. */
async function medianMs(...actions: (() => Promise<unknown>)[]): Promise<number[]> {
  const times: number[][] = actions.map(() => []);
  for (let round = 0; round < 15; round += 1) {
    for (const [index, action] of actions.entries()) {
      const start = performance.now();
      await action();
      times[index]?.push(performance.now() - start);
    }
  }
  return times.map((list) => list.toSorted((a, b) => a - b)[7] ?? 0);
}
