import type { MailMessage } from './transport.ts';

/** Where the links lead: the pages of the product that the API serves, never anything that a request said. */
export interface LinkOptions {
  appUrl: string;
}

export type LinkKind = 'reset_password' | 'verify_email' | 'change_email';
export type NoticeKind = 'password_changed' | 'email_change_requested' | 'email_changed' | 'session_stolen';

/** A mail with a link that works once. The token stands behind `#`, which browsers send to no server. */
export function linkMessage(
  kind: LinkKind,
  { to, token, validMinutes }: { to: string; token: string; validMinutes: number },
  { appUrl }: LinkOptions,
): MailMessage {
  const { subject, path, reason } = links[kind];
  const link = `${appUrl.replace(/\/+$/, '')}${path}#token=${token}`;
  const lines = [
    reason,
    '',
    link,
    '',
    `It works once and for ${describeMinutes(validMinutes)}. If this was not you, nothing has to be done: without the link nothing changes.`,
  ];
  return { to, subject, text: `${lines.join('\n')}\n` };
}

/** Tells the owner of an address what was done, so that a theft does not stay unnoticed. */
export function noticeMessage(kind: NoticeKind, to: string): MailMessage {
  const { subject, text } = notices[kind];
  return { to, subject, text: `${text}\n\nIf this was not you, reset your password at once and write to us.\n` };
}

const links: Record<LinkKind, { subject: string; path: string; reason: string }> = {
  reset_password: {
    subject: 'Reset your password',
    path: '/reset-password',
    reason: 'Somebody asked to reset the password of your account. Choose a new one here:',
  },
  verify_email: {
    subject: 'Confirm your e-mail address',
    path: '/verify-email',
    reason: 'An account was registered with this address. Confirm that it is yours:',
  },
  change_email: {
    subject: 'Confirm your new e-mail address',
    path: '/confirm-email',
    reason: 'This address is to be the new one of an account. Confirm it here:',
  },
};

const notices: Record<NoticeKind, { subject: string; text: string }> = {
  password_changed: {
    subject: 'Your password was changed',
    text: 'The password of your account was changed, and the other sessions were ended.',
  },
  email_change_requested: {
    subject: 'A new e-mail address was asked for',
    text: 'Somebody who knows your password asked to move your account to another address. It happens when that address is confirmed.',
  },
  session_stolen: {
    subject: 'A session of yours was ended',
    text: 'One of your sessions used a key that it had replaced long before, as happens when somebody copied it. The session was ended on every device that had it; log in again. The others go on.',
  },
  email_changed: {
    subject: 'Your e-mail address was changed',
    text: 'Your account has another address now, and the other sessions were ended. This one no longer belongs to it.',
  },
};

function describeMinutes(minutes: number): string {
  return minutes >= 120 ? `${Math.floor(minutes / 60)} hours` : `${minutes} minutes`;
}
