import { createApp } from './app.ts';
import { parseDatabaseUrl } from './config/database-url.ts';
import type { Config, Secrets } from './config/types.ts';
import { createDatabase } from './database/database.ts';
import { createLogger } from './logging/logger.ts';
import { createMailTransport } from './mail/create-transport.ts';
import { createMetrics } from './plugins/metrics.ts';
import type { App } from './plugins/typed-app.ts';
import { createServices } from './services/index.ts';
import { createReadinessService } from './services/readiness.ts';

/** Runs work on the whole app, made from the configuration; it connects to nothing and listens to nothing. */
export async function withUnconnectedApp<Result>(
  { config, secrets }: { config: Config; secrets: Secrets },
  work: (app: App) => Result | Promise<Result>,
): Promise<Result> {
  const log = createLogger({ level: 'silent', format: 'json' });
  const parsed = parseDatabaseUrl('postgresql://nobody@localhost/none');
  if ('faults' in parsed) throw new TypeError('the placeholder URL is a URL');
  const database = createDatabase({ config: config.database, connection: parsed.url, log });
  // Routes that need mail are listed where the server would have them.
  const mailTransport = createMailTransport({ config, secrets, log });
  const services = createServices({ config, secrets, db: database.db, events: () => {}, mailTransport });
  const readiness = createReadinessService({
    ping: () => Promise.resolve(),
    findSchemaReason: () => Promise.resolve(undefined),
    timeoutMs: 0,
    cacheMs: 0,
    monotonicMs: () => 0,
    pause: () => new Promise(() => {}),
  });
  const { metricsToken } = secrets;
  const app = await createApp({ config, services, readiness, metrics: createMetrics(), metricsToken, log });
  try {
    return await work(app);
  } finally {
    await app.close();
    await services.close();
    await database.close();
  }
}
