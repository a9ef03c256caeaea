import { type Guards, principalOf } from '../plugins/authenticate.ts';
import { clientContext } from '../plugins/request-context.ts';
import type { App } from '../plugins/typed-app.ts';
import {
  Accepted,
  ChangeEmailRequest,
  ChangePasswordRequest,
  DeleteAccountRequest,
  ForgotPasswordRequest,
  MailedTokenRequest,
  PersonalData,
  ResetPasswordRequest,
} from '../schemas/accounts.ts';
import type { AccountsService } from '../services/accounts.ts';
import type { MailService } from '../services/mail.ts';
import type { PersonalDataService } from '../services/personal-data.ts';

const open = { tags: ['account'] };
const bearer = { tags: ['account'], security: ['HTTPBearer'] };
const accepted = { status: 'accepted' } as const;

export interface AccountServices {
  accounts: AccountsService;
  personalData: PersonalDataService;
  mail: Pick<MailService, 'isConfigured'>;
}

export function registerAccounts(app: App, { accounts, personalData, mail }: AccountServices, guards: Guards): void {
  app.post(
    '/auth/password/change',
    {
      preValidation: guards.user,
      schema: { body: ChangePasswordRequest },
      config: { wire: { status: 204 }, openapi: { name: 'change_password', ...bearer } },
    },
    async (request) => {
      await accounts.changePassword(principalOf(request), request.body, clientContext(request));
    },
  );
  app.get(
    '/auth/me/export',
    {
      preValidation: guards.user,
      schema: { response: { 200: PersonalData } },
      config: { openapi: { name: 'export_personal_data', ...bearer } },
    },
    (request) => personalData.export(principalOf(request), clientContext(request)),
  );

  app.delete(
    '/auth/me',
    {
      preValidation: guards.user,
      schema: { body: DeleteAccountRequest },
      config: { wire: { status: 204 }, openapi: { name: 'delete_account', ...bearer } },
    },
    async (request) => {
      const { current_password } = request.body;
      await personalData.delete(principalOf(request), current_password, clientContext(request));
    },
  );

  // Without mail these could not keep their word.
  if (mail.isConfigured) {
    registerPasswordReset(app, accounts);
    registerEmailChecks(app, accounts, guards);
  }
}

function registerPasswordReset(app: App, accounts: AccountsService): void {
  app.post(
    '/auth/password/forgot',
    {
      schema: { body: ForgotPasswordRequest, response: { 202: Accepted } },
      config: { openapi: { name: 'forgot_password', ...open } },
    },
    async (request, reply) => {
      await accounts.forgetPassword(request.body.email, clientContext(request));
      return reply.code(202).send(accepted);
    },
  );

  app.post(
    '/auth/password/reset',
    {
      schema: { body: ResetPasswordRequest },
      config: { wire: { status: 204 }, openapi: { name: 'reset_password', ...open } },
    },
    async (request) => {
      await accounts.resetPassword(request.body, clientContext(request));
    },
  );
}

function registerEmailChecks(app: App, accounts: AccountsService, guards: Guards): void {
  app.post(
    '/auth/email/verification',
    {
      preValidation: guards.user,
      schema: { response: { 202: Accepted } },
      config: { openapi: { name: 'request_email_verification', ...bearer } },
    },
    async (request, reply) => {
      await accounts.requestVerification(principalOf(request), clientContext(request));
      return reply.code(202).send(accepted);
    },
  );

  app.post(
    '/auth/email/verify',
    {
      schema: { body: MailedTokenRequest },
      config: { wire: { status: 204 }, openapi: { name: 'verify_email', ...open } },
    },
    async (request) => {
      await accounts.verifyEmail(request.body.token, clientContext(request));
    },
  );

  app.post(
    '/auth/email/change',
    {
      preValidation: guards.user,
      schema: { body: ChangeEmailRequest, response: { 202: Accepted } },
      config: { openapi: { name: 'request_email_change', ...bearer } },
    },
    async (request, reply) => {
      await accounts.requestEmailChange(principalOf(request), request.body, clientContext(request));
      return reply.code(202).send(accepted);
    },
  );

  app.post(
    '/auth/email/confirm',
    {
      schema: { body: MailedTokenRequest },
      config: { wire: { status: 204 }, openapi: { name: 'confirm_email_change', ...open } },
    },
    async (request) => {
      await accounts.confirmEmailChange(request.body.token, clientContext(request));
    },
  );
}
