import { createHmac } from 'node:crypto';
import { AppError } from '../../src/errors.ts';
import { createAccessTokens } from '../../src/security/access-tokens.ts';
import { createKeyRing } from '../../src/security/keys.ts';
import { createLegacyTokens } from '../../src/security/legacy-tokens.ts';

export const testSecret = 'test-secret-only-for-tests-0123456789-abcdefghij';
export const otherTestSecret = 'another-test-secret-only-for-tests-9876543210-xy';
export const now = 1_800_000_000;
export const userId = '6a26ce8b-c3d0-4fe4-b8e6-c6f6060d7f3c';
export const sessionId = '0b8f7a51-31f2-4d3c-9f0e-5a0d5b0f9c11';
export const issuer = 'https://api.example';
export const audience = 'stanchion-test';

export const keyRing = createKeyRing({ authSecret: testSecret });

export function createTestAccessTokens(options: Partial<Parameters<typeof createAccessTokens>[0]> = {}) {
  return createAccessTokens({ keyRing, issuer, audience, lifetimeSeconds: 900, now: () => now, ...options });
}

export function createTestLegacyTokens(options: Partial<Parameters<typeof createLegacyTokens>[0]> = {}) {
  return createLegacyTokens({ secret: testSecret, now: () => now, ...options });
}

export function encodeSegment(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

/** A token of these parts, HMAC-signed; texts stand for themselves, other values for their JSON. */
export function signWithHmac(header: unknown, payload: unknown, key: string | Buffer = testSecret): string {
  const signingInput = `${encodeSegment(header)}.${encodeSegment(payload)}`;
  return `${signingInput}.${createHmac('sha256', key).update(signingInput).digest('base64url')}`;
}

/** What a promise or a function refused with, in one comparable text: `code/reason`, `accepted`, or the crash. */
export async function outcomeOf(action: () => unknown): Promise<string> {
  try {
    await action();
    return 'accepted';
  } catch (error) {
    if (error instanceof AppError) return `${error.code}/${error.reason ?? ''}`;
    return error instanceof Error ? `crash: ${error.stack}` : 'crash';
  }
}
