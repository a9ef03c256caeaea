import { Type } from '@sinclair/typebox';
import { model, nullable } from './common.ts';

export const Password = Type.String({ 'x-wire': { secret: true } });

export const RegisterRequest = model('RegisterRequest', {
  email: Type.String(),
  password: Password,
  name: Type.Optional(nullable(Type.String())),
});

/** `username` is the OAuth2 name of the same thing. */
export const LoginRequest = model('LoginRequest', {
  email: Type.Optional(nullable(Type.String())),
  username: Type.Optional(nullable(Type.String())),
  password: Password,
});

/** RFC 6749 §4.3.2, as FastAPI's OAuth2PasswordRequestForm reads it. */
export const LoginForm = model('LoginForm', {
  grant_type: Type.Optional(nullable(Type.String({ pattern: '^password$' }))),
  username: Type.String(),
  password: Password,
  scope: Type.String({ default: '' }),
  client_id: Type.Optional(nullable(Type.String())),
  client_secret: Type.Optional(nullable(Type.String({ 'x-wire': { secret: true } }))),
});

export const RefreshRequest = model('RefreshRequest', { refresh_token: Type.String({ 'x-wire': { secret: true } }) });

export const TokenPair = model('TokenPair', {
  access_token: Type.String(),
  refresh_token: Type.String(),
  token_type: Type.String(),
  expires_in: Type.Integer(),
  /** Only adds: tells an answer that comes late from the latest one. */
  generation: Type.Integer(),
});

/** The tokens themselves are in cookies. */
export const CookieSession = model('CookieSession', { expires_in: Type.Integer(), generation: Type.Integer() });

export const UserRead = model('UserRead', {
  id: Type.String({ format: 'uuid' }),
  email: Type.String(),
  name: nullable(Type.String()),
  is_active: Type.Boolean(),
  created_at: Type.String({ format: 'date-time' }),
  updated_at: Type.String({ format: 'date-time' }),
  email_verified: Type.Boolean(),
});

export const SessionRead = model('SessionRead', {
  id: Type.String({ format: 'uuid' }),
  kind: Type.String(),
  user_agent: nullable(Type.String()),
  ip: nullable(Type.String()),
  created_at: Type.String({ format: 'date-time' }),
  last_used_at: Type.String({ format: 'date-time' }),
  absolute_expires_at: Type.String({ format: 'date-time' }),
  current: Type.Boolean(),
});

export const SessionList = model('SessionList', { sessions: Type.Array(SessionRead) });

export const SessionParams = Type.Object({ session_id: Type.String({ format: 'uuid' }) });
