import { createLogger } from '../logging/logger.ts';
import { openDatabase } from '../open-database.ts';
import { createServices, type Services } from '../services/index.ts';
import { loadBesideServer } from './database-access.ts';
import type { CliContext } from './verb.ts';

/** Runs work on every service, on the database of the configuration, beside a running server or without one. */
export async function withServices<Result>(
  context: CliContext,
  work: (services: Services) => Promise<Result>,
): Promise<Result> {
  const { config, secrets } = await loadBesideServer(context);
  const log = createLogger({ level: 'silent', format: 'json' });
  const database = await openDatabase({ config, secrets, log, onProgress: context.say });
  const services = createServices({ config, secrets, db: database.db, events: () => {} });
  try {
    return await work(services);
  } finally {
    await services.close();
    await database.close();
  }
}
