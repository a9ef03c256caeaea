import { type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Config, Secrets } from '../../src/config/types.ts';
import { createLogger } from '../../src/logging/logger.ts';
import type { MailMessage, MailTransport } from '../../src/mail/transport.ts';
import { createMetrics } from '../../src/plugins/metrics.ts';
import type { App } from '../../src/plugins/typed-app.ts';
import type { SecurityEvent } from '../../src/services/client-context.ts';
import { createServices, type Services } from '../../src/services/index.ts';
import { createReadinessService, type ReadinessService } from '../../src/services/readiness.ts';
import { createTestDatabase, type TestDatabase } from './postgres.ts';

export const testSecret = 'test-secret-only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ';

export interface TestApp {
  app: App;
  config: Config;
  secrets: Secrets;
  services: Services;
  readiness: ReadinessService;
  database: TestDatabase;
  /** Security events so far, in order. */
  events: SecurityEvent[];
  /** Log lines so far, as they would be printed. */
  logLines: string[];
  /** Mail that was sent so far. */
  mails: MailMessage[];
}

export interface TestAppOptions {
  /** Environment variables over the tests' own. */
  env?: Record<string, string>;
  database?: TestDatabase;
  nowSeconds?: () => number;
  monotonicMs?: () => number;
  /** Default: mail is collected in `mails`. */
  mailTransport?: MailTransport | null;
}

/** The whole app on a database of its own. Requests go through `app.inject`, or a socket after `app.listen`. */
export async function createTestApp(t: TestContext, options: TestAppOptions = {}): Promise<TestApp> {
  const database = options.database ?? (await createTestDatabase(t));
  const { config, secrets } = testConfig(database.url, options.env);
  const events: SecurityEvent[] = [];
  const logLines: string[] = [];
  const log = createLogger(config.log, { write: (line) => void logLines.push(line) });
  const mails: MailMessage[] = [];
  const collect: MailTransport = { send: async (mail) => void mails.push(mail), close: () => {} };
  const services = createServices({
    config,
    secrets,
    db: database.db,
    events: (event) => void events.push(event),
    mailTransport: options.mailTransport === undefined ? collect : options.mailTransport,
    ...(options.nowSeconds ? { nowSeconds: options.nowSeconds } : {}),
    ...(options.monotonicMs ? { monotonicMs: options.monotonicMs } : {}),
  });
  const readiness = createReadinessService({
    ping: (timeoutMs) => database.database.ping(timeoutMs),
    findSchemaReason: async () => undefined,
    timeoutMs: 1000,
    cacheMs: 0,
    monotonicMs: () => performance.now(),
    pause: (milliseconds) => sleep(milliseconds, undefined, { ref: false }),
  });
  const metrics = createMetrics();
  const app = await createApp({ config, services, readiness, metrics, metricsToken: 'test-metrics-token', log });
  t.after(async () => {
    await app.close();
    await services.close();
  });
  return { app, config, secrets, services, readiness, database, events, logLines, mails };
}

export function testConfig(
  databaseUrl: string,
  env: Record<string, string> = {},
): { config: Config; secrets: Secrets } {
  const { config, secrets } = loadConfig({
    env: {
      ENVIRONMENT: 'test',
      DATABASE_URL: databaseUrl,
      JWT_SECRET: testSecret,
      ALLOWED_ORIGINS: 'http://localhost:3000,http://127.0.0.1:3000',
      LOG_LEVEL: 'debug',
      LOG_FORMAT: 'json',
      RATE_LIMITS: 'off',
      PASSWORD_HASH_MEMORY_KIB: '7168',
      PASSWORD_HASH_ITERATIONS: '1',
      ...env,
    },
    cwd: '/nonexistent',
    generated: 'discard',
  });
  return { config, secrets };
}

export const json = { 'content-type': 'application/json' };

export function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}

let counter = 0;

/** A registered user with a session; each call another address. */
export async function registerUser(
  { app }: Pick<TestApp, 'app'>,
  given: { email?: string; password?: string } = {},
): Promise<{ email: string; password: string; id: string; access_token: string; refresh_token: string }> {
  counter += 1;
  const email = given.email ?? `user-${process.pid}-${counter}@example.com`;
  const password = given.password ?? 'a test password that is long';
  const registered = await app.inject({
    method: 'POST',
    url: '/auth/register',
    headers: json,
    body: JSON.stringify({ email, password }),
  });
  if (registered.statusCode !== 201) throw new Error(`register answered ${registered.statusCode}: ${registered.body}`);
  const login = await app.inject({
    method: 'POST',
    url: '/auth/login',
    headers: json,
    body: JSON.stringify({ email, password }),
  });
  if (login.statusCode !== 200) throw new Error(`login answered ${login.statusCode}: ${login.body}`);
  const { access_token, refresh_token } = login.json<{ access_token: string; refresh_token: string }>();
  return { email, password, id: registered.json<{ id: string }>().id, access_token, refresh_token };
}
