import { createHmac } from 'node:crypto';

/** Stands in a list for the secret that was in use while AUTH_SECRET was not set. */
const derivedWord = 'JWT_SECRET';

/** A key of its own purpose (HMAC as a PRF): the incumbent's secret itself never signs anything new. */
export function deriveAuthSecret(jwtSecret: string): string {
  return createHmac('sha512', jwtSecret).update('stanchion auth secret v1').digest('base64url');
}

export function isDerivedWord(entry: string): boolean {
  return entry === derivedWord;
}
