import { fastapi0128, parseBearerCredentials, type WireProfile } from '@stanchion/wire';
import type { FastifyInstance, FastifyRequest, preValidationAsyncHookHandler } from 'fastify';
import { AppError } from '../errors.ts';
import type { AccessService, Principal } from '../services/access.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sends this request; null before authentication and on open routes. */
    principal: Principal | null;
  }
}

export interface Guards {
  /** A valid token of an existing, active user. */
  user: preValidationAsyncHookHandler;
  /** A valid token, whether or not its user (still) exists: the route says what then. */
  token: preValidationAsyncHookHandler;
}

export function registerPrincipal(app: FastifyInstance): void {
  app.decorateRequest('principal', null);
}

/** Guards run before validation: a request without a valid token learns nothing about its fields. */
export function createGuards(access: AccessService, profile: WireProfile): Guards {
  return {
    async user(request) {
      const principal = await access.authenticate(bearerToken(request, profile));
      access.assertActiveUser(principal);
      request.principal = principal;
    },
    async token(request) {
      request.principal = await access.authenticate(bearerToken(request, profile));
    },
  };
}

/** The principal that a guard put there. Throws TypeError on a route without a guard: a mistake of ours. */
export function principalOf(request: FastifyRequest): Principal {
  if (!request.principal) throw new TypeError(`route ${request.routeOptions.url} has no guard`);
  return request.principal;
}

/**
 * Throws AppError `not_authenticated` when the request carries no bearer token (RFC 6750 §2.1): tokens in query, body or
 * cookie are never looked at, and of several headers the first counts.
 */
export function bearerToken(request: FastifyRequest, profile: WireProfile = fastapi0128): string {
  const { authorization } = request.headers;
  const sent = parseBearerCredentials(authorization, profile);
  if ('credentials' in sent) return sent.credentials;
  if (sent.problem === 'foreign') throw new AppError('not_authenticated', { reason: 'not_bearer' });
  throw new AppError('not_authenticated', { reason: authorization === undefined ? 'no_header' : 'no_credentials' });
}
