import { isLoopbackPeer, serverOptions, wire, wireCors } from '@stanchion/wire';
import fastify, { type FastifyBaseLogger, LogController } from 'fastify';
import { registerLegacyAuth } from './compat/auth.ts';
import { legacyDocs } from './compat/docs.ts';
import { registerLegacyHealth } from './compat/health.ts';
import type { Config } from './config/types.ts';
import { createGuards, registerPrincipal } from './plugins/authenticate.ts';
import { registerDocs } from './plugins/docs.ts';
import { registerErrors } from './plugins/errors.ts';
import { registerExposedHeaders } from './plugins/exposed-headers.ts';
import { registerHandlerTimeout } from './plugins/handler-timeout.ts';
import { registerHealth } from './plugins/health.ts';
import { type Metrics, registerMetricsRoute, registerRequestMetrics } from './plugins/metrics.ts';
import { registerEarlyRefusal, registerPasswordTurns, turnTiming } from './plugins/password-routes.ts';
import { registerRequestId } from './plugins/request-context.ts';
import { registerRequestHead } from './plugins/request-head.ts';
import { registerRequestLog } from './plugins/request-log.ts';
import { registerSecurityHeaders } from './plugins/security-headers.ts';
import { serverSettings } from './plugins/server-settings.ts';
import type { App } from './plugins/typed-app.ts';
import { registerCookieSessions } from './routers/cookie-sessions.ts';
import { productDocs } from './routers/docs.ts';
import { registerRouters } from './routers/index.ts';
import type { Services } from './services/index.ts';
import type { ReadinessService } from './services/readiness.ts';

export interface AppParts {
  config: Config;
  services: Services;
  readiness: ReadinessService;
  metrics: Metrics;
  /** Null: /metrics is served elsewhere. */
  metricsToken: string | null;
  log: FastifyBaseLogger;
}

/** The whole HTTP surface: every plugin, then every router, in the order in which they act. Listens to nothing yet. */
export async function createApp({ config, services, readiness, metrics, metricsToken, log }: AppParts): Promise<App> {
  const { quirks, server, wireProfile: profile } = config;
  const app: App = fastify({
    ...serverSettings(server),
    ...serverOptions(),
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
  });

  registerHandlerTimeout(app, server.handlerTimeoutMs);
  registerRequestId(app);
  registerRequestLog(app);
  registerRequestMetrics(app, metrics);
  registerPasswordTurns(app, turnTiming(config.auth.passwordHash));
  registerSecurityHeaders(app, { hsts: config.environment === 'production' });
  registerErrors(app, profile);
  registerRequestHead(app);
  await app.register(wireCors, {
    origins: config.cors.origins,
    allowCredentials: true,
    exposeHeaders: ['Access-Control-Allow-Origin'],
    profile,
  });
  registerExposedHeaders(app);
  await app.register(wire, {
    profile,
    // Old clients may read the echo of their own password: only the incumbent's routes have it, while a setting says so.
    maskSecrets: true,
    maxErrors: server.validationMaxErrors,
    maxEchoLength: server.validationMaxEchoLength,
    decodeEncodedSlash: quirks.encodedSlashDecoded,
    absoluteRedirects: quirks.redirectHostHeader,
    // More than one address: the peer is a proxy that the configuration trusts.
    trustForwardedProto: (request) => isLoopbackPeer(request) || (request.ips?.length ?? 0) > 1,
  });
  registerEarlyRefusal(app, services.admission);
  registerPrincipal(app, services.access);

  const { origins } = config.cors;
  const guards = createGuards(services.access, { origins, profile });
  registerRouters(app, services, guards);
  registerCookieSessions(app, { ...services, lifetimes: config.auth }, guards);
  registerLegacyAuth(app, services, { guards, echoesSecrets: quirks.validationEchoesSecrets });
  registerLegacyHealth(app, { readiness, healthConstant: quirks.healthConstant });
  registerHealth(app, readiness);
  if (metricsToken !== null) registerMetricsRoute(app, metrics, metricsToken);
  registerDocs(app, legacyDocs(app));
  registerDocs(app, productDocs(app));
  return app;
}
