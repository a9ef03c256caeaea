import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

/** Below this an HMAC key can be guessed offline from one token (RFC 7518 §3.2 asks for the digest's size). */
export const minSecretBytes = 32;

export type KeyFault = 'weak_secret' | 'public_key_as_secret' | 'invalid_key';

/** A key that must not be used: the process should not start with it. The value itself is never in the message. */
export class UnusableKeyError extends TypeError {
  override readonly name = 'UnusableKeyError';
  readonly code: KeyFault;

  constructor(code: KeyFault, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * The UTF-8 bytes of a shared secret as a KeyObject.
 * Throws UnusableKeyError: `weak_secret` under 32 bytes; `public_key_as_secret` for text that looks like a PEM block, an
 * OpenSSH key or a JWK, because what everybody may read must never be an HMAC key (RFC 8725 §2.1).
 */
export function createHmacKey(secret: string): KeyObject {
  if (looksLikeKeyFile(secret)) {
    throw new UnusableKeyError('public_key_as_secret', 'the secret looks like a key file (PEM, OpenSSH or JWK)');
  }
  const bytes = Buffer.from(secret, 'utf8');
  if (bytes.length < minSecretBytes) {
    throw new UnusableKeyError(
      'weak_secret',
      `the secret has ${bytes.length} bytes, at least ${minSecretBytes} are needed`,
    );
  }
  return createSecretKey(bytes);
}

/** 32 bytes for one purpose from one secret (HKDF-SHA256, RFC 5869): another label gives unrelated bytes. */
export function deriveBytes(key: KeyObject, label: string, salt: Uint8Array = new Uint8Array()): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, label, 32));
}

function looksLikeKeyFile(secret: string): boolean {
  return (
    secret.includes('-----BEGIN ') ||
    /^\s*(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-)/.test(secret) ||
    (/^\s*\{/.test(secret) && /"kty"\s*:/.test(secret))
  );
}
