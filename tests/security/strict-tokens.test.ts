import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { UnusableKeyError } from '../../src/security/secrets.ts';
import { createStrictTokens } from '../../src/security/strict-tokens.ts';
import { keyRing, now, outcomeOf, signWithHmac, testSecret, userId } from './support.ts';

const jwks = JSON.stringify(keyRing.jwks());
const claims = { user_id: userId, exp: now + 900 };

test('the key decides the algorithm, also when the configuration lists an HMAC one', async () => {
  const tokens = createStrictTokens({ key: { jwks }, algorithms: ['HS256', 'EdDSA'] });
  const pem = keyRing.signing.publicKey.export({ type: 'spki', format: 'pem' });
  for (const key of [pem, jwks, testSecret]) {
    const token = signWithHmac({ alg: 'HS256', kid: keyRing.signing.kid }, claims, key);
    assert.equal(await outcomeOf(() => tokens.verify(token, now)), 'invalid_token/algorithm');
  }
});

test('a key whose algorithm is not configured verifies nothing', async () => {
  const tokens = createStrictTokens({ key: { jwks }, algorithms: ['ES256'] });
  const token = signWithHmac({ alg: 'EdDSA', kid: keyRing.signing.kid }, claims);
  assert.equal(await outcomeOf(() => tokens.verify(token, now)), 'invalid_token/algorithm');
});

test('a shared secret goes with HMAC algorithms only', () => {
  assert.throws(() => createStrictTokens({ key: { secret: testSecret }, algorithms: ['ES256'] }), TypeError);
  assert.throws(() => createStrictTokens({ key: { secret: testSecret }, algorithms: [] }), TypeError);
});

test('a time beyond what a number holds is no time', async () => {
  const tokens = createStrictTokens({ key: { secret: testSecret }, algorithms: ['HS256'] });
  for (const name of ['iat', 'nbf']) {
    const payload = `{"user_id":"${userId}","exp":${now + 900},"${name}":-1e309}`;
    const token = signWithHmac({ alg: 'HS256' }, payload, testSecret);
    assert.equal(await outcomeOf(() => tokens.verify(token, now)), 'invalid_token/not_yet_valid');
  }
});

const [jwk] = keyRing.jwks().keys;
const smallRsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
const unusable: [string, unknown][] = [
  ['is no set', jwk],
  ['is empty', { keys: [] }],
  ['names two keys alike', { keys: [jwk, { ...jwk }] }],
  ['claims another algorithm for a key', { keys: [{ ...jwk, alg: 'ES256' }] }],
  ['has a kid that is no text', { keys: [{ ...jwk, kid: 1 }] }],
  ['holds a shared secret', { keys: [{ kty: 'oct', k: 'dGVzdA' }] }],
  ['holds an RSA key of 1024 bits', { keys: [smallRsa] }],
];
for (const [name, set] of unusable) {
  test(`a key set that ${name} does not start`, () => {
    const options = { key: { jwks: JSON.stringify(set) }, algorithms: ['EdDSA'] } as const;
    assert.throws(() => createStrictTokens(options), UnusableKeyError);
  });
}
