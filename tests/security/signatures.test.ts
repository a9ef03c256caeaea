import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, test } from 'node:test';
import { CompactSign, compactVerify } from 'jose';
import { type SignatureAlgorithm, signText, verifySignature } from '../../src/security/signatures.ts';

const pairs: Readonly<Record<SignatureAlgorithm, { publicKey: KeyObject; privateKey: KeyObject }>> = {
  EdDSA: generateKeyPairSync('ed25519'),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
};
const algorithms = ['EdDSA', 'ES256', 'RS256'] as const;

/** Its parts as the verifier takes them. */
function takeApart(token: string): { signingInput: string; signature: Buffer } {
  const end = token.lastIndexOf('.');
  return { signingInput: token.slice(0, end), signature: Buffer.from(token.slice(end + 1), 'base64url') };
}

describe('signatures', () => {
  for (const algorithm of algorithms) {
    const { publicKey, privateKey } = pairs[algorithm];
    const key = { algorithm, publicKey };

    test(`of ${algorithm} by jose are right, and wrong once a bit of them or of the text is another`, async () => {
      const signed = await new CompactSign(Buffer.from('{"a":1}'))
        .setProtectedHeader({ alg: algorithm })
        .sign(privateKey);
      const parts = takeApart(signed);
      assert.equal(verifySignature(key, parts), true);
      for (const at of [0, 31, 32, parts.signature.length - 1]) {
        const signature = Buffer.from(parts.signature);
        signature.writeUInt8(signature.readUInt8(at) ^ 1, at);
        assert.equal(verifySignature(key, { ...parts, signature }), false, `byte ${at}`);
      }
      assert.equal(verifySignature(key, { ...parts, signingInput: `${parts.signingInput}A` }), false);
    });

    test(`of ${algorithm} by us are right for jose`, async () => {
      const signingInput = `${Buffer.from(JSON.stringify({ alg: algorithm })).toString('base64url')}.eyJhIjoxfQ`;
      const signature = signText({ algorithm, privateKey }, signingInput).toString('base64url');
      const { payload } = await compactVerify(`${signingInput}.${signature}`, publicKey, { algorithms: [algorithm] });
      assert.equal(Buffer.from(payload).toString(), '{"a":1}');
    });

    test(`of ${algorithm} by another key, cut short, lengthened, of zeros and empty are wrong`, () => {
      const signature = signText({ algorithm, privateKey }, 'a.b');
      const wrong = [
        ...[signature.subarray(0, -1), Buffer.concat([signature, Buffer.alloc(1)]), Buffer.alloc(signature.length)],
        ...[Buffer.alloc(0), Buffer.concat([signature, signature])],
      ];
      for (const bytes of wrong) assert.equal(verifySignature(key, { signingInput: 'a.b', signature: bytes }), false);
      const other = generateKeyPairSync('ed25519').publicKey;
      if (algorithm === 'EdDSA') {
        assert.equal(verifySignature({ algorithm, publicKey: other }, { signingInput: 'a.b', signature }), false);
      }
    });
  }

  test('of ES256 are no DER, which has many spellings', () => {
    const { publicKey, privateKey } = pairs.ES256;
    const raw = signText({ algorithm: 'ES256', privateKey }, 'a.b');
    const der = Buffer.concat([
      Buffer.from([0x30, 0x44, 2, 0x20]),
      raw.subarray(0, 32),
      Buffer.from([2, 0x20]),
      raw.subarray(32),
    ]);
    assert.equal(verifySignature({ algorithm: 'ES256', publicKey }, { signingInput: 'a.b', signature: der }), false);
  });

  test('of EdDSA are those of RFC 8037, appendix A.4', () => {
    const publicKey = createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
      format: 'jwk',
    });
    const token =
      'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg';
    assert.equal(verifySignature({ algorithm: 'EdDSA', publicKey }, takeApart(token)), true);
  });

  test('of EdDSA with S beyond the order of the group are wrong (RFC 8032 §5.1.7)', () => {
    const { publicKey, privateKey } = pairs.EdDSA;
    const signature = signText({ algorithm: 'EdDSA', privateKey }, 'a.b');
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`) + order;
    const malleable = Buffer.concat([
      signature.subarray(0, 32),
      Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse(),
    ]);
    assert.equal(
      verifySignature({ algorithm: 'EdDSA', publicKey }, { signingInput: 'a.b', signature: malleable }),
      false,
    );
  });
});
