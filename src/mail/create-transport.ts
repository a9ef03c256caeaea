import type { Config, Secrets } from '../config/types.ts';
import type { Logger } from '../logging/logger.ts';
import { createDevelopmentTransport } from './development.ts';
import { createSmtpTransport } from './smtp.ts';
import type { MailTransport } from './transport.ts';

/** SMTP where it is configured; else mail is printed, but never in production, where a log must hold no link. */
export function createMailTransport(parts: { config: Config; secrets: Secrets; log: Logger }): MailTransport | null {
  const { config, secrets, log } = parts;
  if (secrets.smtpUrl !== null) return createSmtpTransport({ url: secrets.smtpUrl, from: config.mail.from });
  return config.environment === 'production' ? null : createDevelopmentTransport(log);
}
