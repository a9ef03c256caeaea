import { type KeyObject, sign, verify } from 'node:crypto';

/** Asymmetric signatures of RFC 7518 §3 and RFC 8037 §3.1. */
export type SignatureAlgorithm = 'EdDSA' | 'ES256' | 'RS256';

/**
 * Synchronous: through WebCrypto, which works in libuv's pool, the same check takes twice the CPU, waits for whoever else is
 * there, and lets requests that arrive together with a new token each check it. `key` must be of the algorithm: that is for
 * whoever reads keys (keys.ts, strict-tokens.ts).
 */
export function verifySignature(
  { algorithm, publicKey }: { algorithm: SignatureAlgorithm; publicKey: KeyObject },
  { signingInput, signature }: { signingInput: string; signature: Uint8Array },
): boolean {
  // RFC 7518 §3.4: R and S of 32 octets each. Other lengths are not for a library to interpret.
  if (algorithm === 'ES256' && signature.length !== es256SignatureBytes) return false;
  return verify(digestOf[algorithm], toBytes(signingInput), { key: publicKey, dsaEncoding }, signature);
}

export function signText(
  { algorithm, privateKey }: { algorithm: SignatureAlgorithm; privateKey: KeyObject },
  signingInput: string,
): Buffer {
  return sign(digestOf[algorithm], toBytes(signingInput), { key: privateKey, dsaEncoding });
}

const es256SignatureBytes = 64;

/** Null: the algorithm has its own (RFC 8032). */
const digestOf = { EdDSA: null, ES256: 'sha256', RS256: 'sha256' } as const;

/** The concatenation of RFC 7518 §3.4, not DER; other kinds of keys take no notice. */
const dsaEncoding = 'ieee-p1363';

/** Base64url and dots: one byte a character. */
function toBytes(signingInput: string): Buffer {
  return Buffer.from(signingInput, 'latin1');
}
