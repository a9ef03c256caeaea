import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { calculateJwkThumbprint } from 'jose';
import { createKeyRing } from '../../src/security/keys.ts';
import { UnusableKeyError } from '../../src/security/secrets.ts';
import { createTestAccessTokens, now, otherTestSecret, sessionId, testSecret, userId } from './support.ts';

function ed25519Jwk() {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
}

function p256Jwk() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
}

function publicPart({ d: _d, ...jwk }: ReturnType<typeof ed25519Jwk>) {
  return jwk;
}

function faultOf(action: () => unknown): string {
  try {
    action();
    return 'accepted';
  } catch (error) {
    assert.ok(error instanceof UnusableKeyError && error instanceof TypeError);
    return error.code;
  }
}

describe('a key ring from one secret', () => {
  test('is the same on every instance and another one for another secret', () => {
    const [a, b] = [createKeyRing({ authSecret: testSecret }), createKeyRing({ authSecret: testSecret })];
    assert.deepEqual(a.jwks(), b.jwks());
    assert.equal(a.refresh.kid, b.refresh.kid);
    const other = createKeyRing({ authSecret: otherTestSecret });
    assert.notEqual(other.signing.kid, a.signing.kid);
    assert.notEqual(other.refresh.kid, a.refresh.kid);
  });

  test('names its key by the RFC 7638 thumbprint and publishes no private member', async () => {
    const ring = createKeyRing({ authSecret: testSecret });
    const [jwk] = ring.jwks().keys;
    assert.ok(jwk);
    assert.deepEqual(Object.keys(jwk).toSorted(), ['alg', 'crv', 'kid', 'kty', 'use', 'x']);
    assert.equal(jwk.kid, await calculateJwkThumbprint({ kty: jwk.kty, crv: jwk.crv, x: jwk.x }));
  });

  test('verifies with the keys of earlier secrets and signs with the first', () => {
    const ring = createKeyRing({ authSecret: testSecret, acceptedAuthSecrets: [otherTestSecret] });
    const earlier = createKeyRing({ authSecret: otherTestSecret });
    assert.equal(ring.signing.kid, createKeyRing({ authSecret: testSecret }).signing.kid);
    assert.equal(ring.findVerifyKey(earlier.signing.kid)?.alg, 'EdDSA');
    assert.equal(ring.findRefreshKey(earlier.refresh.kid)?.kid, earlier.refresh.kid);
    assert.equal(ring.jwks().keys.length, 2);
  });
});

describe('a key ring from a JWK set', () => {
  test('signs with the first key and verifies with the others, private or public', async () => {
    const [first, second, third] = [p256Jwk(), ed25519Jwk(), ed25519Jwk()];
    const keys = [first, second, publicPart(third)];
    const ring = createKeyRing({ authSecret: testSecret, privateKeysJwk: JSON.stringify({ keys }) });
    assert.equal(ring.signing.alg, 'ES256');
    assert.deepEqual(
      ring.jwks().keys.map(({ alg }) => alg),
      ['ES256', 'EdDSA', 'EdDSA'],
    );
    assert.equal(JSON.stringify(ring.jwks()).includes('"d"'), false);
    for (const jwk of [second, third]) {
      const signer = createKeyRing({ authSecret: testSecret, privateKeysJwk: JSON.stringify(jwk) });
      const token = await createTestAccessTokens({ keyRing: signer }).mint({ userId, sessionId });
      assert.equal((await createTestAccessTokens({ keyRing: ring }).verify(token, now)).userId, userId);
    }
  });

  test('signs ES256 tokens that verify', async () => {
    const ring = createKeyRing({ authSecret: testSecret, privateKeysJwk: JSON.stringify({ keys: [p256Jwk()] }) });
    const tokens = createTestAccessTokens({ keyRing: ring });
    assert.equal((await tokens.verify(await tokens.mint({ userId, sessionId }), now)).sessionId, sessionId);
  });

  test('takes null for none given', () => {
    assert.equal(createKeyRing({ authSecret: testSecret, privateKeysJwk: null }).signing.alg, 'EdDSA');
  });

  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
  const one = ed25519Jwk();
  const cases: [string, unknown][] = [
    ['is not JSON', '{'],
    ['is empty', { keys: [] }],
    ['is not a set', { keys: 'x' }],
    ['is null', null],
    ['holds a text', { keys: ['x'] }],
    ['holds a shared secret', { keys: [{ kty: 'oct', k: 'dGVzdA' }] }],
    ['holds an RSA key', { keys: [rsa] }],
    ['holds an X25519 key', { keys: [generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' })] }],
    [
      'holds a P-384 key',
      { keys: [generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({ format: 'jwk' })] },
    ],
    ['starts with a public key', { keys: [publicPart(one)] }],
    ['holds one key twice', { keys: [one, publicPart(one)] }],
    ['holds damaged coordinates', { keys: [{ ...one, x: 'AA' }] }],
  ];
  for (const [name, set] of cases) {
    test(`refuses a set that ${name}`, () => {
      const privateKeysJwk = typeof set === 'string' ? set : JSON.stringify(set);
      assert.equal(
        faultOf(() => createKeyRing({ authSecret: testSecret, privateKeysJwk })),
        'invalid_key',
      );
    });
  }

  test('never quotes the key in its message', () => {
    const privateKeysJwk = JSON.stringify({ keys: [{ ...one, x: 'AA' }] });
    assert.throws(
      () => createKeyRing({ authSecret: testSecret, privateKeysJwk }),
      (error: Error) => !`${error.stack}${String(error.cause)}`.includes(String(one.d)),
    );
  });
});

describe('secrets', () => {
  test('below 32 bytes are refused, counted as UTF-8', () => {
    assert.equal(
      faultOf(() => createKeyRing({ authSecret: 'x'.repeat(31) })),
      'weak_secret',
    );
    assert.equal(
      faultOf(() => createKeyRing({ authSecret: 'x'.repeat(32) })),
      'accepted',
    );
    assert.equal(
      faultOf(() => createKeyRing({ authSecret: 'é'.repeat(16) })),
      'accepted',
    );
    assert.equal(
      faultOf(() => createKeyRing({ authSecret: testSecret, acceptedAuthSecrets: ['short'] })),
      'weak_secret',
    );
  });

  test('that are key files are refused', () => {
    const publicKey = createPublicKey({ key: publicPart(ed25519Jwk()), format: 'jwk' });
    const pem = publicKey.export({ type: 'spki', format: 'pem' });
    for (const secret of [pem, `  ${pem}`, `ssh-ed25519 ${'A'.repeat(50)}`, JSON.stringify(publicPart(ed25519Jwk()))]) {
      assert.equal(
        faultOf(() => createKeyRing({ authSecret: secret })),
        'public_key_as_secret',
      );
    }
  });
});
