import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError } from '../../src/errors.ts';
import { createLegacyTokens, stringifyLikePython } from '../../src/security/legacy-tokens.ts';
import { createTestLegacyTokens, now, outcomeOf, sessionId, signWithHmac, testSecret, userId } from './support.ts';
import { readTokenVectors } from './vectors.ts';

const header = { alg: 'HS256', typ: 'JWT' };
const claims = { user_id: userId, email: 'a@example.com', name: null, exp: now + 900 };
const incumbent = createTestLegacyTokens({ requireExp: false, refuseCrit: false, looseBase64: true });
const hardened = createTestLegacyTokens();

function detailOf(payload: unknown, tokens = incumbent): string {
  try {
    tokens.verify(signWithHmac(header, payload), now);
    return 'accepted';
  } catch (error) {
    assert.ok(error instanceof AppError && error.code === 'invalid_token', String(error));
    return error.detail;
  }
}

const refused = 'Could not validate credentials';

describe('minting', () => {
  const minted =
    /^\{"alg":"HS256","typ":"JWT"\}\n\{"user_id":"[^"]*","email":"[^"]*","name":(?:null|"[^"]*"),"exp":[0-9]+\}$/;
  const plain = readTokenVectors().filter(({ token, secret, expect, hardened: { outcome } }) => {
    const [head = '', payload = ''] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString());
    // Spelt as the incumbent spells a token, with its own secret.
    const spelt = minted.test(`${head}\n${payload}`) && !/[^\x20-\x7e]/.test(payload);
    return secret !== undefined && outcome === 'accept' && expect.python_jose === 'accept' && spelt;
  });

  test('has recorded tokens to compare with', () => assert.ok(plain.length >= 3));

  for (const { id, token, secret = '', now: at } of plain) {
    test(`gives the bytes of ${id}, which python-jose made`, () => {
      const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
      const tokens = createLegacyTokens({ secret, now: () => at });
      assert.equal(tokens.mint(payload, payload.exp - at), token);
    });
  }

  test('escapes everything outside printable ASCII as Python does', () => {
    assert.equal(
      stringifyLikePython({ a: 'Zoë 😀\u2028\u007f"\\\n\u0001/', b: null, c: 1 }),
      '{"a":"Zo\\u00eb \\ud83d\\ude00\\u2028\\u007f\\"\\\\\\n\\u0001/","b":null,"c":1}',
    );
    assert.equal(stringifyLikePython('\ud800'), '"\\ud800"');
  });

  test('rounds the clock down to whole seconds', () => {
    const tokens = createTestLegacyTokens({ now: () => now + 0.9 });
    const { payload } = tokens.verify(tokens.mint({ user_id: userId, email: 'é', name: 'Zoë' }, 60), now);
    assert.equal(payload.exp, now + 60);
    assert.equal(payload.name, 'Zoë');
  });

  test('names a session when given one, which verify returns', () => {
    const token = hardened.mint({ user_id: userId, email: 'a@example.com', name: null, sid: sessionId }, 60);
    assert.equal(hardened.verify(token, now).sessionId, sessionId);
  });

  test('uses the configured algorithm', () => {
    for (const algorithm of ['HS384', 'HS512'] as const) {
      const tokens = createTestLegacyTokens({ algorithm });
      const token = tokens.mint({ user_id: userId, email: 'a@example.com', name: null }, 60);
      assert.equal(tokens.verify(token, now).userId, userId);
      assert.throws(() => hardened.verify(token, now), { reason: 'algorithm' });
    }
  });
});

describe('the three details of the incumbent', () => {
  test('a token without a user says so, but only once signature and times are right', () => {
    const detail = 'Could not validate credentials - no user_id in token';
    const { user_id: _userId, ...anonymous } = claims;
    assert.equal(detailOf(anonymous), detail);
    assert.equal(detailOf({ ...claims, user_id: null }), detail);
    assert.equal(detailOf({ ...anonymous, sub: userId }), detail);
    assert.equal(detailOf({ ...anonymous, exp: now - 1 }), refused);
    assert.throws(() => incumbent.verify(signWithHmac(header, anonymous, 'x'.repeat(40)), now), { detail: refused });
  });

  test('a user that is no UUID says so, whatever its type', () => {
    for (const user_id of ['42', '', 'admin', ` ${userId}`, `${userId}\u0000`, 42, 0, true, false, {}, [], [userId]]) {
      assert.equal(detailOf({ ...claims, user_id }), 'Invalid user_id in token', JSON.stringify(user_id));
    }
  });

  test('everything else is the same refusal', () => {
    for (const extra of [
      { aud: 'x' },
      { aud: null },
      { at_hash: 'x' },
      { sub: 5 },
      { sub: null },
      { jti: 5 },
      { nbf: now + 1 },
    ]) {
      assert.equal(detailOf({ ...claims, ...extra }), refused, JSON.stringify(extra));
    }
  });
});

describe('times as python-jose reads them', () => {
  test('takes numbers, booleans and whole-number text', () => {
    for (const exp of [now, now + 0.5, now + 1, `${now}`, ` ${now} `, `+${now}`, `${now}`.replace(/^1/, '1_'), 1e308]) {
      assert.equal(detailOf({ ...claims, exp }), 'accepted', String(exp));
    }
    for (const time of [true, false, 0, -1, `${now}`, now])
      assert.equal(detailOf({ ...claims, nbf: time, iat: time }), 'accepted');
  });

  test('does not check an iat of the future', () => {
    assert.equal(detailOf({ ...claims, iat: now + 86_400 }), 'accepted');
  });

  test('refuses what is past: one second after exp', () => {
    assert.equal(detailOf({ ...claims, exp: now - 1 }), refused);
    assert.equal(detailOf({ ...claims, exp: now - 0.5 }), refused);
    assert.equal(detailOf({ ...claims, exp: true }), refused);
  });

  test('refuses what is no whole number, also where the incumbent crashes', () => {
    for (const time of [null, [], [now], {}, '', 'soon', `${now}.5`, '1__0', '0x10', '１２']) {
      for (const name of ['exp', 'nbf', 'iat'])
        assert.equal(detailOf({ ...claims, [name]: time }), refused, `${name} ${JSON.stringify(time)}`);
    }
    for (const text of ['NaN', 'Infinity', '-Infinity', '1e400']) {
      assert.equal(detailOf(`{"user_id":"${userId}","exp":${text}}`), refused, text);
    }
  });
});

describe('the user in the forms that uuid.UUID takes', () => {
  const hex = userId.replaceAll('-', '');
  for (const form of [
    userId.toUpperCase(),
    hex,
    `{${userId}}`,
    `urn:uuid:${userId}`,
    `uuid:${hex}`,
    `{{${hex}}`,
    `${hex.slice(0, 5)}-${hex.slice(5)}`,
  ]) {
    test(`${form} is ${userId}`, () => {
      assert.equal(incumbent.verify(signWithHmac(header, { ...claims, user_id: form }), now).userId, userId);
    });
  }
});

describe('the switches', () => {
  const { exp: _exp, ...endless } = claims;

  test('requireExp refuses a token that never expires', () => {
    assert.equal(detailOf(endless), 'accepted');
    assert.equal(incumbent.verify(signWithHmac(header, endless), now).validBefore, Infinity);
    assert.equal(detailOf(endless, hardened), refused);
  });

  test('refuseCrit refuses a crit header', () => {
    const token = signWithHmac({ ...header, crit: ['b64'], b64: true }, claims);
    assert.equal(incumbent.verify(token, now).userId, userId);
    assert.throws(() => hardened.verify(token, now), { code: 'invalid_token', reason: 'header_crit' });
  });

  test('looseBase64 accepts padding after the signature', () => {
    const token = `${signWithHmac(header, claims)}=`;
    assert.equal(incumbent.verify(token, now).userId, userId);
    assert.throws(() => hardened.verify(token, now), { code: 'invalid_token', reason: 'base64url' });
  });

  test('acceptUntil ends all of them at once', () => {
    const ending = createTestLegacyTokens({ acceptUntil: now });
    assert.equal(ending.verify(signWithHmac(header, claims), now - 1).validBefore, now);
    assert.throws(() => ending.verify(signWithHmac(header, claims), now), {
      code: 'invalid_token',
      reason: 'legacy_sunset',
    });
  });

  test('a configured audience is compared, but python-jose does not ask for one', () => {
    const tokens = createTestLegacyTokens({ audience: 'web' });
    assert.equal(detailOf({ ...claims, aud: ['web', 'app'] }, tokens), 'accepted');
    assert.equal(detailOf(claims, tokens), 'accepted');
    assert.equal(detailOf({ ...claims, aud: 'app' }, tokens), refused);
  });
});

test('typ, kid, iss and unknown claims are ignored', () => {
  const token = signWithHmac(
    { ...header, typ: 'at+jwt', kid: 'k1' },
    { ...claims, iss: 'someone', sub: 'x', scope: 'none' },
  );
  assert.equal(hardened.verify(token, now).userId, userId);
});

test('a sid that is no session of ours is ignored', () => {
  for (const sid of ['x', 42, null, userId.toUpperCase()]) {
    assert.equal(hardened.verify(signWithHmac(header, { ...claims, sid }), now).sessionId, null);
  }
});

test('a very large token costs little', async () => {
  const token = signWithHmac(header, { ...claims, blob: 'x'.repeat(1_000_000) }, testSecret);
  assert.equal(await outcomeOf(() => hardened.verify(token, now)), 'invalid_token/token_too_long');
});
