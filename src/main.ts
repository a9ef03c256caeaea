import { setTimeout as sleep } from 'node:timers/promises';
import fastify from 'fastify';
import { createApp } from './app.ts';
import type { Config, Secrets } from './config/types.ts';
import { createLogger, type Logger } from './logging/logger.ts';
import { createMailTransport } from './mail/create-transport.ts';
import { openDatabase, type ServerDatabase } from './open-database.ts';
import { createMetrics, type Metrics, registerMetricsRoute } from './plugins/metrics.ts';
import type { App } from './plugins/typed-app.ts';
import type { SecurityEvent } from './services/client-context.ts';
import { createServices, keyReloadSeconds, type Services } from './services/index.ts';
import { createReadinessService, type ReadinessService } from './services/readiness.ts';
import { createWorkLoop } from './work-loop.ts';

export interface ServerOptions {
  config: Config;
  secrets: Secrets;
  log?: Logger;
  /** For the person who waits: short sentences, as things happen. */
  onProgress?: (step: string) => void;
}

export interface RunningServer {
  /** `http://host:port` with the real port. */
  url: string;
  services: Services;
  database: ServerDatabase;
  log: Logger;
  /** Not ready at once, serving for the drain delay, then closed. The second call waits for the first. */
  stop(): Promise<void>;
}

type Undo = () => unknown;

/** Database → services → app → listen; undone in reverse by `stop`, and by a failure on the way. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, secrets } = options;
  const log = options.log ?? createLogger(config.log);
  const undo: Undo[] = [];
  try {
    const database = await openDatabase({ config, secrets, log, onProgress: options.onProgress });
    undo.push(() => database.close());
    const metrics = createMetrics();
    const events = (event: SecurityEvent) => {
      metrics.countSecurityEvent(event.event);
      log.info(securityFields(event), 'security event');
    };
    const mailTransport = createMailTransport({ config, secrets, log });
    undo.push(() => mailTransport?.close());
    const mailLoop = createWorkLoop({
      retryMs: mailRetryMs,
      onError: (error) => log.warn({ err: error }, 'mail failed'),
    });
    const auditLoop = createWorkLoop({
      retryMs: auditRetryMs,
      gatherMs: auditGatherMs,
      onError: (error) => log.warn({ err: error }, 'the audit trail could not be written'),
    });
    const services = createServices({
      config,
      secrets,
      db: database.db,
      events,
      mailTransport,
      wakeMail: () => mailLoop.wake(),
      wakeAudit: () => auditLoop.wake(),
    });
    undo.push(() => services.close());
    exposeGauges(metrics, database, services);
    metrics.counter(
      'token_uses',
      'Accepted tokens by the key that vouches for them',
      'key',
      () => services.tokenUses.totals,
    );
    undo.push(await startKeyReload(services, log));
    const readiness = readinessOf(database);
    const { metricsPort } = config.server;
    const metricsToken = metricsPort === null ? secrets.metricsToken : null;
    const app = await createApp({ config, services, readiness, metrics, metricsToken, log });
    undo.push(() => closeApp(app));
    if (metricsPort !== null) undo.push(await listenForMetrics(metrics, config.server.host, metricsPort));
    app.server.maxConnections = config.server.maxConnections;
    const url = await app.listen({ host: config.server.host, port: config.server.port });
    undo.push(startMaintenance(services, log));
    mailLoop.start((stopping) => services.mail.runDue(stopping));
    undo.push(() => mailLoop.stop());
    auditLoop.start(async () => {
      await services.audit.flush();
      return { failed: 0 };
    });
    undo.push(() => auditLoop.stop());
    log.info({ event: 'sys_startup', url }, 'listening');

    let stopping: Promise<void> | undefined;
    const stop = () => {
      stopping ??= drainAndClose({ readiness, undo, drainDelayMs: config.server.drainDelayMs, log });
      return stopping;
    };
    return { url, services, database, log, stop };
  } catch (error) {
    await unwind(undo);
    throw error;
  }
}

/** Under the names that the line of the request has, so that one search finds both. */
function securityFields({ event, requestId, userId, sessionId, ...rest }: SecurityEvent): object {
  return { event, request_id: requestId, user_id: userId, session_id: sessionId, ...rest };
}

function readinessOf(database: ServerDatabase): ReadinessService {
  return createReadinessService({
    ping: (timeoutMs) => database.ping(timeoutMs),
    findSchemaReason: () => database.findSchemaReason(),
    timeoutMs: 1000,
    cacheMs: 1000,
    monotonicMs: () => performance.now(),
    pause: (milliseconds) => sleep(milliseconds, undefined, { ref: false }),
  });
}

interface Stopping {
  readiness: ReadinessService;
  undo: Undo[];
  drainDelayMs: number;
  log: Logger;
}

/** While it says "not ready" it goes on serving: what routes requests here needs that long to notice. */
async function drainAndClose({ readiness, undo, drainDelayMs, log }: Stopping): Promise<void> {
  log.info({ event: 'sys_shutdown', drain_delay_ms: drainDelayMs }, 'stopping');
  readiness.startStopping();
  if (drainDelayMs > 0) await sleep(drainDelayMs);
  await unwind(undo);
}

/** A step that fails keeps no other from its turn: the database is closed whatever happened to the server. */
async function unwind(undo: Undo[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of undo.splice(0).reverse()) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

const sweepMs = 100;

/** Node ends the connections that are idle when it begins to close; those that become idle later keep it open. */
async function closeApp(app: App): Promise<void> {
  const sweep = setInterval(() => app.server.closeIdleConnections(), sweepMs);
  try {
    await app.close();
  } finally {
    clearInterval(sweep);
  }
}

async function listenForMetrics(metrics: Metrics, host: string, port: number): Promise<Undo> {
  const app = fastify({ logger: false });
  registerMetricsRoute(app, metrics, null);
  await app.listen({ host, port });
  return () => app.close();
}

function exposeGauges(metrics: Metrics, database: ServerDatabase, { passwords }: Services): void {
  metrics.gauge('db_connections', 'Open connections', () => database.stats().total);
  metrics.gauge('db_connections_idle', 'Open connections that nobody uses', () => database.stats().idle);
  metrics.gauge('db_requests_waiting', 'Requests that wait for a connection', () => database.stats().waiting);
  metrics.gauge('password_jobs_waiting', 'Passwords that wait for a thread', () => passwords.stats().queued);
}

/** A failed mail is due again after two minutes (models/mail-jobs). */
const mailRetryMs = 125_000;
const auditRetryMs = 5_000;
/** A login is two events: each by itself they would be as many transactions, in a storm as many as the logins' own. */
const auditGatherMs = 100;
const keyReloadMs = keyReloadSeconds * 1000;
const keyRetryMs = 1_000;
const foreignKeys =
  'signing keys in the database are sealed under a secret that this instance does not have: is AUTH_SECRET, or AUTH_SECRETS_ACCEPTED, the same on every instance?';

/**
 * Keys are read before the first request, and what was seen of them is written as often as they are read. While the
 * database is away the process starts all the same, and asks again every second.
 */
async function startKeyReload({ keys, tokenUses }: Services, log: Logger): Promise<Undo> {
  const state: { timer?: NodeJS.Timeout; isStopped: boolean; isFailing: boolean; unusable: string } = {
    isStopped: false,
    isFailing: false,
    unusable: '',
  };
  let running = Promise.resolve();
  const round = async () => {
    try {
      const { unusable } = await keys.reload();
      if (unusable.join() !== state.unusable && unusable.length > 0) log.warn({ kids: unusable }, foreignKeys);
      state.unusable = unusable.join();
      await tokenUses.flush();
      state.isFailing = false;
    } catch (error) {
      if (!state.isFailing) log.warn({ err: error }, 'the signing keys could not be read');
      state.isFailing = true;
    }
    if (state.isStopped) return;
    const next = () => {
      running = round();
    };
    state.timer = setTimeout(next, state.isFailing ? keyRetryMs : keyReloadMs).unref();
  };
  await round();
  return async () => {
    state.isStopped = true;
    clearTimeout(state.timer);
    await running;
    await tokenUses.flush().catch((error: unknown) => log.warn({ err: error }, 'the uses of keys were not written'));
  };
}

const maintenanceMs = 10 * 60_000;

/** Once at the start, then every ten minutes; a failure waits for the next time. */
function startMaintenance({ maintenance }: Services, log: Logger): Undo {
  let running = Promise.resolve();
  const run = () => {
    running = running
      .then(() => maintenance.run())
      .then((report) => log.debug({ ...report }, 'maintenance'))
      .catch((error: unknown) => log.warn({ err: error }, 'maintenance failed'));
  };
  run();
  const timer = setInterval(run, maintenanceMs);
  return async () => {
    clearInterval(timer);
    await running;
  };
}
