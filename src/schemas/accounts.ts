import { Type } from '@sinclair/typebox';
import { Password } from './auth.ts';
import { model } from './common.ts';

const MailedToken = Type.String({ 'x-wire': { secret: true } });

export const ForgotPasswordRequest = model('ForgotPasswordRequest', { email: Type.String() });

export const ResetPasswordRequest = model('ResetPasswordRequest', { token: MailedToken, password: Password });

export const ChangePasswordRequest = model('ChangePasswordRequest', {
  current_password: Password,
  new_password: Password,
});

export const MailedTokenRequest = model('MailedTokenRequest', { token: MailedToken });

export const ChangeEmailRequest = model('ChangeEmailRequest', { email: Type.String(), current_password: Password });

/** The request was taken; what comes of it comes by mail. */
export const Accepted = model('Accepted', { status: Type.Literal('accepted') });
