import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../errors.ts';
import type { TokenPair } from '../services/token-pairs.ts';

// `__Host-`: only this host over TLS (or localhost) can have set it, for all of its paths (RFC 6265bis §4.1.3.2).
const accessName = '__Host-access';
/** Two slots in turn, so that a late answer cannot overwrite the one that followed it. */
const refreshNames = ['__Host-refresh-0', '__Host-refresh-1'] as const;

/** The access token of a browser that keeps its session in cookies. */
export function accessCookie(request: FastifyRequest): string | undefined {
  return valuesOf(request, accessName).at(-1);
}

/** What is in the two slots; which one is newer the tokens say. */
export function refreshCookies(request: FastifyRequest): string[] {
  return refreshNames.flatMap((name) => valuesOf(request, name).at(-1) ?? []);
}

/** Every token that a browser keeps here. */
export function sessionCookies(request: FastifyRequest): string[] {
  return [accessName, ...refreshNames].flatMap((name) => valuesOf(request, name).at(-1) ?? []);
}

/**
 * By the letter of RFC 6265bis §5.7, and not as FastAPI reads cookies: whoever strips more than blanks from a name, as Python
 * and JavaScript do, takes `\u00a0__Host-access` of a neighbouring host, which no browser holds to the prefix, for ours.
 */
function valuesOf({ headers: { cookie = '' } }: FastifyRequest, name: string): string[] {
  return cookie
    .split(';')
    .map((pair) => pair.replace(/^[ \t]+/, ''))
    .flatMap((pair) => (pair.startsWith(`${name}=`) ? pair.slice(name.length + 1).replace(/[ \t]+$/, '') : []));
}

export interface CookieLifetimes {
  accessTokenSeconds: number;
  refreshIdleSeconds: number;
}

export function setSessionCookies(reply: FastifyReply, pair: TokenPair, lifetimes: CookieLifetimes): void {
  const [slot] = slotsOf(pair);
  reply.header('set-cookie', [
    // Lax: a link from another site opens the product signed in. What changes something is checked by its Origin.
    cookie(accessName, pair.access_token, lifetimes.accessTokenSeconds, 'Lax'),
    cookie(slot, pair.refresh_token, lifetimes.refreshIdleSeconds, 'Strict'),
  ]);
}

/** Where a new session begins: what an earlier one, or somebody else, left in the other slot must not come back. */
export function clearOtherSlot(reply: FastifyReply, pair: TokenPair): void {
  const [, other] = slotsOf(pair);
  reply.header('set-cookie', cookie(other, '', 0, 'Strict'));
}

export function clearSessionCookies(reply: FastifyReply): void {
  reply.header(
    'set-cookie',
    [accessName, ...refreshNames].map((name) => cookie(name, '', 0, 'Strict')),
  );
}

/**
 * Cookies come along whoever made the page: a request that changes something must come from a page of ours (ASVS 5.0
 * 3.5.1). Throws AppError `permission_denied`. A browser sends Origin with every such request; nobody else has cookies.
 */
export function assertOwnOrigin(request: FastifyRequest, origins: readonly string[]): void {
  const { origin } = request.headers;
  if (origin === undefined) {
    if (request.headers['sec-fetch-site'] === 'same-origin') return;
    throw new AppError('permission_denied', { reason: 'origin_missing' });
  }
  const isOwn = origin === `${request.protocol}://${request.host}`;
  const isListed = origin !== 'null' && origins.includes(origin);
  if (!isOwn && !isListed) throw new AppError('permission_denied', { reason: 'origin_foreign' });
}

/** Of the two slots, the one that a generation's refresh token belongs into, and the other one. */
function slotsOf({ generation }: TokenPair): readonly [string, string] {
  const [even, odd] = refreshNames;
  return generation % 2 === 0 ? [even, odd] : [odd, even];
}

function cookie(name: string, value: string, maxAgeSeconds: number, sameSite: 'Lax' | 'Strict'): string {
  return `${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; Secure; HttpOnly; SameSite=${sameSite}`;
}
