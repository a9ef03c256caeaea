import { Type } from '@sinclair/typebox';
import { envelope, model, nullable } from './common.ts';

export const UserCreateRequest = model('UserCreateRequest', {
  email: Type.String(),
  password: Type.String({ 'x-wire': { secret: true } }),
  name: Type.Optional(nullable(Type.String())),
});

export const UserLoginRequest = model('UserLoginRequest', {
  email: Type.String(),
  password: Type.String({ 'x-wire': { secret: true } }),
});

export const UserData = model('UserData', {
  user_id: Type.String({ format: 'uuid' }),
  email: Type.String(),
  name: Type.Optional(nullable(Type.String())),
  is_active: Type.Boolean(),
  created_at: Type.String({ format: 'date-time' }),
  updated_at: Type.String({ format: 'date-time' }),
  token: Type.Optional(nullable(Type.String())),
});

const userAnswer = { data: Type.Optional(nullable(UserData)), message: Type.Optional(nullable(Type.String())) };

export const UserResponse = envelope('UserResponse', userAnswer);
export const UserLoginResponse = envelope('UserLoginResponse', userAnswer);
