import { Type } from '@sinclair/typebox';
import { Password, SessionRead, UserRead } from './auth.ts';
import { model, nullable } from './common.ts';
import { TaskRead } from './tasks.ts';

const MailedToken = Type.String({ 'x-wire': { secret: true } });

export const ForgotPasswordRequest = model('ForgotPasswordRequest', { email: Type.String() });

export const ResetPasswordRequest = model('ResetPasswordRequest', { token: MailedToken, password: Password });

export const ChangePasswordRequest = model('ChangePasswordRequest', {
  current_password: Password,
  new_password: Password,
});

export const MailedTokenRequest = model('MailedTokenRequest', { token: MailedToken });

export const ChangeEmailRequest = model('ChangeEmailRequest', { email: Type.String(), current_password: Password });

export const DeleteAccountRequest = model('DeleteAccountRequest', { current_password: Password });

const { current: _current, ...session } = SessionRead.properties;
const instant = () => Type.String({ format: 'date-time' });

export const PersonalData = model('PersonalData', {
  user: model('ExportedUser', {
    ...UserRead.properties,
    email_verified_at: nullable(instant()),
    role: nullable(Type.String()),
  }),
  sessions: Type.Array(
    model('ExportedSession', { ...session, revoked_at: nullable(instant()), revoked_reason: nullable(Type.String()) }),
  ),
  tasks: Type.Array(TaskRead),
  mailed_links: Type.Array(
    model('ExportedLink', {
      purpose: Type.String(),
      email: Type.String(),
      created_at: instant(),
      expires_at: instant(),
      used_at: nullable(instant()),
    }),
  ),
  mail_under_way: Type.Array(
    model('ExportedMail', {
      kind: Type.String(),
      email: Type.String(),
      created_at: instant(),
      attempts: Type.Integer(),
    }),
  ),
  legacy_token: nullable(
    model('ExportedLegacyToken', {
      last_seen_at: instant(),
      valid_until: nullable(instant()),
      incumbent_seen_at: nullable(instant()),
    }),
  ),
  security_events: Type.Array(
    model('ExportedSecurityEvent', {
      at: Type.String({ format: 'date-time' }),
      event: Type.String(),
      reason: nullable(Type.String()),
      address: nullable(Type.String()),
    }),
  ),
});

/** The request was taken; what comes of it comes by mail. */
export const Accepted = model('Accepted', { status: Type.Literal('accepted') });
