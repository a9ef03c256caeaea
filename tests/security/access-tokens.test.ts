import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { isUuid } from '../../src/security/uuid.ts';
import { audience, createTestAccessTokens, issuer, keyRing, now, outcomeOf, sessionId, userId } from './support.ts';

const tokens = createTestAccessTokens();

test('mints a token with exactly the claims of the profile', async () => {
  const token = await tokens.mint({ userId, sessionId });
  assert.deepEqual(decodeProtectedHeader(token), { alg: 'EdDSA', typ: 'at+jwt', kid: keyRing.signing.kid });
  const { jti, ...claims } = decodeJwt(token);
  assert.ok(isUuid(jti));
  assert.deepEqual(claims, { iss: issuer, aud: audience, sub: userId, sid: sessionId, iat: now, exp: now + 900 });
});

test('gives every token an id of its own', async () => {
  const [a, b] = await Promise.all([tokens.mint({ userId, sessionId }), tokens.mint({ userId, sessionId })]);
  assert.notEqual(decodeJwt(a).jti, decodeJwt(b).jti);
});

test('mints the same bytes for one id and time', async () => {
  const subject = { userId, sessionId, issuedAt: now - 5, tokenId: '3b241101-e2bb-4255-8caf-4136c566a962' };
  const token = await tokens.mint(subject);
  assert.equal(token, await tokens.mint(subject));
  assert.equal((await tokens.verify(token, now)).expiresAt, now + 895);
});

test('carries scopes', async () => {
  const token = await tokens.mint({ userId, sessionId, scopes: ['tasks:read', 'tasks:write'] });
  assert.deepEqual((await tokens.verify(token, now)).scopes, ['tasks:read', 'tasks:write']);
});

test('is valid up to exp and not at exp', async () => {
  const token = await tokens.mint({ userId, sessionId });
  assert.equal(await outcomeOf(() => tokens.verify(token, now + 899.999)), 'accepted');
  assert.equal(await outcomeOf(() => tokens.verify(token, now + 900)), 'invalid_token/expired');
});

test('is refused by another issuer or audience', async () => {
  const token = await tokens.mint({ userId, sessionId });
  const elsewhere = createTestAccessTokens({ audience: 'other' });
  assert.equal(await outcomeOf(() => elsewhere.verify(token, now)), 'invalid_token/audience');
  const other = createTestAccessTokens({ issuer: 'https://other.example' });
  assert.equal(await outcomeOf(() => other.verify(token, now)), 'invalid_token/issuer');
});

test('refuses programming mistakes when minting', () => {
  assert.throws(() => tokens.mint({ userId: 'x', sessionId }), TypeError);
  assert.throws(() => tokens.mint({ userId, sessionId: userId.toUpperCase() }), TypeError);
  assert.throws(() => tokens.mint({ userId, sessionId, scopes: ['a b'] }), TypeError);
  assert.throws(() => tokens.mint({ userId, sessionId, issuedAt: 1.5 }), TypeError);
  assert.throws(() => createTestAccessTokens({ lifetimeSeconds: 0 }), TypeError);
  assert.throws(() => createTestAccessTokens({ audience: '' }), TypeError);
});
