import { createCipheriv, createDecipheriv, createPrivateKey, type KeyObject } from 'node:crypto';
import type { SealKey } from './keys.ts';
import type { RandomBytes } from './random.ts';

const cipher = 'aes-256-gcm';
const version = 1;
const idBytes = 12;
const ivBytes = 12;
const tagBytes = 16;

/**
 * A private key for the database: version, name of the secret, nonce, ciphertext, tag. The kid is authenticated with it,
 * so that a sealed key cannot be moved to another row.
 */
export function sealPrivateKey(
  seal: SealKey,
  { kid, privateKey }: { kid: string; privateKey: KeyObject },
  random: RandomBytes,
): Buffer {
  const iv = random(ivBytes);
  const encipher = createCipheriv(cipher, seal.key, iv).setAAD(Buffer.from(kid));
  const plain = privateKey.export({ format: 'der', type: 'pkcs8' });
  const sealed = [encipher.update(plain), encipher.final(), encipher.getAuthTag()];
  return Buffer.concat([Buffer.of(version), Buffer.from(seal.id), iv, ...sealed]);
}

/** Undefined for what none of the secrets sealed, or what was changed since: such a key is not used. */
export function openSealedKey(seals: readonly SealKey[], kid: string, sealed: Buffer): KeyObject | undefined {
  const id = sealed.subarray(1, 1 + idBytes).toString();
  const seal = sealed[0] === version ? seals.find((candidate) => candidate.id === id) : undefined;
  const start = 1 + idBytes + ivBytes;
  if (seal === undefined || sealed.length <= start + tagBytes) return undefined;
  try {
    const decipher = createDecipheriv(cipher, seal.key, sealed.subarray(1 + idBytes, start))
      .setAAD(Buffer.from(kid))
      .setAuthTag(sealed.subarray(-tagBytes));
    const plain = Buffer.concat([decipher.update(sealed.subarray(start, -tagBytes)), decipher.final()]);
    return createPrivateKey({ key: plain, format: 'der', type: 'pkcs8' });
  } catch {
    return undefined;
  }
}
