import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { CompactSign } from 'jose';
import { createKeyRing, type SigningKey } from '../../src/security/keys.ts';
import { mintRefreshToken } from '../../src/security/refresh-tokens.ts';
import { UnusableKeyError } from '../../src/security/secrets.ts';
import { createTokenVerifier } from '../../src/security/token-verifier.ts';
import {
  audience,
  createTestAccessTokens,
  createTestLegacyTokens,
  encodeSegment,
  issuer,
  keyRing,
  now,
  otherTestSecret,
  outcomeOf,
  sessionId,
  signWithHmac,
  testSecret,
  userId,
} from './support.ts';

const native = createTestAccessTokens();
const legacy = createTestLegacyTokens();
const verifier = createTokenVerifier({ native, legacy, now: () => now, cacheSize: 100 });

const jti = '3b241101-e2bb-4255-8caf-4136c566a962';
const claims = { iss: issuer, aud: audience, sub: userId, sid: sessionId, jti, iat: now, exp: now + 900 };
const header = { alg: 'EdDSA', typ: 'at+jwt', kid: keyRing.signing.kid };
const legacyHeader = { alg: 'HS256', typ: 'JWT' };
const legacyClaims = { user_id: userId, email: 'a@example.com', name: null, exp: now + 900 };

/** Signed with a real key, so that only the named fault can be the reason of a refusal. */
function sign(payload: unknown, head: object = header, key: SigningKey = keyRing.signing): Promise<string> {
  const bytes = Buffer.isBuffer(payload)
    ? payload
    : Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
  return (
    new CompactSign(bytes)
      // oxlint-disable-next-line no-unsafe-type-assertion -- the header is what is tested, so it may be no header.
      .setProtectedHeader(head as { alg: string })
      .sign(key.privateKey, { crit: { b64: true } })
  );
}

async function assertRefused(token: string, reason?: string): Promise<void> {
  const outcome = await outcomeOf(() => verifier.verify(token));
  if (reason === undefined) assert.match(outcome, /^invalid_token\/[a-z0-9_]+$/, token.slice(0, 100));
  else assert.equal(outcome, `invalid_token/${reason}`);
}

test('the signature is looked at before anything that the payload says, in both profiles', async () => {
  const forged = 'A'.repeat(86);
  for (const payload of [{ ...claims, exp: now - 1 }, { ...claims, iss: 'somebody else' }, {}]) {
    const [head, body] = (await sign(payload)).split('.');
    await assertRefused(`${head}.${body}.${forged}`, 'signature');
  }
  for (const payload of [{ ...legacyClaims, exp: now - 1 }, { ...legacyClaims, user_id: 1 }, {}]) {
    const token = signWithHmac(legacyHeader, payload, otherTestSecret);
    await assertRefused(token, 'signature');
  }
});

test('an honest native token is accepted', async () => {
  const principal = await verifier.verify(await sign(claims));
  const ids = { userId, sessionId, tokenId: jti, generation: null, keyId: keyRing.signing.kid };
  assert.deepEqual(principal, { kind: 'native', ...ids, scopes: [], validBefore: now + 900 });
});

test('an honest legacy token is accepted', async () => {
  const principal = await verifier.verify(signWithHmac(legacyHeader, legacyClaims));
  assert.deepEqual(principal, {
    kind: 'legacy',
    userId,
    sessionId: null,
    tokenId: null,
    generation: null,
    keyId: 'legacy',
    scopes: [],
    validBefore: now + 901,
  });
});

test('attack 1: alg none in any spelling, signed or not', async () => {
  for (const alg of ['none', 'None', 'nOnE', 'NONE', '']) {
    for (const payload of [claims, legacyClaims]) {
      const unsigned = `${encodeSegment({ ...header, alg })}.${encodeSegment(payload)}.`;
      await assertRefused(unsigned);
      await assertRefused(unsigned.slice(0, -1));
      await assertRefused(signWithHmac({ ...legacyHeader, alg }, payload));
      await assertRefused(signWithHmac({ ...header, alg }, payload));
    }
  }
});

test('attack 2: HS256 signed with our public key in every form that a client can get', async () => {
  const { publicKey } = keyRing.signing;
  const [jwk] = keyRing.jwks().keys;
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const forms = [
    pem,
    pem.trim(),
    ` ${pem}`,
    `\ufeff${pem}`,
    pem.replaceAll('\n', '\r\n'),
    der,
    JSON.stringify(jwk),
    jwk?.x ?? '',
  ];
  for (const form of [...forms, Buffer.from(jwk?.x ?? '', 'base64url'), JSON.stringify(keyRing.jwks())]) {
    for (const head of [legacyHeader, { ...header, alg: 'HS256' }, { ...legacyHeader, kid: header.kid }]) {
      await assertRefused(signWithHmac(head, legacyClaims, form), 'signature');
      await assertRefused(signWithHmac(head, claims, form), 'signature');
    }
  }
});

test('attack 3: another algorithm than the key has', async () => {
  const ec = createKeyRing({ authSecret: testSecret, privateKeysJwk: ecJwkText() });
  await assertRefused(signWithHmac({ ...legacyHeader, alg: 'HS512' }, legacyClaims), 'algorithm');
  await assertRefused(await sign(claims, { alg: 'ES256', typ: 'at+jwt', kid: header.kid }, ec.signing), 'algorithm');
  await assertRefused(signWithHmac({ ...header, alg: 'ES256' }, claims), 'algorithm');
  await assertRefused(signWithHmac(header, claims), 'signature');
});

test('attack 4: a kid that names no key of ours', async () => {
  for (const kid of [
    'nope',
    '',
    ['a'],
    { a: 1 },
    0,
    null,
    '../../dev/null',
    "' OR 1=1--",
    '__proto__',
    'constructor',
    `${header.kid} `,
  ]) {
    await assertRefused(await sign(claims, { ...header, kid }));
    assert.equal(keyRing.findVerifyKey(kid), undefined);
  }
  await assertRefused(signWithHmac(legacyHeader, legacyClaims, ''), 'signature');
});

test('attack 5: no kid with the native algorithm', async () => {
  await assertRefused(await sign(claims, { alg: 'EdDSA', typ: 'at+jwt' }));
});

test('attack 5: a kid on a legacy token is ignored as the incumbent does, and refused by the strict profile', async () => {
  const token = signWithHmac({ ...legacyHeader, kid: 'x' }, legacyClaims);
  assert.equal((await verifier.verify(token)).kind, 'legacy');
  const strict = createTestLegacyTokens({ strict: true });
  assert.equal(await outcomeOf(() => strict.verify(token, now)), 'invalid_token/unknown_key');
});

test('attack 6: keys that come with the token are never looked at', async () => {
  const attacker = createKeyRing({ authSecret: otherTestSecret });
  const [jwk] = attacker.jwks().keys;
  for (const extra of [
    { jwk },
    { jku: 'http://127.0.0.1:1/jwks' },
    { x5u: 'http://127.0.0.1:1/' },
    { x5c: ['MIIB'] },
  ]) {
    const [name] = Object.keys(extra);
    await assertRefused(await sign(claims, { ...header, ...extra }), `header_${name}`);
    await assertRefused(await sign(claims, { ...header, ...extra, kid: attacker.signing.kid }, attacker.signing));
    await assertRefused(await sign(claims, { ...header, ...extra }, attacker.signing));
  }
});

test('attack 7: crit in any form', async () => {
  for (const crit of [['b64'], ['exp'], [], 'b64', null]) {
    const token = (await sign(claims)).split('.');
    token[0] = encodeSegment({ ...header, crit });
    await assertRefused(token.join('.'), 'header_crit');
    await assertRefused(signWithHmac({ ...legacyHeader, crit }, legacyClaims), 'header_crit');
  }
  await assertRefused(signWithHmac({ ...header, b64: false }, claims), 'header_b64');
});

test('attack 8: duplicate keys in header and payload, also escaped and nested', async () => {
  const text = JSON.stringify(claims);
  await assertRefused(await sign(`${text.slice(0, -1)},"sub":"${userId}"}`));
  await assertRefused(await sign(`${text.slice(0, -1)},"\\u0073ub":"${userId}"}`));
  await assertRefused(await sign(`${text.slice(0, -1)},"x":[{"a":1,"a":2}]}`));
  const [, payload, signature] = (await sign(claims)).split('.');
  await assertRefused(`${encodeSegment(`{"alg":"none",${JSON.stringify(header).slice(1)}`)}.${payload}.${signature}`);
});

test('attack 9: __proto__ and constructor in the payload are inert', async () => {
  const text = JSON.stringify(claims).slice(0, -1);
  const principal = await verifier.verify(await sign(`${text},"__proto__":{"admin":true},"constructor":{"x":1}}`));
  assert.equal(Reflect.get(principal, 'admin'), undefined);
  assert.equal(Reflect.get({}, 'admin'), undefined);
  const { sub: _sub, ...withoutSub } = claims;
  await assertRefused(
    await sign(`${JSON.stringify(withoutSub).slice(0, -1)},"__proto__":{"sub":"${userId}"}}`),
    'subject',
  );
});

test('attack 10: every other spelling of a good signature', async () => {
  for (const token of [await sign(claims), signWithHmac(legacyHeader, legacyClaims)]) {
    const [head = '', payload = '', signature = ''] = token.split('.');
    const spellings = [
      signature.slice(0, -1),
      `${signature}=`,
      `${signature}==`,
      `${signature}A`,
      `${signature.slice(0, 20)}\n${signature.slice(20)}`,
      `${signature} `,
      ` ${signature}`,
      `${signature}\u0000`,
      withStrayBits(signature),
      Buffer.from(signature, 'base64url').toString('base64'),
    ];
    for (const spelling of spellings) {
      assert.notEqual(spelling, signature);
      await assertRefused(`${head}.${payload}.${spelling}`);
    }
  }
});

test('attack 11: the wrong number of segments, JWE, JSON serialisation', async () => {
  const token = await sign(claims);
  const [head, payload, signature] = token.split('.');
  const json = JSON.stringify({ protected: head, payload, signature });
  for (const bad of [
    head ?? '',
    `${head}.${payload}`,
    `${token}.`,
    `.${token}`,
    `${token}.${signature}`,
    `${token}.a.b`,
    json,
    '',
    '..',
    '.',
  ]) {
    await assertRefused(bad);
  }
});

test('attack 12: a token that is too long is refused before any of it is decoded', async () => {
  const token = await sign({ ...claims, blob: 'x'.repeat(8000) });
  assert.ok(token.length > 8192);
  await assertRefused(token);
  const huge = `${token}${'A'.repeat(1_000_000)}`;
  await assertRefused(huge, 'token_too_long');
});

test('attack 13: exp that is past, not a number, not finite, absurd, or absent', async () => {
  for (const exp of [now, now - 1, `${now + 900}`, null, true, [now + 900], -1, 0, now + 0.5]) {
    await assertRefused(await sign({ ...claims, exp }));
  }
  const text = JSON.stringify({ ...claims, exp: '$' });
  for (const exp of ['NaN', 'Infinity', '1e400', '1e308', '99999999999999999999']) {
    await assertRefused(await sign(text.replace('"$"', exp)));
  }
  const { exp: _exp, ...withoutExp } = claims;
  await assertRefused(await sign(withoutExp), 'expiry');
});

test('attack 14: times in the future beyond the tolerance, a lifetime above the limit', async () => {
  await assertRefused(await sign({ ...claims, iat: now + 61 }), 'issued_at');
  await assertRefused(await sign({ ...claims, nbf: now + 61 }), 'not_before');
  await assertRefused(await sign({ ...claims, exp: now + 901 }), 'lifetime');
  await assertRefused(await sign({ ...claims, iat: now + 10, exp: now + 5 }), 'lifetime');
  assert.equal(
    (await verifier.verify(await sign({ ...claims, iat: now + 60, nbf: now + 60, exp: now + 960 }))).userId,
    userId,
  );
});

test('attack 15: iss and aud absent, of another type, wrong, or a superset', async () => {
  for (const iss of [undefined, [issuer], `${issuer}/`, null])
    await assertRefused(await sign({ ...claims, iss }), 'issuer');
  for (const aud of [undefined, 'other', [audience, 'other'], [audience], null, '']) {
    await assertRefused(await sign({ ...claims, aud }), 'audience');
  }
});

test('attack 16: sub and sid absent, not text, not canonical', async () => {
  for (const value of [
    undefined,
    null,
    42,
    {},
    [userId],
    userId.toUpperCase(),
    userId.replaceAll('-', ''),
    `${userId}\u0000`,
  ]) {
    await assertRefused(await sign({ ...claims, sub: value }), 'subject');
    await assertRefused(await sign({ ...claims, sid: value }), 'session');
    await assertRefused(await sign({ ...claims, jti: value }), 'token_id');
  }
});

test('attack 17: tokens of another kind as access token', async () => {
  await assertRefused(mintRefreshToken(keyRing, { sessionId, generation: 1, salt: Buffer.alloc(16, 1) }));
  for (const typ of ['JWT', 'reset+jwt', 'AT+JWT', 'refresh', undefined, null, ['at+jwt']]) {
    await assertRefused(await sign(claims, { ...header, typ }), 'type');
  }
  // A native payload under the legacy key and the reverse.
  await assertRefused(signWithHmac(legacyHeader, claims));
  await assertRefused(await sign(legacyClaims));
});

test('attack 18: invalid UTF-8, NUL, lone surrogates, arrays, deep nesting', async () => {
  await assertRefused(await sign(Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc3]), Buffer.from('"}')])));
  await assertRefused(await sign('[]'));
  const text = JSON.stringify(claims).slice(0, -1);
  for (const extra of [
    '"x":"\\ud800"',
    '"x":NaN',
    `"x":${'['.repeat(64)}${']'.repeat(64)}`,
    '"x":"a\u0000"',
    '"x":1,',
  ]) {
    await assertRefused(await sign(`${text},${extra}}`));
  }
  await assertRefused(await sign(`\ufeff${text}}`));
});

test('attack 19: a key is honoured while it is in the ring and not after', async () => {
  const retiring = createKeyRing({ authSecret: otherTestSecret });
  const overlap = createKeyRing({ authSecret: testSecret, acceptedAuthSecrets: [otherTestSecret] });
  const token = await sign(claims, { ...header, kid: retiring.signing.kid }, retiring.signing);
  const during = createTestAccessTokens({ keyRing: overlap });
  assert.equal((await during.verify(token, now)).userId, userId);
  await assertRefused(token);
  // Two instances, one of which already signs with the new key.
  const ahead = createTestAccessTokens({ keyRing: overlap });
  assert.equal((await native.verify(await ahead.mint({ userId, sessionId }), now)).userId, userId);
});

test('attack 20: a legacy token after the sunset, also when it was cached before', async () => {
  let clock = now;
  const sunset = createTestLegacyTokens({ acceptUntil: now + 10 });
  const ending = createTokenVerifier({ native, legacy: sunset, now: () => clock, cacheSize: 10 });
  const token = signWithHmac(legacyHeader, legacyClaims);
  assert.equal((await ending.verify(token)).validBefore, now + 10);
  clock = now + 10;
  assert.equal(await outcomeOf(() => ending.verify(token)), 'invalid_token/legacy_sunset');
});

test('attack 20: weak secrets and key files as secrets do not start', () => {
  const pem = keyRing.signing.publicKey.export({ type: 'spki', format: 'pem' });
  for (const secret of [
    '',
    'secret',
    'x'.repeat(31),
    pem,
    `\ufeff ${pem}`,
    JSON.stringify(keyRing.jwks().keys[0]),
    `ssh-rsa ${'A'.repeat(60)}`,
  ]) {
    assert.throws(() => createKeyRing({ authSecret: secret }), UnusableKeyError);
    assert.throws(() => createTestLegacyTokens({ secret }), UnusableKeyError);
  }
  createTestLegacyTokens({ secret: 'é'.repeat(16) });
});

test('no change of a single character leaves a token valid', async () => {
  const good = [await sign(claims), signWithHmac(legacyHeader, legacyClaims)];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...good),
      fc.nat(),
      fc.constantFrom(...Array.from('AZaz09-_.=+/ \n')),
      async (token, at, character) => {
        const index = at % token.length;
        fc.pre(token[index] !== character);
        await assertRefused(token.slice(0, index) + character + token.slice(index + 1));
      },
    ),
  );
});

test('nothing that is not a token is more than a refusal', async () => {
  await fc.assert(fc.asyncProperty(fc.string({ unit: 'binary' }), (text) => assertRefused(text)));
});

function withStrayBits(signature: string): string {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return signature.slice(0, -1) + digits.charAt(digits.indexOf(signature.slice(-1)) + 1);
}

function ecJwkText(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return JSON.stringify(privateKey.export({ format: 'jwk' }));
}
