import { addressList, bytes, flag, integer, milliseconds, oneOf, originList, text } from './kinds.ts';
import type { Environment } from './types.ts';
import { variable } from './variable.ts';

/** ENVIRONMENT's words. A staging system holds real data, so it is as strict as production. */
export const environmentKind = oneOf<Environment>(['development', 'test', 'production'], {
  ...{ dev: 'development', local: 'development', testing: 'test', prod: 'production', staging: 'production' },
});

export const serverVariables = {
  ENVIRONMENT: variable({
    kind: environmentKind,
    default: 'development',
    field: 'environment',
    aliases: ['NODE_ENV', 'APP_ENV'],
    help: 'Chooses the defaults, the .env files and how strict the checks are. Also understood: dev, local, testing, prod, staging (as production).',
  }),
  HOST: variable({
    kind: text('an address or a host name', /^[A-Za-z0-9_.:%-]{1,253}$/),
    default: { development: '127.0.0.1', test: '127.0.0.1', production: '0.0.0.0' },
    field: 'server.host',
    help: 'The address to listen on.',
  }),
  PORT: variable({
    kind: integer(0, 65_535),
    default: '8000',
    field: 'server.port',
    help: 'The port of the API. 0 takes a free one.',
  }),
  TRUSTED_PROXIES: variable({
    kind: addressList(),
    default: '',
    field: 'server.trustedProxies',
    aliases: ['TRUST_PROXY'],
    example: '10.0.0.0/8',
    help: 'The proxies whose X-Forwarded-For and X-Forwarded-Proto are believed. A number of hops, `true` and /0 are refused: any client could then choose its own address.',
  }),
  ALLOWED_ORIGINS: variable({
    kind: originList(),
    default: {
      development: 'http://localhost:3000,http://127.0.0.1:3000',
      test: 'http://localhost:3000,http://127.0.0.1:3000',
      production: '',
    },
    field: 'cors.origins',
    example: 'https://app.example.com',
    fix: 'list the exact origins of your web apps, such as https://app.example.com',
    help: 'The origins whose pages may read the answers (CORS), compared as exact text. Production refuses `*` and `null`.',
  }),
  WIRE_PROFILE: variable({
    kind: text('the name of a preset or the path of a profile file', /./),
    default: 'fastapi-0.128',
    field: 'wireProfile',
    example: 'fastapi-0.131',
    help: 'Which releases of FastAPI and its libraries the answers are those of: a preset (`fastapi-0.115`, `-0.121`, `-0.122`, `-0.128`, `-0.131`, `-0.142`, `-0.165`), or a file that `./stanchion wire fingerprint URL` wrote. The table of presets and members is in packages/wire/README.md.',
  }),
  METRICS_PORT: variable({
    kind: integer(0, 65_535),
    default: null,
    field: 'server.metricsPort',
    withoutDefault: "none: the API's port, and only with METRICS_TOKEN",
    example: '9090',
    help: 'A port of its own for /metrics, not to be reachable from outside.',
  }),
  METRICS_TOKEN: variable({
    kind: text('at least 16 printable ASCII characters without spaces', /^[!-~]{16,}$/),
    default: null,
    field: 'secrets.metricsToken',
    secret: true,
    help: "The bearer token that /metrics asks for on the API's port.",
  }),
  BODY_LIMIT_BYTES: variable({
    kind: bytes(1_024, 104_857_600),
    default: '1MiB',
    field: 'server.bodyLimitBytes',
    help: 'A larger request body is answered 413.',
  }),
  HEADERS_TIMEOUT_MS: variable({
    kind: milliseconds(100, 600_000),
    default: '10s',
    field: 'server.headersTimeoutMs',
    help: 'A request whose headers take longer is answered 408. At most REQUEST_TIMEOUT_MS: the larger of the two bounds the body.',
  }),
  REQUEST_TIMEOUT_MS: variable({
    kind: milliseconds(100, 600_000),
    default: '15s',
    field: 'server.requestTimeoutMs',
    help: 'A request that takes longer to arrive is answered 408. The load balancer should wait longer than this.',
  }),
  HANDLER_TIMEOUT_MS: variable({
    kind: milliseconds(100, 600_000),
    default: '12s',
    field: 'server.handlerTimeoutMs',
    help: 'A request that takes longer to answer is answered 504 where it only reads, else 503: it may have been done.',
  }),
  KEEP_ALIVE_TIMEOUT_MS: variable({
    kind: milliseconds(1_000, 3_600_000),
    default: '72s',
    field: 'server.keepAliveTimeoutMs',
    help: 'How long an idle connection stays open: longer than the idle timeout of the load balancer (60 s on most).',
  }),
  MAX_HEADER_BYTES: variable({
    kind: bytes(1_024, 1_048_576),
    default: '16KiB',
    field: 'server.maxHeaderBytes',
    help: 'All headers of a request together; more is answered 431.',
  }),
  MAX_REQUESTS_PER_SOCKET: variable({
    kind: integer(0, 1_000_000),
    default: '1000',
    field: 'server.maxRequestsPerSocket',
    help: 'After so many requests a connection is closed, so that load spreads over new instances. 0: never.',
  }),
  MAX_CONNECTIONS: variable({
    kind: integer(1, 1_000_000),
    default: '4096',
    field: 'server.maxConnections',
    help: 'Open connections at once; more are closed at once.',
  }),
  VALIDATION_MAX_ERRORS: variable({
    kind: integer(1, 100_000),
    default: '1000',
    field: 'server.validationMaxErrors',
    help: 'Most refused values in one 422. FastAPI has no bound: a body of 1 MB can ask for an answer of 50 MB.',
  }),
  VALIDATION_MAX_ECHO_LENGTH: variable({
    kind: integer(1_024, 100_000_000),
    default: '131072',
    field: 'server.validationMaxEchoLength',
    help: 'How many characters of JSON one 422 repeats of what was sent; beyond, `input` is null. FastAPI has no bound, and repeats the whole object for every missing field.',
  }),
  DRAIN_DELAY_MS: variable({
    kind: milliseconds(0, 600_000),
    default: { development: '0', test: '0', production: '10s' },
    field: 'server.drainDelayMs',
    help: 'How long a stopping process goes on serving while /ready says no: longer than the period of the readiness probe times its failure threshold.',
  }),
  SHUTDOWN_TIMEOUT_MS: variable({
    kind: milliseconds(100, 3_600_000),
    default: { development: '10s', test: '10s', production: '30s' },
    field: 'server.shutdownTimeoutMs',
    help: 'A stopping process exits after this long, drain included, with requests unfinished.',
  }),
  LOG_LEVEL: variable({
    kind: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      ...{ critical: 'fatal', warning: 'warn', notset: 'trace' }, // Python's names.
    }),
    default: { development: 'info', test: 'warn', production: 'info' },
    field: 'log.level',
    help: "The least important lines that are logged. Python's names (WARNING, CRITICAL) are understood.",
  }),
  LOG_FORMAT: variable({
    kind: oneOf(['json', 'pretty']),
    default: { development: 'pretty', test: 'json', production: 'json' },
    field: 'log.format',
    help: 'One JSON object a line, or text for a person.',
  }),
  RATE_LIMITS: variable({
    kind: flag(),
    default: 'on',
    field: 'rateLimits.enabled',
    fix: 'remove it and raise single limits instead, such as LOGIN_RATE_LIMIT_PER_ADDRESS=1000/15m',
    help: 'Switches all rate limits. Production refuses `off`.',
  }),
};
