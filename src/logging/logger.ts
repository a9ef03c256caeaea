import pino, { type DestinationStream, type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { LogConfig } from '../config/types.ts';

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
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: serializeError },
      redact: { paths: redactedPaths(), censor: '[redacted]' },
    },
    destination ?? (config.format === 'pretty' ? prettyStream() : pino.destination({ dest: 1, sync: false })),
  );
}

const secretNames = [
  'authorization',
  'cookie',
  'password',
  'hashed_password',
  'token',
  'access_token',
  'refresh_token',
  'secret',
  'jwtSecret',
  'authSecret',
  'databaseUrl',
  'migrationDatabaseUrl',
];

function redactedPaths(): string[] {
  return secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
}

function prettyStream(): DestinationStream {
  return pretty({ colorize: process.stdout.isTTY, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss', sync: true });
}

export interface LoggedError {
  type: string;
  message: string;
  code?: string;
  stack?: string;
  cause?: LoggedError;
}

/**
 * An error without its other fields: PostgreSQL's `detail`, `where` and `parameters` carry row contents, and the
 * message of a constraint violation does not. Causes are followed five deep.
 */
export function serializeError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return {
    type: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(error.cause === undefined || depth >= 5 ? {} : { cause: serializeError(error.cause, depth + 1) }),
  };
}
