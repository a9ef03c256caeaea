import { fastapi0128, parseBearerCredentials, type WireProfile } from '@stanchion/wire';
import type { FastifyInstance, FastifyRequest, preValidationAsyncHookHandler } from 'fastify';
import { AppError } from '../errors.ts';
import type { Scope } from '../security/permissions.ts';
import type { AccessService, Actor, Principal } from '../services/access.ts';
import { clientContext } from './request-context.ts';
import { accessCookie, assertOwnOrigin } from './session-cookies.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sends this request; null before authentication and on open routes. */
    principal: Principal | null;
    /** Who acts on a route that asks for a scope; null elsewhere. */
    actor: Actor | null;
  }
}

export interface Guards {
  /** A valid token of an existing, active user. */
  user: preValidationAsyncHookHandler;
  /** A valid token, whether or not its user (still) exists: the route says what then. */
  token: preValidationAsyncHookHandler;
  /** No token, but a page of ours: for what gives or takes cookies. */
  ownOrigin: preValidationAsyncHookHandler;
  /** A user whose role has the scope, or a service token that has it. */
  scope(scope: Scope): preValidationAsyncHookHandler;
}

/** Also writes down what a service refused behind the guards, as guards do with what they refuse. */
export function registerPrincipal(app: FastifyInstance, access: Pick<AccessService, 'noteRefusal'>): void {
  app.decorateRequest('principal', null);
  app.decorateRequest('actor', null);
  app.addHook('onError', async (request, _reply, error) => {
    const isNew = error instanceof AppError && isRefusal(error) && !noted.has(error);
    if (isNew) access.noteRefusal(error, clientContext(request));
  });
}

/** Refusals that a guard has written down. */
const noted = new WeakSet<AppError>();

export interface GuardOptions {
  origins: readonly string[];
  profile: WireProfile;
}

/** Guards run before validation: a request without a valid token learns nothing about its fields. */
export function createGuards(access: AccessService, { origins, profile }: GuardOptions): Guards {
  return {
    user: (request) =>
      noting(request, async () => {
        const principal = await access.authenticate(tokenOf(request));
        access.assertActiveUser(principal);
        request.principal = principal;
      }),
    token: (request) =>
      noting(request, async () => {
        request.principal = await access.authenticate(tokenOf(request));
      }),
    ownOrigin: (request) => noting(request, async () => assertOwnOrigin(request, origins)),
    scope: (scope) => (request) =>
      noting(request, async () => {
        request.actor = await access.authorize(tokenOf(request), scope);
      }),
  };

  /** A header that is there counts, whatever it says: a cookie never mends it. */
  function tokenOf(request: FastifyRequest): string {
    const cookie = request.headers.authorization === undefined ? accessCookie(request) : undefined;
    if (cookie === undefined) return bearerToken(request, profile);
    if (request.method !== 'GET' && request.method !== 'HEAD') assertOwnOrigin(request, origins);
    return cookie;
  }

  async function noting(request: FastifyRequest, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof AppError && isRefusal(error)) {
        noted.add(error);
        access.noteRefusal(error, clientContext(request));
      }
      throw error;
    }
  }
}

/** Trouble with the database is no refusal. */
export function isRefusal({ code }: AppError): boolean {
  return code === 'not_authenticated' || code === 'invalid_token' || code === 'permission_denied';
}

/** The principal that a guard put there. Throws TypeError on a route without a guard: a mistake of ours. */
export function principalOf(request: FastifyRequest): Principal {
  if (!request.principal) throw new TypeError(`route ${request.routeOptions.url} has no guard`);
  return request.principal;
}

/** The actor that a guard put there. Throws TypeError on a route that asks for no scope: a mistake of ours. */
export function actorOf(request: FastifyRequest): Actor {
  if (!request.actor) throw new TypeError(`route ${request.routeOptions.url} asks for no scope`);
  return request.actor;
}

/**
 * Throws AppError `not_authenticated` when the request carries no bearer token (RFC 6750 §2.1): tokens in query or body
 * are never looked at, and of several headers the first counts.
 */
export function bearerToken(request: FastifyRequest, profile: WireProfile = fastapi0128): string {
  const { authorization } = request.headers;
  const sent = parseBearerCredentials(authorization, profile);
  if ('credentials' in sent) return sent.credentials;
  if (sent.problem === 'foreign') throw new AppError('not_authenticated', { reason: 'not_bearer' });
  throw new AppError('not_authenticated', { reason: authorization === undefined ? 'no_header' : 'no_credentials' });
}
