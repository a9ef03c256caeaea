import { isAbsolute, join } from 'node:path';
import { deriveAuthSecret, isDerivedWord } from './auth-secret.ts';
import { findMigrationUrl } from './checks.ts';
import type { Config, Environment, QuirkFlags, Secrets } from './types.ts';
import type { Values } from './variables.ts';
import { readWireProfile } from './wire-profile.ts';

/** Puts checked values into their fields. Paths become absolute here, because only here their folder is known. */
export function assembleConfig(values: Values, environment: Environment, cwd: string): Config {
  return {
    environment,
    server: assembleServer(values),
    log: { level: values.LOG_LEVEL, format: values.LOG_FORMAT },
    database: assembleDatabase(values, cwd),
    migrations: { onStart: values.MIGRATIONS_ON_START },
    cors: { origins: values.ALLOWED_ORIGINS },
    wireProfile: readWireProfile(values.WIRE_PROFILE, cwd),
    auth: assembleAuth(values),
    mail: {
      from: values.MAIL_FROM,
      appUrl: values.APP_URL,
      resetTokenSeconds: values.RESET_TOKEN_SECONDS,
      emailTokenSeconds: values.EMAIL_TOKEN_SECONDS,
    },
    rateLimits: {
      enabled: values.RATE_LIMITS,
      rules: {
        loginPerAccount: values.LOGIN_RATE_LIMIT_PER_ACCOUNT,
        loginPerAddress: values.LOGIN_RATE_LIMIT_PER_ADDRESS,
        registerPerAddress: values.REGISTER_RATE_LIMIT_PER_ADDRESS,
        refreshPerAddress: values.REFRESH_RATE_LIMIT_PER_ADDRESS,
        recoveryPerAccount: values.RECOVERY_RATE_LIMIT_PER_ACCOUNT,
        recoveryPerAddress: values.RECOVERY_RATE_LIMIT_PER_ADDRESS,
        exportPerAccount: values.EXPORT_RATE_LIMIT_PER_ACCOUNT,
      },
    },
    quirks: assembleQuirks(values),
  };
}

export function assembleSecrets(values: Values, jwtSecret: string): Secrets {
  return {
    databaseUrl: values.DATABASE_URL,
    migrationDatabaseUrl: findMigrationUrl(values) ?? null,
    jwtSecret,
    authSecret: values.AUTH_SECRET ?? deriveAuthSecret(jwtSecret),
    authSecretsAccepted:
      values.AUTH_SECRETS_ACCEPTED?.map((secret) => (isDerivedWord(secret) ? deriveAuthSecret(jwtSecret) : secret)) ??
      null,
    authPrivateKeys: values.AUTH_PRIVATE_KEYS,
    metricsToken: values.METRICS_TOKEN,
    smtpUrl: values.SMTP_URL,
    passwordPeppers: values.PASSWORD_PEPPERS,
  };
}

export function absolutePath(path: string, cwd: string): string {
  return isAbsolute(path) ? path : join(cwd, path);
}

function assembleServer(values: Values): Config['server'] {
  return {
    host: values.HOST,
    port: values.PORT,
    trustedProxies: values.TRUSTED_PROXIES,
    metricsPort: values.METRICS_PORT,
    bodyLimitBytes: values.BODY_LIMIT_BYTES,
    headersTimeoutMs: values.HEADERS_TIMEOUT_MS,
    requestTimeoutMs: values.REQUEST_TIMEOUT_MS,
    handlerTimeoutMs: values.HANDLER_TIMEOUT_MS,
    keepAliveTimeoutMs: values.KEEP_ALIVE_TIMEOUT_MS,
    maxHeaderBytes: values.MAX_HEADER_BYTES,
    maxRequestsPerSocket: values.MAX_REQUESTS_PER_SOCKET,
    maxConnections: values.MAX_CONNECTIONS,
    validationMaxErrors: values.VALIDATION_MAX_ERRORS,
    validationMaxEchoLength: values.VALIDATION_MAX_ECHO_LENGTH,
    drainDelayMs: values.DRAIN_DELAY_MS,
    shutdownTimeoutMs: values.SHUTDOWN_TIMEOUT_MS,
  };
}

function assembleDatabase(values: Values, cwd: string): Config['database'] {
  return {
    source: values.DATABASE_URL === null ? 'embedded' : 'url',
    dataDir: absolutePath(values.DATA_DIR, cwd),
    poolMax: values.DATABASE_POOL_MAX,
    poolMaxWaiting: values.DATABASE_POOL_MAX_WAITING,
    acquireTimeoutMs: values.DATABASE_ACQUIRE_TIMEOUT_MS,
    connectTimeoutMs: values.DATABASE_CONNECT_TIMEOUT_MS,
    lockTimeoutMs: values.DATABASE_LOCK_TIMEOUT_MS,
    statementTimeoutMs: values.DATABASE_STATEMENT_TIMEOUT_MS,
    queryTimeoutMs: values.DATABASE_QUERY_TIMEOUT_MS,
    idleInTransactionTimeoutMs: values.DATABASE_IDLE_IN_TRANSACTION_TIMEOUT_MS,
    preparedStatements: values.DATABASE_PREPARED_STATEMENTS,
    caFile: values.DATABASE_CA_FILE === null ? null : absolutePath(values.DATABASE_CA_FILE, cwd),
    allowInsecureTls: values.DATABASE_ALLOW_INSECURE_TLS,
  };
}

function assembleAuth(values: Values): Config['auth'] {
  return {
    issuer: values.AUTH_ISSUER,
    audience: values.AUTH_AUDIENCE,
    accessTokenSeconds: values.ACCESS_TOKEN_SECONDS,
    refreshIdleSeconds: values.REFRESH_IDLE_SECONDS,
    refreshAbsoluteSeconds: values.REFRESH_ABSOLUTE_SECONDS,
    refreshReuseWindowSeconds: values.REFRESH_REUSE_WINDOW_SECONDS,
    refreshConfirmedBy: values.REFRESH_CONFIRMED_BY,
    accessTokenProfile: values.ACCESS_TOKEN_PROFILE,
    sessionCheckSeconds: values.SESSION_CHECK_SECONDS,
    passwordMinLength: values.PASSWORD_MIN_LENGTH,
    passwordBreachCheck: values.PASSWORD_BREACH_CHECK,
    passwordScheme: values.PASSWORD_SCHEME,
    passwordHash: {
      memoryKib: values.PASSWORD_HASH_MEMORY_KIB,
      iterations: values.PASSWORD_HASH_ITERATIONS,
      parallelism: values.PASSWORD_HASH_PARALLELISM,
      workers: values.PASSWORD_HASH_WORKERS,
      maxQueue: values.PASSWORD_HASH_MAX_QUEUE,
      sharePercent: values.PASSWORD_HASH_SHARE,
    },
    legacy: {
      algorithm: values.JWT_ALGORITHM,
      tokenSeconds: values.JWT_EXPIRATION_DELTA_HOURS * 3_600,
      acceptUntil: values.LEGACY_TOKENS_ACCEPT_UNTIL,
    },
  };
}

function assembleQuirks(values: Values): QuirkFlags {
  return {
    signupPasswordTooLong409: values.QUIRK_SIGNUP_PASSWORD_TOO_LONG_409,
    emailNotValidated: values.QUIRK_EMAIL_NOT_VALIDATED,
    emptyPasswordAccepted: values.QUIRK_EMPTY_PASSWORD_ACCEPTED,
    signinTruncates72: values.QUIRK_SIGNIN_TRUNCATES_72,
    signoutDoesNotRevoke: values.QUIRK_SIGNOUT_DOES_NOT_REVOKE,
    inactiveUserAllowed: values.QUIRK_INACTIVE_USER_ALLOWED,
    userNotChecked: values.QUIRK_USER_NOT_CHECKED,
    tokenWithoutExp: values.QUIRK_TOKEN_WITHOUT_EXP,
    tokenCritIgnored: values.QUIRK_TOKEN_CRIT_IGNORED,
    tokenLooseBase64: values.QUIRK_TOKEN_LOOSE_BASE64,
    sortTitleIgnored: values.QUIRK_SORT_TITLE_IGNORED,
    validationEchoesSecrets: values.QUIRK_VALIDATION_ECHOES_SECRETS,
    encodedSlashDecoded: values.QUIRK_ENCODED_SLASH_DECODED,
    redirectHostHeader: values.QUIRK_REDIRECT_HOST_HEADER,
    healthConstant: values.QUIRK_HEALTH_CONSTANT,
  };
}
