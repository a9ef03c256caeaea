import type { FastifyRequest } from 'fastify';
import { AppError } from '../errors.ts';
import { bearerToken, type Guards, isRefusal, principalOf } from '../plugins/authenticate.ts';
import { clientContext } from '../plugins/request-context.ts';
import type { App } from '../plugins/typed-app.ts';
import { UserCreateRequest, UserLoginRequest, UserLoginResponse, UserResponse } from '../schemas/legacy-auth.ts';
import type { AccessService, Principal } from '../services/access.ts';
import type { LegacyAuthService } from '../services/legacy-auth.ts';
import type { User } from '../services/users.ts';

export interface LegacyAuthServices {
  access: AccessService;
  legacyAuth: LegacyAuthService;
}

export interface LegacyAuthRoutes {
  guards: Guards;
  /** The incumbent's 422 holds what was sent, passwords too. */
  echoesSecrets: boolean;
}

/** The incumbent's own account routes, with its envelope and its token. */
export function registerLegacyAuth(
  app: App,
  { access, legacyAuth }: LegacyAuthServices,
  { guards, echoesSecrets }: LegacyAuthRoutes,
): void {
  const tags = ['auth'];
  const wire = { maskSecrets: !echoesSecrets };

  app.post(
    '/api/v1/auth/signup',
    {
      schema: { body: UserCreateRequest, response: { 201: UserResponse } },
      config: { passwordWork: true, wire, openapi: { name: 'signup', tags } },
    },
    async (request, reply) => {
      const { user, token } = await legacyAuth.signUp(request.body, clientContext(request));
      return reply.code(201).send({ success: true, data: userData(user, token), message: null });
    },
  );

  app.post(
    '/api/v1/auth/signin',
    {
      schema: { body: UserLoginRequest, response: { 200: UserLoginResponse } },
      config: { passwordWork: true, wire, openapi: { name: 'signin', tags } },
    },
    async (request) => {
      const { user, token } = await legacyAuth.signIn(request.body, clientContext(request));
      return { success: true, data: userData(user, token), message: null };
    },
  );

  app.post('/api/v1/auth/signout', { config: { openapi: { name: 'signout', tags } } }, async (request) => {
    await legacyAuth.signOut(() => findPrincipal(access, request), clientContext(request));
    return { success: true, message: 'Successfully signed out' };
  });

  app.get(
    '/api/v1/auth/me',
    {
      preValidation: guards.token,
      schema: { response: { 200: UserResponse } },
      config: { openapi: { name: 'get_current_user_profile', tags, security: ['HTTPBearer'] } },
    },
    async (request) => {
      const user = await legacyAuth.profile(principalOf(request));
      return { success: true, data: userData(user, null), message: null };
    },
  );
}

function userData(user: User, token: string | null) {
  const { id, ...rest } = user;
  return { user_id: id, ...rest, token };
}

/** Signing out needs no token and never fails for a bad one; trouble with the database is no bad token. */
async function findPrincipal(access: AccessService, request: FastifyRequest): Promise<Principal | undefined> {
  try {
    return await access.authenticate(bearerToken(request));
  } catch (error) {
    if (error instanceof AppError && isRefusal(error)) return undefined;
    throw error;
  }
}
