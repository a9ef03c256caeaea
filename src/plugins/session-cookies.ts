import { parseCookies } from '@stanchion/wire';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../errors.ts';
import type { TokenPair } from '../services/token-pairs.ts';

// `__Host-`: only this host over TLS (or localhost) can have set it, for all of its paths (RFC 6265bis §4.1.3.2).
const accessName = '__Host-access';
/** Two slots in turn, so that a late answer cannot overwrite the one that followed it. */
const refreshNames = ['__Host-refresh-0', '__Host-refresh-1'] as const;

/** The access token of a browser that keeps its session in cookies. */
export function accessCookie(request: FastifyRequest): string | undefined {
  const { cookie } = request.headers;
  return cookie === undefined ? undefined : parseCookies(cookie).get(accessName);
}

/** What is in the two slots; which one is newer the tokens say. */
export function refreshCookies(request: FastifyRequest): string[] {
  const cookies = parseCookies(request.headers.cookie);
  return refreshNames.flatMap((name) => cookies.get(name) ?? []);
}

export interface CookieLifetimes {
  accessTokenSeconds: number;
  refreshIdleSeconds: number;
}

export function setSessionCookies(reply: FastifyReply, pair: TokenPair, lifetimes: CookieLifetimes): void {
  const slot = refreshNames[pair.generation % 2 === 0 ? 0 : 1];
  reply.header('set-cookie', [
    // Lax: a link from another site opens the product signed in. What changes something is checked by its Origin.
    cookie(accessName, pair.access_token, lifetimes.accessTokenSeconds, 'Lax'),
    cookie(slot, pair.refresh_token, lifetimes.refreshIdleSeconds, 'Strict'),
  ]);
}

/** Before a new session begins: what an earlier one, or somebody else, left there must not come back. */
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

function cookie(name: string, value: string, maxAgeSeconds: number, sameSite: 'Lax' | 'Strict'): string {
  return `${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; Secure; HttpOnly; SameSite=${sameSite}`;
}
