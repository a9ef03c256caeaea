import { registeredRoutes } from '@stanchion/wire';
import { createApp } from '../app.ts';
import { parseDatabaseUrl } from '../config/database-url.ts';
import { createDatabase } from '../database/database.ts';
import { createLogger } from '../logging/logger.ts';
import { createMetrics } from '../plugins/metrics.ts';
import { createServices } from '../services/index.ts';
import { createReadinessService } from '../services/readiness.ts';
import type { CliContext, VerbResult } from './verb.ts';

/** Every route of the server as it is configured. Makes the app, connects to nothing and listens to nothing. */
export async function routes(_options: object, context: CliContext): Promise<VerbResult> {
  const { config, secrets } = context.loadConfig({ generated: 'discard' });
  const log = createLogger({ level: 'silent', format: 'json' });
  const parsed = parseDatabaseUrl('postgresql://nobody@localhost/none');
  if ('faults' in parsed) throw new TypeError('the placeholder URL is a URL');
  const database = createDatabase({ config: config.database, connection: parsed.url, log });
  const services = createServices({ config, secrets, db: database.db, events: () => {} });
  const readiness = createReadinessService({
    ping: database.ping,
    findSchemaReason: () => Promise.resolve(undefined),
    timeoutMs: 0,
    cacheMs: 0,
    monotonicMs: () => 0,
  });
  const { metricsToken } = secrets;
  const app = await createApp({ config, services, readiness, metrics: createMetrics(), metricsToken, log });
  const listed = registeredRoutes(app).routes.map(({ method, url, openapi }) => {
    return { method, path: url, guard: openapi.security?.join() ?? null, name: openapi.name ?? null };
  });
  await app.close();
  await services.close();
  await database.close();
  const width = Math.max(...listed.map(({ path }) => path.length));
  const lines = listed.map(({ method, path, guard }) =>
    `${method.padEnd(7)} ${path.padEnd(width)} ${guard ?? ''}`.trimEnd(),
  );
  return { data: listed, text: lines.join('\n') };
}
