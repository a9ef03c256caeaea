import { Type } from '@sinclair/typebox';
import { SessionRead, UserRead } from './auth.ts';
import { model, nullable } from './common.ts';

const RoleName = Type.Union([Type.Literal('user'), Type.Literal('admin')]);

export const AdministeredUser = model('AdministeredUser', { ...UserRead.properties, role: Type.String() });

/** Nothing is ignored: with a misspelt member an admin would take a user for disabled who is not, or a token for one that ends. */
const strict = { additionalProperties: false };

export const ChangeAccessRequest = Type.Object(
  { is_active: Type.Optional(Type.Boolean()), role: Type.Optional(RoleName) },
  { title: 'ChangeAccessRequest', ...strict },
);

export const AdministeredUserList = model('AdministeredUserList', { users: Type.Array(AdministeredUser) });

export const UserQuery = Type.Object({ email: Type.String() });
export const UserParams = Type.Object({ user_id: Type.String({ format: 'uuid' }) });
export const UserSessionParams = Type.Object({
  user_id: Type.String({ format: 'uuid' }),
  session_id: Type.String({ format: 'uuid' }),
});
export const ServiceTokenParams = Type.Object({ token_id: Type.String({ format: 'uuid' }) });

const { current: _current, ...session } = SessionRead.properties;

export const AdministeredSessionList = model('AdministeredSessionList', {
  sessions: Type.Array(model('AdministeredSession', session)),
});

export const CreateServiceTokenRequest = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    scopes: Type.Array(Type.String()),
    expires_in_days: Type.Optional(nullable(Type.Integer({ minimum: 1, maximum: 3650 }))),
  },
  { title: 'CreateServiceTokenRequest', ...strict },
);

export const ServiceTokenRead = model('ServiceTokenRead', {
  id: Type.String({ format: 'uuid' }),
  name: Type.String(),
  scopes: Type.Array(Type.String()),
  created_by: nullable(Type.String({ format: 'uuid' })),
  created_at: Type.String({ format: 'date-time' }),
  expires_at: nullable(Type.String({ format: 'date-time' })),
  last_used_at: nullable(Type.String({ format: 'date-time' })),
  revoked_at: nullable(Type.String({ format: 'date-time' })),
});

export const ServiceTokenCreated = model('ServiceTokenCreated', {
  ...ServiceTokenRead.properties,
  token: Type.String(),
});

export const ServiceTokenList = model('ServiceTokenList', { service_tokens: Type.Array(ServiceTokenRead) });

/** RFC 7662 §2.1 and RFC 7009 §2.1. */
export const TokenForm = model('TokenForm', {
  token: Type.String({ 'x-wire': { secret: true } }),
  token_type_hint: Type.Optional(nullable(Type.String())),
});

export const IntrospectionRead = model('IntrospectionRead', {
  active: Type.Boolean(),
  token_type: Type.Optional(Type.String()),
  token_use: Type.Optional(Type.String()),
  sub: Type.Optional(Type.String()),
  sid: Type.Optional(Type.String()),
  exp: Type.Optional(Type.Integer()),
  role: Type.Optional(Type.String()),
  scope: Type.Optional(Type.String()),
});
