import { flag, integer, milliseconds, oneOf, text } from './kinds.ts';
import { variable } from './variable.ts';

/** Any text is taken here: what is wrong with a database URL is said in words of its own by checks.ts. */
const anyText = text('a URL such as postgresql://user:password@host/database', /^[^\0]+$/);
const path = text('a path', /^[^\0\r\n]+$/);

export const databaseVariables = {
  DATABASE_URL: variable({
    kind: anyText,
    default: null,
    field: 'secrets.databaseUrl',
    aliases: ['NEON_DATABASE_URL', 'POSTGRES_URL', 'POSTGRES_PRISMA_URL'],
    secret: true,
    withoutDefault: 'the embedded database (development and test)',
    fix: 'set it to postgresql://user:password@host/database',
    help: "The database for requests; a pooler's URL is welcome. Every host but this machine is reached over verified TLS. postgres:// and SQLAlchemy's postgresql+asyncpg://, +psycopg2:// and +psycopg:// are understood. Production refuses to start without it.",
  }),
  MIGRATION_DATABASE_URL: variable({
    kind: anyText,
    default: null,
    field: 'secrets.migrationDatabaseUrl',
    aliases: ['DATABASE_URL_UNPOOLED', 'POSTGRES_URL_NON_POOLING', 'NEON_DATABASE_URL_UNPOOLED'],
    secret: true,
    withoutDefault: 'DATABASE_URL, on Neon without `-pooler`',
    fix: 'set it to the direct URL of the database, which no pooler stands before',
    help: 'The database for migrations: a direct connection, because a pooler in transaction mode breaks their locks.',
  }),
  DATA_DIR: variable({
    kind: path,
    default: '.data',
    field: 'database.dataDir',
    help: "Folder of the embedded database and of the secrets that development generates. Relative to the project's folder.",
  }),
  DATABASE_CA_FILE: variable({
    kind: path,
    default: null,
    field: 'database.caFile',
    withoutDefault: "the system's certificate authorities",
    example: '/etc/ssl/certs/database-ca.pem',
    help: "A PEM file with the certificate authority of the database's certificate.",
  }),
  DATABASE_ALLOW_INSECURE_TLS: variable({
    kind: flag(),
    default: 'off',
    field: 'database.allowInsecureTls',
    help: 'Lets production reach a remote database the way its URL asks for, unencrypted or unverified. Anyone on the way can then read and change everything.',
  }),
  DATABASE_POOL_MAX: variable({
    kind: integer(1, 1_000),
    default: '10',
    field: 'database.poolMax',
    help: 'Connections of one instance. All instances together, those of a rolling deploy included, must stay below the limit of the server.',
  }),
  DATABASE_POOL_MAX_WAITING: variable({
    kind: integer(0, 100_000),
    default: '200',
    field: 'database.poolMaxWaiting',
    help: 'Requests that may wait for a connection; one more is answered 503 at once.',
  }),
  DATABASE_ACQUIRE_TIMEOUT_MS: variable({
    kind: milliseconds(10, 600_000),
    default: '1500ms',
    field: 'database.acquireTimeoutMs',
    help: 'How long a request waits for a connection before it is answered 503.',
  }),
  DATABASE_CONNECT_TIMEOUT_MS: variable({
    kind: milliseconds(10, 600_000),
    default: '10s',
    field: 'database.connectTimeoutMs',
    help: 'How long a new connection may take to open: a database that scaled to zero needs seconds to wake.',
  }),
  DATABASE_LOCK_TIMEOUT_MS: variable({
    kind: milliseconds(10, 600_000),
    default: '2s',
    field: 'database.lockTimeoutMs',
    help: 'How long a statement waits for a lock (lock_timeout).',
  }),
  DATABASE_STATEMENT_TIMEOUT_MS: variable({
    kind: milliseconds(10, 600_000),
    default: '5s',
    field: 'database.statementTimeoutMs',
    help: 'How long the server works on a statement (statement_timeout).',
  }),
  DATABASE_QUERY_TIMEOUT_MS: variable({
    kind: milliseconds(10, 600_000),
    default: '6s',
    field: 'database.queryTimeoutMs',
    help: 'How long this process waits for the answer to a statement: the only guard against a connection whose other end is gone.',
  }),
  DATABASE_IDLE_IN_TRANSACTION_TIMEOUT_MS: variable({
    kind: milliseconds(10, 600_000),
    default: '10s',
    field: 'database.idleInTransactionTimeoutMs',
    help: 'How long a transaction may do nothing (idle_in_transaction_session_timeout).',
  }),
  DATABASE_PREPARED_STATEMENTS: variable({
    kind: flag(),
    default: 'on',
    field: 'database.preparedStatements',
    help: 'Named prepared statements. `off` behind a pooler that loses them (PgBouncer before 1.21, or max_prepared_statements=0).',
  }),
  MIGRATIONS_ON_START: variable({
    kind: oneOf(['upgrade', 'check']),
    default: { development: 'upgrade', test: 'upgrade', production: 'check' },
    field: 'migrations.onStart',
    help: 'Whether a starting server upgrades the schema, or is not ready until `stanchion migrate upgrade` has done so.',
  }),
};
