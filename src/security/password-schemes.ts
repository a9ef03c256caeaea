import { createHash, createHmac, pbkdf2Sync, scryptSync, timingSafeEqual } from 'node:crypto';
import { hashRawSync } from '@node-rs/argon2';
import { hashSync, verifySync } from '@node-rs/bcrypt';
import type { Argon2Hash, StoredHash } from './password-hashes.ts';
import { shaCrypt } from './sha-crypt.ts';

/**
 * Whether the password gives the stored digest. Synchronous and slow on purpose: only the password worker calls this.
 * bcrypt gets the whole password and compares its first 72 bytes; whether that is allowed is the caller's to decide.
 */
export function matchesStoredHash(password: Uint8Array, stored: StoredHash, pepper?: Uint8Array): boolean {
  switch (stored.scheme) {
    case 'argon2':
      return timingSafeEqual(computeArgon2(password, stored, pepper), stored.digest);
    case 'bcrypt':
      return verifyBcrypt(password, stored);
    case 'pbkdf2': {
      const { salt, iterations, digest, digestName } = stored;
      return timingSafeEqual(pbkdf2Sync(password, salt, iterations, digest.length, digestName), digest);
    }
    case 'scrypt':
      return timingSafeEqual(computeScrypt(password, stored), stored.digest);
    case 'sha-crypt':
      return timingSafeEqual(Buffer.from(shaCrypt(password, stored)), Buffer.from(stored.digest));
    case 'salted-sha256':
    default:
      return timingSafeEqual(createHash('sha256').update(password).update(stored.salt).digest(), stored.digest);
  }
}

/** The digest of these parameters, as many bytes as `stored.digest` has. */
export function computeArgon2(password: Uint8Array, stored: Argon2Hash, pepper?: Uint8Array): Buffer {
  return hashRawSync(password, {
    // Argon2d 0, Argon2i 1, Argon2id 2; V0x10 0, V0x13 1: const enums that exist for the compiler only.
    // oxlint-disable-next-line no-unsafe-enum-assignment -- the enum has no value at run time.
    algorithm: stored.variant === 'id' ? 2 : stored.variant === 'i' ? 1 : 0,
    // oxlint-disable-next-line no-unsafe-enum-assignment -- as above.
    version: stored.version === 19 ? 1 : 0,
    memoryCost: stored.memoryKib,
    timeCost: stored.iterations,
    parallelism: stored.parallelism,
    outputLen: stored.digest.length,
    salt: stored.salt,
    // RFC 9106 §3.1 calls it the secret value K.
    ...(pepper === undefined ? {} : { secret: pepper }),
  });
}

/** A `$2b$` hash as the incumbent makes it: it covers the first 72 bytes, so the caller allows no more. */
export function computeBcrypt(password: Uint8Array, { cost, salt }: { cost: number; salt: Uint8Array }): string {
  return hashSync(password, { cost, salt, version: '2b' });
}

function verifyBcrypt(password: Uint8Array, stored: Extract<StoredHash, { scheme: 'bcrypt' }>): boolean {
  const cost = String(stored.cost).padStart(2, '0');
  return verifySync(prehash(password, stored), `$2b$${cost}$${stored.salt}${stored.digest}`);
}

function prehash(password: Uint8Array, { prehash: kind, salt }: Extract<StoredHash, { scheme: 'bcrypt' }>): Uint8Array {
  switch (kind) {
    case 'none':
      return password;
    case 'passlib-v1':
      return Buffer.from(createHash('sha256').update(password).digest('base64'));
    case 'passlib-v2':
      return Buffer.from(createHmac('sha256', salt).update(password).digest('base64'));
    case 'django':
    default:
      return Buffer.from(createHash('sha256').update(password).digest('hex'));
  }
}

function computeScrypt(password: Uint8Array, stored: Extract<StoredHash, { scheme: 'scrypt' }>): Buffer {
  const { cost, blockSize, parallelism, salt, digest } = stored;
  return scryptSync(password, salt, digest.length, {
    cost,
    blockSize,
    parallelization: parallelism,
    // Node's default of 32 MiB is below passlib's own parameters.
    maxmem: 128 * blockSize * (cost + parallelism + 2),
  });
}
