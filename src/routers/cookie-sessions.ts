import type { FastifyReply } from 'fastify';
import type { Guards } from '../plugins/authenticate.ts';
import { clientContext } from '../plugins/request-context.ts';
import {
  type CookieLifetimes,
  clearOtherSlot,
  clearSessionCookies,
  refreshCookies,
  sessionCookies,
  setSessionCookies,
} from '../plugins/session-cookies.ts';
import type { App } from '../plugins/typed-app.ts';
import { CookieSession, LoginRequest } from '../schemas/auth.ts';
import type { IntrospectionService } from '../services/introspection.ts';
import type { SessionsService } from '../services/sessions.ts';
import type { TokenPair } from '../services/token-pairs.ts';
import type { UsersService } from '../services/users.ts';

export interface CookieSessionOptions {
  introspection: Pick<IntrospectionService, 'revoke'>;
  sessions: SessionsService;
  users: UsersService;
  lifetimes: CookieLifetimes;
}

/** The same sessions for browsers: the tokens stay in cookies that no script reads. Bearer routes set none. */
export function registerCookieSessions(app: App, options: CookieSessionOptions, guards: Guards): void {
  const { introspection, sessions, users, lifetimes } = options;
  const open = { tags: ['sessions'] };

  function answer(reply: FastifyReply, pair: TokenPair) {
    setSessionCookies(reply, pair, lifetimes);
    return { expires_in: pair.expires_in, generation: pair.generation };
  }

  app.post(
    '/auth/cookie/login',
    {
      // Otherwise another site could sign its visitors in as somebody else.
      preValidation: guards.ownOrigin,
      schema: { body: LoginRequest, response: { 200: CookieSession } },
      config: { passwordWork: true, openapi: { name: 'cookie_login', ...open } },
    },
    async (request, reply) => {
      const pair = await users.logIn(request.body, clientContext(request));
      clearOtherSlot(reply, pair);
      return answer(reply, pair);
    },
  );

  app.post(
    '/auth/cookie/refresh',
    {
      preValidation: guards.ownOrigin,
      schema: { response: { 200: CookieSession } },
      config: { openapi: { name: 'cookie_refresh', ...open } },
    },
    // Whatever goes wrong, the cookies stay: a lost race or a database that is away must not sign anybody out.
    async (request, reply) =>
      answer(reply, await sessions.refreshNewest(refreshCookies(request), clientContext(request))),
  );

  app.post(
    '/auth/cookie/logout',
    { preValidation: guards.ownOrigin, config: { wire: { status: 204 }, openapi: { name: 'cookie_logout', ...open } } },
    // Whichever token is left proves it: the access token's cookie is gone after a few minutes, the session is not.
    async (request, reply) => {
      for (const token of sessionCookies(request)) await introspection.revoke(token, clientContext(request));
      clearSessionCookies(reply);
    },
  );
}
