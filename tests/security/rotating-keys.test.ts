import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { createAccessTokens } from '../../src/security/access-tokens.ts';
import { createKeyRing, generateSigningKey, type NativeAlgorithm } from '../../src/security/keys.ts';
import { secureRandom } from '../../src/security/random.ts';
import { createRotatingKeyRing } from '../../src/security/rotating-keys.ts';
import { openSealedKey, sealPrivateKey } from '../../src/security/sealed-keys.ts';
import { audience, issuer, keyRing, otherTestSecret, outcomeOf, sessionId, testSecret, userId } from './support.ts';

const forever = Number.POSITIVE_INFINITY;

function createRing(signsWithStored = true) {
  const clock = { now: 1000 };
  const ring = createRotatingKeyRing({ fixed: keyRing, signsWithStored, now: () => clock.now });
  return { clock, ring };
}

function stored(signsFrom: number, verifyUntil: number, alg: NativeAlgorithm = 'EdDSA') {
  const key = generateSigningKey(alg);
  return { kid: key.kid, key, signsFrom, verifyUntil };
}

describe('a ring of rotating keys', () => {
  test('signs with the key of the configuration while the database has none', () => {
    const { ring } = createRing();
    ring.replace([]);
    assert.equal(ring.signing.kid, keyRing.signing.kid);
    assert.equal(ring.isComplete, true);
  });

  test('verifies and publishes a coming key, and signs with it from its time on', () => {
    const { ring, clock } = createRing();
    const coming = stored(2000, forever);
    ring.replace([coming]);

    assert.equal(ring.signing.kid, keyRing.signing.kid);
    assert.equal(ring.findVerifyKey(coming.kid)?.kid, coming.kid);
    assert.deepEqual(
      ring.jwks().keys.map(({ kid }) => kid),
      [keyRing.signing.kid, coming.kid],
    );
    clock.now = 2000;
    assert.equal(ring.signing.kid, coming.kid);
  });

  test('goes on verifying what a predecessor signed until its end, also one that follows from the secret', () => {
    const { ring, clock } = createRing();
    ring.replace([
      { kid: keyRing.signing.kid, key: undefined, signsFrom: 0, verifyUntil: 3000 },
      stored(1000, forever),
    ]);

    assert.ok(ring.findVerifyKey(keyRing.signing.kid));
    clock.now = 3000;
    assert.equal(ring.findVerifyKey(keyRing.signing.kid), undefined);
    assert.equal(ring.jwks().keys.length, 1);
  });

  test('lets the configuration choose the signer where it holds the keys, and still verifies stored ones', () => {
    const { ring } = createRing(false);
    const old = stored(0, forever);
    ring.replace([old]);
    assert.equal(ring.signing.kid, keyRing.signing.kid);
    assert.ok(ring.findVerifyKey(old.kid));
  });

  test('neither signs nor verifies with a row whose key cannot be opened', () => {
    const { ring } = createRing();
    ring.replace([{ kid: 'x', key: undefined, signsFrom: 0, verifyUntil: forever }]);
    assert.equal(ring.signing.kid, keyRing.signing.kid);
    assert.equal(ring.findVerifyKey('x'), undefined);
  });

  test('says when the keys that verify have changed', () => {
    const { ring } = createRing();
    const key = stored(0, forever);
    assert.equal(ring.replace([key]), true);
    assert.equal(ring.replace([key]), false);
    assert.equal(ring.replace([{ ...key, verifyUntil: 5000 }]), true);
  });

  test('takes an unknown kid for trouble, not for a bad token, until the database was read', async () => {
    const { ring, clock } = createRing();
    const elsewhere = stored(0, forever);
    const minted = createRotatingKeyRing({ fixed: keyRing, signsWithStored: true, now: () => clock.now });
    minted.replace([elsewhere]);
    const options = { issuer, audience, lifetimeSeconds: 900, now: () => clock.now };
    const token = await createAccessTokens({ ...options, keyRing: minted }).mint({ userId, sessionId });
    const here = createAccessTokens({ ...options, keyRing: ring });

    assert.equal(await outcomeOf(() => here.verify(token, clock.now)), 'database_unavailable/keys_not_read');
    ring.replace([]);
    assert.equal(await outcomeOf(() => here.verify(token, clock.now)), 'invalid_token/unknown_key');
    ring.replace([elsewhere]);
    assert.equal(await outcomeOf(() => here.verify(token, clock.now)), 'accepted');
  });
});

describe('a sealed key', () => {
  for (const alg of ['EdDSA', 'ES256'] as const) {
    test(`opens to the same ${alg} key under the secret that sealed it, first or accepted`, () => {
      const key = generateSigningKey(alg);
      const sealed = sealPrivateKey(keyRing.seals[0], key, secureRandom);
      const later = createKeyRing({ authSecret: otherTestSecret, acceptedAuthSecrets: [testSecret] });
      for (const ring of [keyRing, later]) {
        assert.ok(openSealedKey(ring.seals, key.kid, sealed)?.equals(key.privateKey));
      }
    });
  }

  test('shows nothing of the key, and never looks the same', () => {
    const key = generateSigningKey('EdDSA');
    const [one, two] = [
      sealPrivateKey(keyRing.seals[0], key, secureRandom),
      sealPrivateKey(keyRing.seals[0], key, secureRandom),
    ];
    assert.equal(one.includes(key.privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32)), false);
    assert.equal(one.equals(two), false);
  });

  test('opens under no other secret, for no other kid, with no bit changed and no byte missing', () => {
    const key = generateSigningKey('EdDSA');
    const sealed = sealPrivateKey(keyRing.seals[0], key, secureRandom);
    const other = createKeyRing({ authSecret: otherTestSecret });
    assert.equal(openSealedKey(other.seals, key.kid, sealed), undefined);
    assert.equal(openSealedKey(keyRing.seals, 'another', sealed), undefined);
    assert.equal(openSealedKey(keyRing.seals, key.kid, randomBytes(sealed.length)), undefined);
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Buffer.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      assert.equal(openSealedKey(keyRing.seals, key.kid, changed), undefined, `byte ${index}`);
      assert.equal(openSealedKey(keyRing.seals, key.kid, sealed.subarray(0, index)), undefined, `${index} bytes`);
    }
  });
});
