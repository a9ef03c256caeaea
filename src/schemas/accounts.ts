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

export const PersonalData = model('PersonalData', {
  user: UserRead,
  sessions: Type.Array(model('ExportedSession', session)),
  tasks: Type.Array(TaskRead),
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
