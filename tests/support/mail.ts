import type { MailMessage } from '../../src/mail/transport.ts';

/** The token in a mail's link. Throws when it has none. */
export function tokenIn(mail: MailMessage | undefined): string {
  const token = /#token=([A-Za-z0-9_-]+)$/m.exec(mail?.text ?? '')?.[1];
  if (token === undefined) throw new Error(`no link in ${JSON.stringify(mail)}`);
  return token;
}
