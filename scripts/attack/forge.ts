import { createHmac, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import type { KnownKey } from './types.ts';

export function segment(value: unknown): string {
  const bytes =
    typeof value === 'string'
      ? Buffer.from(value)
      : Buffer.isBuffer(value)
        ? value
        : Buffer.from(JSON.stringify(value));
  return bytes.toString('base64url');
}

/** Any header and payload under HMAC; both may be texts, so that what is no JSON can be signed too. */
export function signHmac(header: unknown, payload: unknown, secret: string | Buffer, digest = 'sha256'): string {
  const input = `${segment(header)}.${segment(payload)}`;
  return `${input}.${createHmac(digest, secret).update(input).digest('base64url')}`;
}

/** The same under a key of the server. */
export function signWith(key: KnownKey, payload: unknown, header: unknown = headerOf(key)): string {
  const input = `${segment(header)}.${segment(payload)}`;
  const isEd = key.privateKey.asymmetricKeyType === 'ed25519';
  const signature = sign(
    isEd ? null : 'sha256',
    Buffer.from(input),
    isEd ? key.privateKey : { key: key.privateKey, dsaEncoding: 'ieee-p1363' },
  );
  return `${input}.${signature.toString('base64url')}`;
}

export function headerOf({ kid, alg }: KnownKey): Record<string, unknown> {
  return { alg, typ: 'at+jwt', kid };
}

export function partsOf(token: string): {
  header: Record<string, unknown>;
  payload: Record<string, unknown>;
  signature: string;
} {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return { header: decode(header), payload: decode(payload), signature };
}

export function publicPem(key: KnownKey): string {
  return createPublicKey(key.privateKey).export({ format: 'pem', type: 'spki' });
}

export function keyOfJwk(jwk: { kid: string; alg: 'EdDSA' | 'ES256' } & Record<string, unknown>): KnownKey {
  const privateKey: KeyObject = createPrivateKey({ key: jwk, format: 'jwk' });
  return { kid: jwk.kid, alg: jwk.alg, privateKey };
}

function decode(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
