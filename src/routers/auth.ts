import { type Guards, principalOf } from '../plugins/authenticate.ts';
import { clientContext } from '../plugins/request-context.ts';
import type { App } from '../plugins/typed-app.ts';
import {
  LoginForm,
  LoginRequest,
  RefreshRequest,
  RegisterRequest,
  SessionList,
  SessionParams,
  TokenPair,
  UserRead,
} from '../schemas/auth.ts';
import type { SessionsService } from '../services/sessions.ts';
import type { UsersService } from '../services/users.ts';

export interface AuthServices {
  sessions: SessionsService;
  users: UsersService;
}

export function registerAuth(app: App, { sessions, users }: AuthServices, guards: Guards): void {
  const open = { tags: ['sessions'] };
  const bearer = { tags: ['sessions'], security: ['HTTPBearer'] };

  app.post(
    '/auth/register',
    {
      schema: { body: RegisterRequest, response: { 201: UserRead } },
      config: { passwordWork: true, openapi: { name: 'register', ...open } },
    },
    async (request, reply) => reply.code(201).send(await users.register(request.body, clientContext(request))),
  );

  app.post(
    '/auth/login',
    {
      schema: { body: LoginRequest, response: { 200: TokenPair } },
      config: { passwordWork: true, wire: { form: LoginForm }, openapi: { name: 'login', ...open } },
    },
    (request) => users.logIn(request.body, clientContext(request)),
  );

  app.post(
    '/auth/refresh',
    {
      schema: { body: RefreshRequest, response: { 200: TokenPair } },
      config: { openapi: { name: 'refresh', ...open } },
    },
    (request) => sessions.refresh(request.body.refresh_token, clientContext(request)),
  );

  app.post(
    '/auth/logout',
    { preValidation: guards.token, config: { wire: { status: 204 }, openapi: { name: 'logout', ...bearer } } },
    async (request) => {
      await sessions.end(principalOf(request), clientContext(request));
    },
  );

  app.post(
    '/auth/logout-all',
    { preValidation: guards.token, config: { wire: { status: 204 }, openapi: { name: 'logout_all', ...bearer } } },
    async (request) => {
      await sessions.endAll(principalOf(request), clientContext(request));
    },
  );

  app.get(
    '/auth/me',
    {
      preValidation: guards.user,
      schema: { response: { 200: UserRead } },
      config: { openapi: { name: 'me', ...bearer } },
    },
    (request) => users.get(principalOf(request)),
  );

  app.get(
    '/auth/sessions',
    {
      preValidation: guards.user,
      schema: { response: { 200: SessionList } },
      config: { openapi: { name: 'list_sessions', ...bearer } },
    },
    async (request) => ({ sessions: await sessions.list(principalOf(request)) }),
  );

  app.delete(
    '/auth/sessions',
    {
      preValidation: guards.user,
      config: { wire: { status: 204 }, openapi: { name: 'end_other_sessions', ...bearer } },
    },
    async (request) => {
      await sessions.endOthers(principalOf(request), clientContext(request));
    },
  );

  app.delete(
    '/auth/sessions/:session_id',
    {
      preValidation: guards.user,
      schema: { params: SessionParams },
      config: { wire: { status: 204 }, openapi: { name: 'end_session', ...bearer } },
    },
    async (request) => {
      await sessions.endOne(principalOf(request), request.params.session_id, clientContext(request));
    },
  );
}
