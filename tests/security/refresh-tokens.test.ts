import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { AppError } from '../../src/errors.ts';
import { createKeyRing } from '../../src/security/keys.ts';
import {
  deriveTokenId,
  mintRefreshToken,
  parseRefreshToken,
  verifyRefreshToken,
} from '../../src/security/refresh-tokens.ts';
import { isUuid } from '../../src/security/uuid.ts';
import { otherTestSecret, keyRing as ring, sessionId, testSecret, userId } from './support.ts';

const salt = Buffer.alloc(16, 7);
const token = mintRefreshToken(ring, { sessionId, generation: 5, salt });

function reasonOf(text: string, keys = ring): string {
  try {
    parseRefreshToken(keys, text);
    return 'accepted';
  } catch (error) {
    assert.ok(error instanceof AppError && error.code === 'invalid_refresh_token');
    return error.reason ?? '';
  }
}

describe('a refresh token', () => {
  test('has the documented form and says which generation of which session it is', () => {
    assert.match(token, new RegExp(`^v1\\.${ring.refresh.kid}\\.${sessionId}\\.5\\.[A-Za-z0-9_-]{64}$`));
    const parsed = parseRefreshToken(ring, token);
    assert.deepEqual([parsed.sessionId, parsed.generation, parsed.kid], [sessionId, 5, ring.refresh.kid]);
    assert.equal(verifyRefreshToken(ring, parsed, salt), true);
  });

  test('is the same for everyone who asks, on every instance', () => {
    const elsewhere = createKeyRing({ authSecret: testSecret });
    assert.equal(mintRefreshToken(elsewhere, { sessionId, generation: 5, salt }), token);
  });

  test('differs by session, generation, salt and secret', () => {
    const others = [
      mintRefreshToken(ring, { sessionId: userId, generation: 5, salt }),
      mintRefreshToken(ring, { sessionId, generation: 6, salt }),
      mintRefreshToken(ring, { sessionId, generation: 5, salt: Buffer.alloc(16, 8) }),
      mintRefreshToken(createKeyRing({ authSecret: otherTestSecret }), { sessionId, generation: 5, salt }),
    ];
    assert.equal(new Set([token, ...others].map((text) => text.slice(-43))).size, 5);
  });

  test('survives the replacement of the secret while the old one is in the ring', () => {
    const next = createKeyRing({ authSecret: otherTestSecret, acceptedAuthSecrets: [testSecret] });
    assert.equal(verifyRefreshToken(next, parseRefreshToken(next, token), salt), true);
    assert.notEqual(mintRefreshToken(next, { sessionId, generation: 5, salt }), token);
    assert.equal(reasonOf(token, createKeyRing({ authSecret: otherTestSecret })), 'unknown_key');
  });
});

describe('attack 28', () => {
  test('any changed character is refused, without the salt', () => {
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...Array.from('AZaz09-_.=+/ \n')), (at, character) => {
        fc.pre(token[at] !== character);
        const changed = token.slice(0, at) + character + token.slice(at + 1);
        const reason = reasonOf(changed);
        // The last 43 characters hold the MAC that needs the row.
        if (reason === 'accepted')
          assert.equal(verifyRefreshToken(ring, parseRefreshToken(ring, changed), salt), false);
        else assert.match(reason, /^(?:malformed|unknown_key|ring_mac)$/);
      }),
    );
  });

  test('a forged later generation and another session are refused before any row is read', () => {
    assert.equal(reasonOf(token.replace('.5.', '.6.')), 'ring_mac');
    assert.equal(reasonOf(token.replace(sessionId, userId)), 'ring_mac');
  });

  test('the MAC of another session does not fit', () => {
    const other = mintRefreshToken(ring, { sessionId: userId, generation: 5, salt });
    assert.equal(reasonOf(token.slice(0, token.lastIndexOf('.')) + other.slice(other.lastIndexOf('.'))), 'ring_mac');
  });

  test('the salt of another session does not fit', () => {
    assert.equal(verifyRefreshToken(ring, parseRefreshToken(ring, token), Buffer.alloc(16, 8)), false);
  });
});

describe('parsing', () => {
  const [, kid, , , mac] = token.split('.');
  const forms: string[] = [
    '',
    ` ${token}`,
    `${token}\n`,
    `${token}=`,
    `${token}.x`,
    token.toUpperCase(),
    token.replace('v1.', 'v2.'),
    token.replace('.5.', '.05.'),
    token.replace('.5.', '.+5.'),
    token.replace('.5.', '.-5.'),
    token.replace('.5.', '.5e0.'),
    token.replace('.5.', '..'),
    token.replace('.5.', '.9999999999999999.'),
    token.replace(sessionId, sessionId.toUpperCase()),
    token.replace(sessionId, sessionId.replaceAll('-', '')),
    `v1.${kid}.${sessionId}.5.${mac?.slice(1)}`,
    `${token}${'A'.repeat(1_000_000)}`,
  ];
  for (const [index, form] of forms.entries()) {
    test(`refuses form ${index}: ${JSON.stringify(form.slice(0, 80))}`, () =>
      assert.equal(reasonOf(form), 'malformed'));
  }

  test('never throws anything but its refusal', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => reasonOf(text) === 'malformed'));
  });

  test('reads back whatever is minted', () => {
    fc.assert(
      fc.property(
        fc.uuid(),
        fc.maxSafeNat(),
        fc.uint8Array({ minLength: 16, maxLength: 32 }),
        (id, generation, sessionSalt) => {
          const parsed = parseRefreshToken(
            ring,
            mintRefreshToken(ring, { sessionId: id, generation, salt: sessionSalt }),
          );
          assert.deepEqual([parsed.sessionId, parsed.generation], [id, generation]);
          assert.equal(verifyRefreshToken(ring, parsed, sessionSalt), true);
        },
      ),
    );
  });
});

test('the access token of one generation and second has one id', () => {
  const subject = { sessionId, generation: 5, salt };
  assert.ok(isUuid(deriveTokenId(subject, 100)));
  assert.equal(deriveTokenId(subject, 100), deriveTokenId({ ...subject }, 100));
  assert.notEqual(deriveTokenId(subject, 101), deriveTokenId(subject, 100));
  assert.notEqual(deriveTokenId({ ...subject, generation: 6 }, 100), deriveTokenId(subject, 100));
});

test('programming mistakes are no tokens', () => {
  assert.throws(() => mintRefreshToken(ring, { sessionId: 'x', generation: 1, salt }), TypeError);
  assert.throws(() => mintRefreshToken(ring, { sessionId, generation: -1, salt }), TypeError);
  assert.throws(() => mintRefreshToken(ring, { sessionId, generation: 1.5, salt }), TypeError);
  assert.throws(() => mintRefreshToken(ring, { sessionId, generation: 1, salt: new Uint8Array(15) }), TypeError);
});
