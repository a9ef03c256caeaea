import type { WireProfile } from '@stanchion/wire/profile';

/**
 * What the process was told, parsed, checked and frozen. Secrets live apart, so that a Config can be printed.
 * Durations carry their unit in the name. Every field comes from one variable of `variables.ts`.
 */
export interface Config {
  readonly environment: Environment;
  readonly server: ServerConfig;
  readonly log: LogConfig;
  readonly database: DatabaseConfig;
  readonly migrations: MigrationsConfig;
  readonly cors: { readonly origins: readonly string[] };
  /** Which releases of FastAPI and its libraries the answers are those of. */
  readonly wireProfile: WireProfile;
  readonly auth: AuthConfig;
  readonly mail: MailConfig;
  readonly rateLimits: RateLimitsConfig;
  readonly quirks: QuirkFlags;
}

export type Environment = 'development' | 'test' | 'production';

export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  /** CIDR ranges or addresses of proxies whose X-Forwarded-* headers are believed; never a number, never "all". */
  readonly trustedProxies: readonly string[];
  /** Where /metrics listens apart from the API; null: on the API's port, and only with the metrics token. */
  readonly metricsPort: number | null;
  readonly bodyLimitBytes: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly handlerTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly maxHeaderBytes: number;
  readonly maxRequestsPerSocket: number;
  readonly maxConnections: number;
  /** Items of one 422. */
  readonly validationMaxErrors: number;
  /** Characters of JSON that one 422 echoes. */
  readonly validationMaxEchoLength: number;
  /** How long a stopping process goes on serving while it says "not ready": longer than the probe's period. */
  readonly drainDelayMs: number;
  /** After this long a stopping process exits with requests unfinished. */
  readonly shutdownTimeoutMs: number;
}

export interface LogConfig {
  readonly level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  readonly format: 'json' | 'pretty';
}

export interface DatabaseConfig {
  /** `embedded`: PostgreSQL's own binaries, run as a child process in `dataDir`; refused in production. */
  readonly source: 'url' | 'embedded';
  /** Absolute path of the embedded database and of what development generates. */
  readonly dataDir: string;
  readonly poolMax: number;
  /** Requests that may wait for a connection; one more is answered 503 at once. */
  readonly poolMaxWaiting: number;
  readonly acquireTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly queryTimeoutMs: number;
  readonly idleInTransactionTimeoutMs: number;
  /** Named prepared statements; off for poolers that lose them (PgBouncer before 1.21). */
  readonly preparedStatements: boolean;
  /** A PEM file with the CA of the database's certificate; null: the system's CAs. */
  readonly caFile: string | null;
  /** Named override that lets a remote database be reached without a verified TLS connection. */
  readonly allowInsecureTls: boolean;
}

export interface MigrationsConfig {
  /** `upgrade`: the server upgrades by itself at start. `check`: it is not ready on a schema that it does not know. */
  readonly onStart: 'upgrade' | 'check';
}

export interface AuthConfig {
  readonly issuer: string;
  readonly audience: string;
  readonly accessTokenSeconds: number;
  readonly refreshIdleSeconds: number;
  readonly refreshAbsoluteSeconds: number;
  /** How long after a rotation the previous refresh token is answered with the same successor. */
  readonly refreshReuseWindowSeconds: number;
  /** What shows that the answer to a refresh arrived, so that its parent is spent: its access token's use, or its own. */
  readonly refreshConfirmedBy: 'use' | 'refresh';
  /** `incumbent`: access tokens of the incumbent's kind, which it accepts too. */
  readonly accessTokenProfile: 'native' | 'incumbent';
  /** A revoked session's access token, or a disabled user's, dies within this time on every instance. */
  readonly sessionCheckSeconds: number;
  readonly passwordMinLength: number;
  /** Whether new passwords are looked up in the list of breached ones. */
  readonly passwordBreachCheck: boolean;
  /** What new password hashes are; `bcrypt` for as long as the incumbent may have to read them. */
  readonly passwordScheme: 'argon2id' | 'bcrypt';
  readonly passwordHash: {
    readonly memoryKib: number;
    readonly iterations: number;
    readonly parallelism: number;
    readonly workers: number;
    readonly maxQueue: number;
    /** Of a thread's time. */
    readonly sharePercent: number;
  };
  readonly legacy: {
    readonly algorithm: 'HS256' | 'HS384' | 'HS512';
    readonly tokenSeconds: number;
    /** ISO date-time after which tokens of the incumbent's kind are refused; null: no end yet. */
    readonly acceptUntil: string | null;
  };
}

export interface RateLimit {
  /** How many at once, and how many per window. */
  readonly limit: number;
  readonly windowSeconds: number;
}

export type RateLimitName =
  | 'loginPerAccount'
  | 'loginPerAddress'
  | 'registerPerAddress'
  | 'refreshPerAddress'
  | 'recoveryPerAccount'
  | 'recoveryPerAddress'
  | 'exportPerAccount';

export interface MailConfig {
  readonly from: string;
  /** The product's pages that links in mail lead to. */
  readonly appUrl: string;
  readonly resetTokenSeconds: number;
  readonly emailTokenSeconds: number;
}

export interface RateLimitsConfig {
  readonly enabled: boolean;
  readonly rules: Readonly<Record<RateLimitName, RateLimit>>;
}

/** Oddities of the incumbent that can be switched; true keeps the incumbent's behaviour. See contract/quirks.json. */
export interface QuirkFlags {
  readonly signupPasswordTooLong409: boolean;
  readonly emailNotValidated: boolean;
  readonly emptyPasswordAccepted: boolean;
  readonly signinTruncates72: boolean;
  readonly signoutDoesNotRevoke: boolean;
  readonly inactiveUserAllowed: boolean;
  readonly userNotChecked: boolean;
  readonly tokenWithoutExp: boolean;
  readonly tokenCritIgnored: boolean;
  readonly tokenLooseBase64: boolean;
  readonly sortTitleIgnored: boolean;
  readonly validationEchoesSecrets: boolean;
  readonly encodedSlashDecoded: boolean;
  readonly redirectHostHeader: boolean;
  readonly healthConstant: boolean;
}

/** Never printed, never logged, never part of Config. */
export interface Secrets {
  /** Pooled URL for the app; null with the embedded database. */
  readonly databaseUrl: string | null;
  /** Direct URL for migrations; null with the embedded database. */
  readonly migrationDatabaseUrl: string | null;
  /** The incumbent's HMAC secret: verifies and mints tokens of its kind. */
  readonly jwtSecret: string;
  /** Root of this product's own keys; falls back to a key derived from jwtSecret. */
  readonly authSecret: string;
  /** Further secrets whose tokens are accepted: the next one before a switch, the previous one after it. */
  readonly authSecretsAccepted: readonly string[] | null;
  /** JWK set with private keys: the first signs, the others verify. Null: derived from authSecret. */
  readonly authPrivateKeys: string | null;
  readonly metricsToken: string | null;
  /** The server that takes mail, with its password. Null: mail is printed in development, and nothing in production. */
  readonly smtpUrl: string | null;
  /** The first is in new hashes. Null: none is. */
  readonly passwordPeppers: readonly { readonly id: string; readonly secret: string }[] | null;
}
