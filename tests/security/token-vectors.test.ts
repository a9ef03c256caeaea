import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type HmacAlgorithm, isHmacAlgorithm } from '../../src/security/hmac.ts';
import { createLegacyTokens, type LegacyTokenOptions } from '../../src/security/legacy-tokens.ts';
import { UnusableKeyError } from '../../src/security/secrets.ts';
import type { SignatureAlgorithm } from '../../src/security/signatures.ts';
import { createStrictTokens, type StrictTokenOptions } from '../../src/security/strict-tokens.ts';
import { outcomeOf } from './support.ts';
import { readTokenVectors, type TokenVector } from './vectors.ts';

const vectors = readTokenVectors();

function strictOptions({ call, jwks, secret = '' }: TokenVector): StrictTokenOptions {
  return {
    key: jwks ? { jwks: JSON.stringify(jwks) } : { secret },
    // oxlint-disable-next-line no-unsafe-type-assertion -- the vectors name only algorithms that are supported here.
    algorithms: call.algorithms as (HmacAlgorithm | SignatureAlgorithm)[],
    ...(call.audience === undefined ? {} : { audience: call.audience }),
    ...(call.issuer === undefined ? {} : { issuer: call.issuer }),
  };
}

function legacyOptions({ call, secret = '', now }: TokenVector): LegacyTokenOptions {
  const [algorithm] = call.algorithms;
  assert.ok(isHmacAlgorithm(algorithm));
  const parties = {
    ...(call.audience ? { audience: call.audience } : {}),
    ...(call.issuer ? { issuer: call.issuer } : {}),
  };
  return { secret, algorithm, now: () => now, ...parties };
}

const asTheIncumbent = { requireExp: false, refuseCrit: false, looseBase64: true };

async function hardenedOutcome(vector: TokenVector): Promise<string> {
  try {
    const outcome = await outcomeOf(() => createStrictTokens(strictOptions(vector)).verify(vector.token, vector.now));
    return outcome;
  } catch (error) {
    return String(error);
  }
}

describe('recorded tokens under the strict policy', () => {
  for (const vector of vectors) {
    test(`${vector.id} is ${vector.hardened.outcome}: ${vector.hardened.reason}`, async () => {
      if (vector.hardened.outcome === 'refuse_boot') {
        assert.throws(() => createStrictTokens(strictOptions(vector)), UnusableKeyError);
        return;
      }
      const outcome = await hardenedOutcome(vector);
      if (vector.hardened.outcome === 'accept') assert.equal(outcome, 'accepted');
      else assert.match(outcome, /^invalid_token\/[a-z_0-9]+$/);
    });
  }
});

describe('recorded tokens under the legacy profile with every switch as the incumbent has it', () => {
  // A key set is no matter of this profile, and a secret that must not be used stops the start: rules, not exceptions.
  const usable = vectors.filter(({ secret, hardened }) => secret !== undefined && hardened.outcome !== 'refuse_boot');

  for (const vector of usable) {
    // Where python-jose or uuid.UUID crashes, a bad token is refused like any other.
    const expected = vector.http === 500 ? 401 : vector.http;
    test(`${vector.id} is ${expected}`, async () => {
      const tokens = createLegacyTokens({ ...legacyOptions(vector), ...asTheIncumbent });
      const outcome = await outcomeOf(() => tokens.verify(vector.token, vector.now));
      if (expected === 200) assert.equal(outcome, 'accepted');
      else assert.match(outcome, /^invalid_token\//);
    });
  }

  test('covers most of the recorded tokens', () => {
    assert.ok(usable.length > vectors.length * 0.9, `${usable.length} of ${vectors.length}`);
  });

  for (const vector of vectors.filter(
    ({ secret, hardened }) => secret !== undefined && hardened.outcome === 'refuse_boot',
  )) {
    test(`${vector.id} does not start: ${vector.hardened.reason}`, () => {
      assert.throws(() => createLegacyTokens(legacyOptions(vector)), UnusableKeyError);
    });
  }
});

describe('recorded tokens under the legacy profile made strict', () => {
  for (const vector of vectors.filter(
    ({ secret, hardened }) => secret !== undefined && hardened.outcome !== 'refuse_boot',
  )) {
    test(`${vector.id} is ${vector.hardened.outcome}`, async () => {
      const tokens = createLegacyTokens({ ...legacyOptions(vector), strict: true });
      const outcome = await outcomeOf(() => tokens.verify(vector.token, vector.now));
      assert.equal(outcome === 'accepted', vector.hardened.outcome === 'accept', outcome);
      assert.match(outcome, /^(?:accepted$|invalid_token\/)/);
    });
  }
});

describe('the hardened defaults of the legacy profile', () => {
  // The defaults may refuse more than the incumbent, and never accept more.
  for (const vector of vectors.filter(
    ({ secret, hardened }) => secret !== undefined && hardened.outcome !== 'refuse_boot',
  )) {
    test(`${vector.id} is not accepted against the incumbent's answer`, async () => {
      const tokens = createLegacyTokens(legacyOptions(vector));
      const outcome = await outcomeOf(() => tokens.verify(vector.token, vector.now));
      if (vector.http !== 200) assert.match(outcome, /^invalid_token\//);
    });
  }
});
