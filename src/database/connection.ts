import { readFileSync } from 'node:fs';
import { Client, type ClientConfig, type Connection } from 'pg';
import type { DatabaseConfig } from '../config/types.ts';
import { valueParsers } from './values.ts';

/** Where the database is, as `config/database-url.ts` reads it from a URL. */
export interface ConnectionTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password?: string | null | undefined;
  readonly database: string;
  /** Folder of the server's Unix socket; then `host` is not used. */
  readonly unixSocketDir?: string | null | undefined;
  /** libpq's words; absent: no TLS to this machine, verified TLS to any other. */
  readonly sslmode?: string | null | undefined;
  readonly channelBinding?: string | null | undefined;
  readonly isLoopback: boolean;
  /** The URL names a transaction pooler: no session settings, no session locks. */
  readonly isPooler: boolean;
}

export type ConnectionSettings = Pick<DatabaseConfig, 'allowInsecureTls' | 'caFile' | 'connectTimeoutMs'>;

/**
 * Options for `pg.Client`: every field is ours, so that neither a URL's parameters nor PG* variables change them.
 * Reads the CA file. TLS is verified for every host but this machine, unless `allowInsecureTls` and the URL say otherwise.
 */
export function connectionOptions(target: ConnectionTarget, settings: ConnectionSettings): ClientConfig {
  const password = target.password ?? '';
  return {
    host: target.unixSocketDir ?? target.host,
    port: target.port,
    user: target.user,
    // A function: an empty string would make pg look for PGPASSWORD and ~/.pgpass.
    password: () => password,
    database: target.database,
    ssl: tlsOptions(target, settings),
    sslnegotiation: 'postgres',
    enableChannelBinding: true,
    application_name: 'stanchion',
    connectionTimeoutMillis: settings.connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: valueParsers,
  };
}

/** An unconnected client for migrations: the direct connection, with no limit on how long a statement may take. */
export function createDirectClient(target: ConnectionTarget, settings: ConnectionSettings): Client {
  const DirectClient = sessionClient(target, connectionOptions(target, settings));
  return new DirectClient();
}

/**
 * A `pg.Client` with these options, whose session is in UTC from its first byte, and that refuses to log in without a
 * demanded channel binding. Options of a pool are not looked at: pg-pool hides the password in its own.
 */
export function sessionClient(target: ConnectionTarget, options: ClientConfig): new () => Client {
  return class SessionClient extends Client {
    constructor() {
      super(options);
      if (target.channelBinding === 'require') requireChannelBinding(this.connection);
    }

    /**
     * Called by pg when it logs in. TimeZone and DateStyle are among the few parameters that every pooler accepts and keeps
     * apart for each client (PgBouncer's track_extra_parameters; pgjdbc sends them too); timeouts are not: see session.ts.
     */
    getStartupConf(): Record<string, string> {
      return {
        user: target.user,
        database: target.database,
        application_name: 'stanchion',
        TimeZone: 'UTC',
        DateStyle: 'ISO, YMD',
      };
    }
  };
}

function tlsOptions(target: ConnectionTarget, settings: ConnectionSettings): false | TlsOptions {
  if (target.unixSocketDir) return false;
  const mode = target.sslmode ?? (target.isLoopback ? 'disable' : 'verify-full');
  const mayBeInsecure = target.isLoopback || settings.allowInsecureTls;
  if (mayBeInsecure && (mode === 'disable' || mode === 'allow' || (mode === 'prefer' && target.isLoopback)))
    return false;
  // "require" means verified, except where nobody can listen in or the operator said so: libpq's "require" does not verify.
  const verified = !mayBeInsecure || mode === 'verify-full' || mode === 'verify-ca';
  if (!verified) return { rejectUnauthorized: false };
  return settings.caFile === null
    ? { rejectUnauthorized: true }
    : { rejectUnauthorized: true, ca: readFileSync(settings.caFile, 'utf8') };
}

interface TlsOptions {
  rejectUnauthorized: boolean;
  ca?: string;
}

/** pg itself only prefers channel binding: a man in the middle with a valid certificate could leave it out. */
function requireChannelBinding(connection: Connection): void {
  const refuse = () => {
    const error = new Error('channel_binding=require, but the server does not offer SCRAM-SHA-256-PLUS');
    // "Ready" may be in the same packet as the login's end: pg would take the connection for a good one.
    connection.removeAllListeners('readyForQuery');
    connection.emit('error', Object.assign(error, { code: 'ERR_TLS_CHANNEL_BINDING' }));
    connection.stream.destroy();
  };
  let offered = false;
  connection.on('authenticationSASL', (message: { mechanisms?: string[] }) => {
    offered = message.mechanisms?.includes('SCRAM-SHA-256-PLUS') ?? false;
    if (!offered) refuse();
  });
  connection.on('authenticationOk', () => {
    if (!offered) refuse();
  });
  connection.on('authenticationCleartextPassword', refuse);
  connection.on('authenticationMD5Password', refuse);
}
