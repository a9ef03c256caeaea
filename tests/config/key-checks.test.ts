import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { createServices } from '../../src/services/index.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { faultOf, load, testSecret } from './support.ts';

const other = `${testSecret}-another`;
const pem = '-----BEGIN PUBLIC KEY-----\nonly of a test, and long enough to be a secret';

function keySet(...keys: object[]): string {
  return JSON.stringify({ keys });
}

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const [privateJwk, publicJwk] = [privateKey.export({ format: 'jwk' }), publicKey.export({ format: 'jwk' })];
const next = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });

describe('a secret or key that a start would stumble over is a fault, in development too', () => {
  for (const [what, variable, env, problem] of [
    ['a secret that is too short for any HMAC', 'JWT_SECRET', { JWT_SECRET: 'short' }, /at least 32/],
    ['a public key for a secret', 'JWT_SECRET', { JWT_SECRET: pem }, /key file/],
    ['the same of AUTH_SECRET', 'AUTH_SECRET', { AUTH_SECRET: 'short' }, /at least 32/],
    ['an accepted one', 'AUTH_SECRETS_ACCEPTED', { AUTH_SECRETS_ACCEPTED: `${other},short` }, /at least 32/],
    ['one twice', 'AUTH_SECRETS_ACCEPTED', { AUTH_SECRETS_ACCEPTED: `${other},${other}` }, /twice/],
    ['the one in use', 'AUTH_SECRETS_ACCEPTED', { AUTH_SECRET: other, AUTH_SECRETS_ACCEPTED: other }, /in use/],
    ['the derived one while it is in use', 'AUTH_SECRETS_ACCEPTED', { AUTH_SECRETS_ACCEPTED: 'JWT_SECRET' }, /in use/],
    [
      'a key that is none',
      'AUTH_PRIVATE_KEYS',
      { AUTH_PRIVATE_KEYS: keySet({ ...privateJwk, d: 'AA' }) },
      /not a valid/,
    ],
    [
      'another curve',
      'AUTH_PRIVATE_KEYS',
      { AUTH_PRIVATE_KEYS: keySet({ ...privateJwk, crv: 'X25519' }) },
      /JWK|curve/,
    ],
    ['a key twice', 'AUTH_PRIVATE_KEYS', { AUTH_PRIVATE_KEYS: keySet(privateJwk, publicJwk) }, /twice/],
    [
      'a first key without its private part',
      'AUTH_PRIVATE_KEYS',
      { AUTH_PRIVATE_KEYS: keySet(publicJwk, next) },
      /private/,
    ],
  ] as const) {
    test(what, () => {
      const fault = faultOf(variable, { env });
      assert.match(fault.problem, problem);
      assert.doesNotMatch(fault.problem + fault.fix, /Only-a-test-secret|of a test/);
      assert.equal(fault.origin, 'process environment');
    });
  }

  test('a minimum length that no password for bcrypt can have', () => {
    const env = { PASSWORD_SCHEME: 'bcrypt', PASSWORD_MIN_LENGTH: '73' };
    assert.match(faultOf('PASSWORD_MIN_LENGTH', { env }).problem, /72 bytes/);
    assert.equal(load({ env: { ...env, PASSWORD_MIN_LENGTH: '72' } }).config.auth.passwordMinLength, 72);
  });
});

test('a secret that does the work of two is warned of', () => {
  const { warnings } = load({ env: { JWT_SECRET: testSecret, AUTH_SECRET: testSecret } });
  assert.match(warnings.join('\n'), /AUTH_SECRET is JWT_SECRET/);
});

test('what passes can be started with: the next secret, the one before it, keys that only verify', async (t) => {
  const { db } = await createTestDatabase(t);
  for (const env of [
    { JWT_SECRET: testSecret, AUTH_SECRETS_ACCEPTED: other },
    { JWT_SECRET: testSecret, AUTH_SECRET: other, AUTH_SECRETS_ACCEPTED: 'JWT_SECRET' },
    { AUTH_PRIVATE_KEYS: keySet(next, publicJwk) },
  ]) {
    const { config, secrets } = load({ env });
    const services = createServices({ config, secrets, db, events: () => {} });
    assert.ok((await services.publicKeys()).text);
    await services.close();
  }
});

test('production warns where its own secret follows from the old backend’s', () => {
  const production = { ENVIRONMENT: 'production', JWT_SECRET: testSecret, DATABASE_URL: 'postgresql://u@127.0.0.1/d' };
  assert.match(load({ env: { ...production } }).warnings.join('\n'), /AUTH_SECRET is not set/);
  assert.doesNotMatch(
    load({ env: { ...production, AUTH_SECRET: `${testSecret}-and-another` } }).warnings.join('\n'),
    /AUTH_SECRET/,
  );
});
