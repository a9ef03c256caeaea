import pino, { type DestinationStream, type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { LogConfig, Secrets } from '../config/types.ts';

export type { Logger } from 'pino';

/**
 * The process's logger. Lines are JSON in production and readable in development. What may be logged is chosen where
 * it is logged; redaction by path is the second net, for the day on which somebody logs a whole object.
 */
export function createLogger(config: LogConfig, destination?: DestinationStream): Logger {
  return pino(
    {
      level: config.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: redacted },
      serializers: { err: serializeError },
    },
    destination ??
      (config.format === 'pretty'
        ? prettyStream()
        : pino.destination({ dest: 1, sync: false, minLength: 4096, periodicFlush: 250 })),
  );
}

/** A record, so that the type checker asks for each new one. */
const configuredSecrets: Record<keyof Secrets, true> = {
  databaseUrl: true,
  migrationDatabaseUrl: true,
  jwtSecret: true,
  authSecret: true,
  authSecretsAccepted: true,
  authPrivateKeys: true,
  metricsToken: true,
  passwordPeppers: true,
  smtpUrl: true,
};

const secretNames = new Set([
  'authorization',
  'cookie',
  'password',
  'hashed_password',
  'token',
  'access_token',
  'refresh_token',
  'secret',
  ...Object.keys(configuredSecrets),
]);

const redactedDepth = 3;

/**
 * What is logged, with every member of a secret's name masked. pino's own `redact` with a path for each name and depth
 * costs more than the rest of the line; this copies only what holds a secret. Errors are the serializer's.
 */
function redacted(fields: Record<string, unknown>): Record<string, unknown> {
  return holdsSecret(fields, redactedDepth) ? withoutSecrets(fields, redactedDepth) : fields;
}

function holdsSecret(fields: object, depth: number): boolean {
  for (const [name, value] of Object.entries(fields)) {
    if (secretNames.has(name)) return true;
    if (depth > 1 && isPlain(value) && holdsSecret(value, depth - 1)) return true;
  }
  return false;
}

function withoutSecrets(fields: object, depth: number): Record<string, unknown> {
  const entries = Object.entries(fields).map(([name, value]): [string, unknown] => {
    if (secretNames.has(name)) return [name, '[redacted]'];
    return [name, depth > 1 && isPlain(value) ? withoutSecrets(value, depth - 1) : value];
  });
  return Object.fromEntries(entries);
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Error);
}

function prettyStream(): DestinationStream {
  return pretty({
    colorize: process.stdout.isTTY,
    ignore: 'pid,hostname',
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss',
    sync: true,
  });
}

export interface LoggedError {
  type: string;
  message: string;
  code?: string;
  constraint?: string;
  table?: string;
  column?: string;
  stack?: string;
  cause?: LoggedError;
}

/**
 * An error without its other fields: PostgreSQL's `detail`, `where` and `parameters` carry row contents, and so do some of
 * its messages. Causes are followed five deep.
 */
export function serializeError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const message = withoutValues(error);
  return {
    type: error.name,
    message,
    ...textFields(error),
    ...(error.stack === undefined ? {} : { stack: error.stack.replace(error.message, () => message) }),
    ...(error.cause === undefined || depth >= 5 ? {} : { cause: serializeError(error.cause, depth + 1) }),
  };
}

/** What names a fault of the database without a value of it. */
function textFields(error: Error): Pick<LoggedError, 'code' | 'constraint' | 'table' | 'column'> {
  const named = new Map(Object.entries(error));
  const found = (['code', 'constraint', 'table', 'column'] as const).flatMap((field) => {
    const value: unknown = named.get(field);
    return typeof value === 'string' ? [[field, value]] : [];
  });
  return Object.fromEntries(found);
}

/**
 * Messages of class 22 quote the value that was refused (`invalid input syntax for type integer: "…"`), those of class P0
 * are what a function raises; the others name objects only (postgresql.org/docs/current/errcodes-appendix.html).
 */
function withoutValues(error: Error): string {
  const code = 'severity' in error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code.startsWith('P0')) return '[redacted]';
  return code.startsWith('22') ? error.message.replace(/".*"/s, '"[redacted]"') : error.message;
}
