import { randomBytes } from 'node:crypto';
import { after, type TestContext } from 'node:test';
import { Client, type ClientConfig, escapeIdentifier } from 'pg';
import { parseDatabaseUrl } from '../../src/config/database-url.ts';
import type { DatabaseConfig } from '../../src/config/types.ts';
import { type ConnectionTarget, createDatabase, type Database } from '../../src/database/database.ts';
import type { Db } from '../../src/database/types.ts';
import { dropTemplates, ensureTemplate } from './template-database.ts';
import { startOwnServer } from './test-server.ts';

/** A server that tests share: `TEST_DATABASE_URL`, else one of our own that ends with this process. */
export interface SharedServer {
  readonly url: string;
  readonly origin: string;
  stop(): Promise<void>;
}

/** `parent`: the folder for one of our own. */
export async function startTestServer(parent?: string): Promise<SharedServer> {
  const url = process.env.TEST_DATABASE_URL;
  if (!url) return startOwnServer(parent === undefined ? {} : { parent });
  await runSql(url, 'SELECT 1'); // A wrong URL is told once, not by every test.
  // A run inside a run (the test of the test command) shares the outer one's templates.
  const isNested = process.env.STANCHION_TEST_RUN !== undefined;
  const stop = isNested ? () => Promise.resolve() : () => dropTemplates(clientConfigOf(url));
  return { url, origin: 'TEST_DATABASE_URL', stop };
}

export interface TestDatabase {
  readonly url: string;
  readonly connection: ConnectionTarget;
  readonly database: Database;
  readonly db: Db;
  /** Any SQL, over a connection of its own. */
  readonly sql: (text: string, values?: unknown[]) => Promise<Record<string, unknown>[]>;
  /** Drops it; done by itself at the end of the test or of the file. */
  readonly close: () => Promise<void>;
}

export interface TestDatabaseOptions {
  /** `empty`: without our migrations. */
  readonly content?: 'migrated' | 'empty';
  readonly config?: Partial<DatabaseConfig>;
}

/** A database of its own, cloned from a template with our migrations. With a test's context it ends with that test. */
export async function createTestDatabase(t?: TestContext, options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const server = await sharedServer();
  const name = `stanchion_test_${process.pid}_${randomBytes(4).toString('hex')}`;
  const template = options.content === 'empty' ? 'template0' : await ensureTemplate(clientConfigOf(server.url));
  await runSql(server.url, `CREATE DATABASE ${escapeIdentifier(name)} TEMPLATE ${escapeIdentifier(template)}`);

  const url = withDatabase(server.url, name);
  const connection = parseTestUrl(url);
  const log = { info: () => undefined, warn: () => undefined };
  const database = createDatabase({ config: testDatabaseConfig(options.config), connection, log });
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= dropDatabase({ database, serverUrl: server.url, name });
    return closed;
  };
  if (t) t.after(close);
  else after(close);
  return { url, connection, database, db: database.db, sql: (text, values) => runSql(url, text, values), close };
}

/** Small enough for tests to reach every bound, generous enough for a busy machine. */
export function testDatabaseConfig(changes: Partial<DatabaseConfig> = {}): DatabaseConfig {
  return {
    source: 'url',
    dataDir: '',
    poolMax: 5,
    poolMaxWaiting: 50,
    acquireTimeoutMs: 5000,
    connectTimeoutMs: 5000,
    lockTimeoutMs: 5000,
    statementTimeoutMs: 10_000,
    queryTimeoutMs: 15_000,
    idleInTransactionTimeoutMs: 20_000,
    preparedStatements: true,
    caFile: null,
    allowInsecureTls: false,
    ...changes,
  };
}

export function parseTestUrl(url: string): ConnectionTarget {
  const parsed = parseDatabaseUrl(url);
  if ('faults' in parsed) throw new Error(`TEST_DATABASE_URL ${parsed.faults.join('; ')}`);
  return parsed.url;
}

/** Runs SQL over a connection of its own and ends it. */
export async function runSql(url: string, text: string, values?: unknown[]): Promise<Record<string, unknown>[]> {
  const client = new Client(clientConfigOf(url));
  client.on('error', () => undefined);
  await client.connect();
  try {
    const result = values ? await client.query(text, values) : await client.query(text);
    return result.rows;
  } finally {
    await client.end();
  }
}

/** For a client of its own, as far from `src/database` as it can be: tests of that folder use it as their witness. */
export function clientConfigOf(url: string): ClientConfig {
  const { host, port, user, password, database } = parseTestUrl(url);
  return { host, port, user, database, password: password ?? 'none' };
}

export function withDatabase(url: string, name: string): string {
  return url.replace(/^(\w+(?:\+\w+)?:\/\/[^/]*)\/[^?]*/, `$1/${name}`);
}

let started: Promise<SharedServer> | undefined;

/** One a process; a watcher ends it with the process. */
function sharedServer(): Promise<SharedServer> {
  started ??= startTestServer();
  return started;
}

interface Droppable {
  readonly database: Database;
  readonly serverUrl: string;
  readonly name: string;
}

async function dropDatabase({ database, serverUrl, name }: Droppable): Promise<void> {
  await database.close({ timeoutMs: 1000 });
  await runSql(serverUrl, `DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`);
}
