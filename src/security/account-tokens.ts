import { createHash } from 'node:crypto';
import type { RandomBytes } from './random.ts';

/** 256 bits (ASVS 11.5.1): nobody guesses it, so that an unsalted digest is enough to keep it. */
const secretBytes = 32;

/** What a mail carries, and the only form of it that is stored. */
export interface AccountToken {
  token: string;
  hash: Buffer;
}

export function createAccountToken(random: RandomBytes): AccountToken {
  const token = Buffer.from(random(secretBytes)).toString('base64url');
  return { token, hash: hashAccountToken(token) };
}

/** Of any text: what is no token simply has no row. */
export function hashAccountToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
