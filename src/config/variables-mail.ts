import { seconds, text } from './kinds.ts';
import { variable } from './variable.ts';

const DAY = 86_400;

export const mailVariables = {
  SMTP_URL: variable({
    kind: text('smtps://user:password@host:465 or smtp://user:password@host:587', /^smtps?:\/\/[^\s/?#]+\/?$/),
    default: null,
    field: 'secrets.smtpUrl',
    secret: true,
    withoutDefault:
      'mail is printed (development), or there is none and neither are the routes that need it (production)',
    help: 'The server that takes mail: links to reset a password and to prove an address, and notices. `smtp` asks for STARTTLS unless the host is this machine.',
  }),
  MAIL_FROM: variable({
    kind: text('an address, or a name with one: Example <no-reply@example.com>', /^[^\r\n]*[^\s@<]+@[^\s@>]+>?$/),
    default: 'no-reply@localhost',
    field: 'mail.from',
    help: 'The sender of mail.',
  }),
  APP_URL: variable({
    kind: text('an http(s) URL without query', /^https?:\/\/[^\s?#]+$/),
    default: 'http://localhost:3000',
    field: 'mail.appUrl',
    help: 'Where links in mail lead: `/reset-password`, `/verify-email` and `/confirm-email` of your product, the token behind `#`. Never taken from a request.',
  }),
  RESET_TOKEN_SECONDS: variable({
    kind: seconds(60, DAY),
    default: '30m',
    field: 'mail.resetTokenSeconds',
    help: 'How long a link to reset a password works.',
  }),
  EMAIL_TOKEN_SECONDS: variable({
    kind: seconds(60, 30 * DAY),
    default: '24h',
    field: 'mail.emailTokenSeconds',
    help: 'How long a link to prove an address works.',
  }),
};
