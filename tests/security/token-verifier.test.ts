import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccessTokens } from '../../src/security/access-tokens.ts';
import { createTokenVerifier } from '../../src/security/token-verifier.ts';
import {
  createTestAccessTokens,
  createTestLegacyTokens,
  now,
  outcomeOf,
  sessionId,
  signWithHmac,
  userId,
} from './support.ts';

const native = createTestAccessTokens();
const legacy = createTestLegacyTokens();

function countingNative(): { tokens: AccessTokens; calls: () => number } {
  let calls = 0;
  const verifyParsed: AccessTokens['verifyParsed'] = (...call) => {
    calls += 1;
    return native.verifyParsed(...call);
  };
  return { tokens: { ...native, verifyParsed }, calls: () => calls };
}

test('verifies a token once while it is cached, and gives the same frozen principal', async () => {
  const { tokens, calls } = countingNative();
  const verifier = createTokenVerifier({ native: tokens, now: () => now, cacheSize: 10 });
  const token = await native.mint({ userId, sessionId });
  const first = await verifier.verify(token);
  assert.equal(await verifier.verify(token), first);
  assert.equal(calls(), 1);
  assert.ok(Object.isFrozen(first));
});

test('checks the clock on every cached call', async () => {
  let clock = now;
  const verifier = createTokenVerifier({ native, legacy, now: () => clock, cacheSize: 10 });
  const token = await native.mint({ userId, sessionId });
  const old = legacy.mint({ user_id: userId, email: 'a@example.com', name: null }, 900);
  for (const text of [token, old]) await verifier.verify(text);
  clock = now + 899;
  for (const text of [token, old]) assert.equal(await outcomeOf(() => verifier.verify(text)), 'accepted');
  clock = now + 900;
  assert.equal(await outcomeOf(() => verifier.verify(token)), 'invalid_token/expired');
  assert.equal(
    await outcomeOf(() => verifier.verify(old)),
    'accepted',
    'python-jose accepts the second that exp names',
  );
  clock = now + 901;
  assert.equal(await outcomeOf(() => verifier.verify(old)), 'invalid_token/expired');
  assert.equal(verifier.cachedTokens, 0);
});

test('keeps no more tokens than it may, the most recently used ones', async () => {
  const { tokens, calls } = countingNative();
  const verifier = createTokenVerifier({ native: tokens, now: () => now, cacheSize: 2 });
  const [a = '', b = '', c = ''] = await Promise.all([1, 2, 3].map(() => native.mint({ userId, sessionId })));
  for (const token of [a, b, a, c]) await verifier.verify(token);
  assert.equal(verifier.cachedTokens, 2);
  assert.equal(calls(), 3);
  await verifier.verify(a);
  assert.equal(calls(), 3, 'a was used after b, so b went');
  await verifier.verify(b);
  assert.equal(calls(), 4);
});

test('does not cache refused or very long tokens', async () => {
  const verifier = createTokenVerifier({ native, legacy, now: () => now, cacheSize: 10 });
  await outcomeOf(() => verifier.verify('junk'));
  await verifier.verify(legacy.mint({ user_id: userId, email: 'x'.repeat(3000), name: null }, 60));
  assert.equal(verifier.cachedTokens, 0);
});

test('is not fooled by another token with the same signature', async () => {
  const verifier = createTokenVerifier({ native, legacy, now: () => now, cacheSize: 10 });
  const token = await native.mint({ userId, sessionId });
  await verifier.verify(token);
  const [head, , signature] = token.split('.');
  const [, payload] = (await native.mint({ userId: sessionId, sessionId })).split('.');
  assert.equal(await outcomeOf(() => verifier.verify(`${head}.${payload}.${signature}`)), 'invalid_token/signature');
});

test('forgets everything when told, and caches nothing with size 0', async () => {
  const verifier = createTokenVerifier({ native, now: () => now, cacheSize: 10 });
  const token = await native.mint({ userId, sessionId });
  await verifier.verify(token);
  verifier.clear();
  assert.equal(verifier.cachedTokens, 0);
  const without = createTokenVerifier({ native, now: () => now, cacheSize: 0 });
  await without.verify(token);
  assert.equal(without.cachedTokens, 0);
});

test('refuses every HMAC token when there is no legacy profile', async () => {
  const verifier = createTokenVerifier({ native, now: () => now, cacheSize: 0 });
  const token = legacy.mint({ user_id: userId, email: 'a@example.com', name: null }, 60);
  assert.equal(await outcomeOf(() => verifier.verify(token)), 'invalid_token/unknown_key');
  assert.equal(await outcomeOf(() => verifier.verify('junk')), 'invalid_token/segments');
});

test('does not try the other profile after a refusal', async () => {
  let asked = 0;
  const spying = {
    ...legacy,
    verify: (...call: Parameters<typeof legacy.verify>) => ((asked += 1), legacy.verify(...call)),
  };
  const verifier = createTokenVerifier({ native, legacy: spying, now: () => now + 10_000, cacheSize: 0 });
  const token = await native.mint({ userId, sessionId });
  assert.equal(await outcomeOf(() => verifier.verify(token)), 'invalid_token/expired');
  assert.equal(asked, 0);
  const forged = signWithHmac({ alg: 'HS256', typ: 'JWT' }, { user_id: userId, exp: now + 99_999 }, 'not-the-secret');
  assert.equal(await outcomeOf(() => verifier.verify(forged)), 'invalid_token/signature');
});
