import { actorOf, type Guards } from '../plugins/authenticate.ts';
import { clientContext } from '../plugins/request-context.ts';
import type { App } from '../plugins/typed-app.ts';
import {
  AdministeredSessionList,
  AdministeredUser,
  AdministeredUserList,
  ChangeAccessRequest,
  CreateServiceTokenRequest,
  ServiceTokenCreated,
  ServiceTokenList,
  ServiceTokenParams,
  UserParams,
  UserQuery,
  UserSessionParams,
} from '../schemas/administration.ts';
import type { AdministrationService } from '../services/administration.ts';
import type { ServiceTokensService } from '../services/service-tokens.ts';

const bearer = { tags: ['administration'], security: ['HTTPBearer'] };

export interface AdministrationServices {
  administration: AdministrationService;
  serviceTokens: ServiceTokensService;
}

export function registerAdministration(app: App, services: AdministrationServices, guards: Guards): void {
  registerUsers(app, services.administration, guards);
  registerSessions(app, services.administration, guards);
  registerServiceTokens(app, services.serviceTokens, guards);
}

function registerUsers(app: App, administration: AdministrationService, guards: Guards): void {
  app.get(
    '/admin/users',
    {
      preValidation: guards.scope('users:read'),
      schema: { querystring: UserQuery, response: { 200: AdministeredUserList } },
      config: { openapi: { name: 'admin_find_user', ...bearer } },
    },
    async (request) => {
      const found = await administration.findUserByEmail(request.query.email);
      return { users: found ? [found] : [] };
    },
  );

  app.get(
    '/admin/users/:user_id',
    {
      preValidation: guards.scope('users:read'),
      schema: { params: UserParams, response: { 200: AdministeredUser } },
      config: { openapi: { name: 'admin_get_user', ...bearer } },
    },
    (request) => administration.getUser(request.params.user_id),
  );

  app.patch(
    '/admin/users/:user_id',
    {
      preValidation: guards.scope('users:write'),
      schema: { params: UserParams, body: ChangeAccessRequest, response: { 200: AdministeredUser } },
      config: { openapi: { name: 'admin_change_access', ...bearer } },
    },
    (request) =>
      administration.setAccess(request.params.user_id, request.body, actorOf(request), clientContext(request)),
  );
}

function registerSessions(app: App, administration: AdministrationService, guards: Guards): void {
  app.get(
    '/admin/users/:user_id/sessions',
    {
      preValidation: guards.scope('users:read'),
      schema: { params: UserParams, response: { 200: AdministeredSessionList } },
      config: { openapi: { name: 'admin_list_sessions', ...bearer } },
    },
    async (request) => ({ sessions: await administration.listSessions(request.params.user_id) }),
  );

  app.delete(
    '/admin/users/:user_id/sessions',
    {
      preValidation: guards.scope('sessions:end'),
      schema: { params: UserParams },
      config: { wire: { status: 204 }, openapi: { name: 'admin_end_sessions', ...bearer } },
    },
    async (request) => {
      await administration.endSessions(request.params.user_id, actorOf(request), clientContext(request));
    },
  );

  app.delete(
    '/admin/users/:user_id/sessions/:session_id',
    {
      preValidation: guards.scope('sessions:end'),
      schema: { params: UserSessionParams },
      config: { wire: { status: 204 }, openapi: { name: 'admin_end_session', ...bearer } },
    },
    async (request) => {
      const { user_id, session_id } = request.params;
      await administration.endSession(user_id, session_id, actorOf(request), clientContext(request));
    },
  );
}

function registerServiceTokens(app: App, serviceTokens: ServiceTokensService, guards: Guards): void {
  app.post(
    '/admin/service-tokens',
    {
      preValidation: guards.scope('service-tokens:write'),
      schema: { body: CreateServiceTokenRequest, response: { 201: ServiceTokenCreated } },
      config: { openapi: { name: 'create_service_token', ...bearer } },
    },
    async (request, reply) =>
      reply.code(201).send(await serviceTokens.create(request.body, actorOf(request), clientContext(request))),
  );

  app.get(
    '/admin/service-tokens',
    {
      preValidation: guards.scope('service-tokens:write'),
      schema: { response: { 200: ServiceTokenList } },
      config: { openapi: { name: 'list_service_tokens', ...bearer } },
    },
    async () => ({ service_tokens: await serviceTokens.list() }),
  );

  app.delete(
    '/admin/service-tokens/:token_id',
    {
      preValidation: guards.scope('service-tokens:write'),
      schema: { params: ServiceTokenParams },
      config: { wire: { status: 204 }, openapi: { name: 'revoke_service_token', ...bearer } },
    },
    async (request) => {
      await serviceTokens.revoke(request.params.token_id, actorOf(request), clientContext(request));
    },
  );
}
