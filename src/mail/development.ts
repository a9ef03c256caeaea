import type { Logger } from '../logging/logger.ts';
import type { MailTransport } from './transport.ts';

/** Prints each mail, link included, where the developer looks anyway. Never for production: links are secrets there. */
export function createDevelopmentTransport(log: Pick<Logger, 'info'>): MailTransport {
  return {
    async send({ to, subject, text }) {
      log.info({ to, subject }, `mail that is not sent in development:\n${text}`);
    },
    close() {},
  };
}
