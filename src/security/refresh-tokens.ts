import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { AppError } from '../errors.ts';
import { decodeBase64Url } from './base64.ts';
import type { KeyRing, RefreshKey } from './keys.ts';
import { deriveBytes } from './secrets.ts';
import { isUuid, stampUuid } from './uuid.ts';

/** Fresh random bytes, kept on the session's row. Without them no token of that session can be made. */
export const sessionSaltBytes = 16;

/** What a well-formed token of ours says. That it is current is for the session's row to decide. */
export interface ParsedRefreshToken {
  kid: string;
  sessionId: string;
  /** Counts the session's rotations. */
  generation: number;
  /** The MAC that needs the row's salt: see verifyRefreshToken. */
  sessionMac: Buffer;
}

/** One generation of one session, with the salt from the session's row. */
export interface RefreshSubject {
  sessionId: string;
  generation: number;
  salt: Uint8Array;
}

type RefreshRing = Pick<KeyRing, 'refresh' | 'findRefreshKey'>;

/**
 * The token of one generation of one session, `v1.<kid>.<sid>.<generation>.<mac>`. Deterministic: whoever asks for the
 * same generation gets the same bytes, so racing clients all hold the one successor. The last segment holds two MACs:
 * one under the key ring alone, by which junk is refused without a query, and one under a key that also needs the
 * session's salt. Neither the database nor an old token is enough to make one.
 */
export function mintRefreshToken(ring: RefreshRing, { sessionId, generation, salt }: RefreshSubject): string {
  if (!isUuid(sessionId)) throw new TypeError('sessionId must be a canonical UUID');
  if (!isGeneration(generation)) throw new TypeError('generation must be a whole number from 0');
  const body = `v1.${ring.refresh.kid}.${sessionId}.${generation}`;
  const ringMac = macOf(ring.refresh.ringKey, body).subarray(0, ringMacBytes);
  const sessionMac = macOf(sessionKey(ring.refresh, sessionId, salt), body);
  return `${body}.${Buffer.concat([ringMac, sessionMac]).toString('base64url')}`;
}

/**
 * Reads a token that our ring made; takes no database row. Throws AppError `invalid_refresh_token` with the reason
 * `malformed`, `unknown_key` or `ring_mac`. Afterwards sessionId and generation are ours, not the sender's.
 */
export function parseRefreshToken(ring: RefreshRing, text: string): ParsedRefreshToken {
  const { body, kid, sessionId, generation, mac } = splitRefreshToken(text);
  const key = ring.findRefreshKey(kid);
  if (key === undefined) throw invalidRefreshToken('unknown_key');
  const expected = macOf(key.ringKey, body).subarray(0, ringMacBytes);
  if (!timingSafeEqual(mac.subarray(0, ringMacBytes), expected)) throw invalidRefreshToken('ring_mac');
  return { kid, sessionId, generation, sessionMac: mac.subarray(ringMacBytes) };
}

/** Whether the token belongs to the session with this salt; in constant time. False for a salt of another session. */
export function verifyRefreshToken(ring: RefreshRing, parsed: ParsedRefreshToken, salt: Uint8Array): boolean {
  const key = ring.findRefreshKey(parsed.kid);
  if (key === undefined || parsed.sessionMac.length !== sessionMacBytes) return false;
  const body = `v1.${parsed.kid}.${parsed.sessionId}.${parsed.generation}`;
  return timingSafeEqual(parsed.sessionMac, macOf(sessionKey(key, parsed.sessionId, salt), body));
}

/**
 * The id of the access token that goes with one generation, issued at one second (RFC 9562 §5.8, version 8): the same for
 * every caller, so that racing clients get one answer. Not a secret.
 */
export function deriveTokenId({ sessionId, generation, salt }: RefreshSubject, issuedAt: number): string {
  const mac = createHmac('sha256', salt).update(`stanchion token id ${sessionId}.${generation}.${issuedAt}`).digest();
  return stampUuid(mac.subarray(0, 16), 8);
}

const ringMacBytes = 16;
const sessionMacBytes = 32;

// Generations up to 16 digits, so the whole token has at most 139 characters.
const shape =
  /^v1\.([A-Za-z0-9_-]{12})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(0|[1-9][0-9]{0,15})\.([A-Za-z0-9_-]{64})$/;
const maxLength = 139;

function splitRefreshToken(text: string) {
  const [, kid, sessionId, digits, macText] = (text.length <= maxLength ? shape.exec(text) : null) ?? [];
  const mac = macText === undefined ? undefined : decodeBase64Url(macText);
  const generation = Number(digits);
  if (kid === undefined || sessionId === undefined || mac === undefined || !isGeneration(generation)) {
    throw invalidRefreshToken('malformed');
  }
  return { body: text.slice(0, text.lastIndexOf('.')), kid, sessionId, generation, mac };
}

function sessionKey(key: RefreshKey, sessionId: string, salt: Uint8Array): KeyObject {
  if (salt.length < sessionSaltBytes) throw new TypeError(`a session's salt has at least ${sessionSaltBytes} bytes`);
  return createSecretKey(deriveBytes(key.sessionBase, `stanchion refresh token ${sessionId}`, salt));
}

function macOf(key: KeyObject, body: string): Buffer {
  return createHmac('sha256', key).update(body).digest();
}

function isGeneration(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function invalidRefreshToken(reason: string): AppError {
  return new AppError('invalid_refresh_token', { reason });
}
