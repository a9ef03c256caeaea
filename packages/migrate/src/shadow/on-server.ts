import { randomBytes } from 'node:crypto';
import { Client, type ClientConfig } from 'pg';
import { assertDirect, type ConnectionSource, connectionFailed } from '../connection.ts';
import { quoteName, quoteText } from '../sql-names.ts';
import { parseServerError } from '../sqlstate.ts';
import type { Shadow, ShadowDatabase } from './shadow.ts';

export interface TargetFacts {
  majorVersion: number;
  mayCreate: boolean;
  encoding: string;
  collate: string;
  ctype: string;
  /** `c`, `i` or `b`: libc, ICU, builtin. */
  provider: string;
  locale: string | null;
}

/** Of databases and, as application_name, of the session that keeps them. */
const prefix = 'stanchion_shadow_';

/** A connected client of the target; closed when `work` has ended. */
export async function withTarget<Answer>(
  source: ConnectionSource,
  work: (client: Client) => Promise<Answer>,
): Promise<Answer> {
  const client = await connect(clientOf(source));
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** `isThrowAway`: the server is, too. Copying files is quicker, but makes it write all that it has in memory first. */
export async function openShadowOnServer(
  source: ConnectionSource,
  target: TargetFacts,
  { isThrowAway = false }: { isThrowAway?: boolean } = {},
): Promise<Shadow> {
  const strategy = isThrowAway ? 'STRATEGY file_copy' : '';
  const run = `${prefix}${process.pid}_${randomBytes(5).toString('hex')}`;
  const first = clientOf(source);
  const keeper = await connect(first);
  const live = new Map<string, ShadowDatabase>();
  let created = 0;
  try {
    // Before there is a database: whoever sweeps sees that its run still lives.
    await keeper.query(`SET application_name = ${quoteText(run)}`);
    await sweep(keeper);
  } catch (error) {
    await keeper.end().catch(() => undefined);
    throw error;
  }
  return {
    majorVersion: target.majorVersion,
    origin: "the target's own server",
    async createDatabase() {
      created += 1;
      const name = `${run}_${created}`;
      await keeper.query(`CREATE DATABASE ${quoteName(name)} TEMPLATE template0 ${strategy} ${localeOf(target)}`);
      const drop = async (): Promise<void> => {
        if (!live.delete(name)) return;
        await dropDatabase(keeper, name);
      };
      const database = { name, connection: configOf(first, name), drop };
      live.set(name, database);
      return database;
    },
    async close() {
      try {
        for (const database of live.values()) await database.drop();
      } finally {
        await keeper.end().catch(() => undefined);
      }
    },
  };
}

/**
 * What a killed run left: its databases are there and its keeper's session is not. The databases are listed first: a run that
 * ends in between has dropped its own.
 */
async function sweep(keeper: Client): Promise<void> {
  const { rows: databases } = await keeper.query<{ name: string }>(
    'SELECT datname::text AS name FROM pg_database WHERE starts_with(datname::text, $1)',
    [prefix],
  );
  if (databases.length === 0) return;
  const { rows } = await keeper.query<{ name: string }>(
    'SELECT application_name AS name FROM pg_stat_activity WHERE starts_with(application_name, $1)',
    [prefix],
  );
  const alive = new Set(rows.map((row) => row.name));
  for (const { name } of databases) {
    if (alive.has(name.replace(/_\d+$/, ''))) continue;
    try {
      await dropDatabase(keeper, name);
    } catch (error) {
      // Another role's leftover, or somebody was quicker.
      if (!parseServerError(error)) throw error;
    }
  }
}

async function dropDatabase(keeper: Client, name: string): Promise<void> {
  await keeper.query(`DROP DATABASE IF EXISTS ${quoteName(name)} WITH (FORCE)`);
}

function localeOf({ encoding, collate, ctype, provider, locale }: TargetFacts): string {
  const parts = [
    `ENCODING ${quoteText(encoding)} LC_COLLATE ${quoteText(collate)} LC_CTYPE ${quoteText(ctype)}`,
    `LOCALE_PROVIDER ${{ c: 'libc', i: 'icu', b: 'builtin' }[provider] ?? 'libc'}`,
  ];
  if (locale !== null && provider === 'i') parts.push(`ICU_LOCALE ${quoteText(locale)}`);
  if (locale !== null && provider === 'b') parts.push(`BUILTIN_LOCALE ${quoteText(locale)}`);
  return parts.join(' ');
}

function clientOf(source: ConnectionSource): Client {
  const client = typeof source === 'function' ? source() : new Client(source);
  assertDirect(client.host);
  return client;
}

async function connect(client: Client): Promise<Client> {
  client.on('error', () => undefined); // Whoever uses it next will see.
  try {
    await client.connect();
  } catch (cause) {
    await client.end().catch(() => undefined);
    throw connectionFailed(client, cause);
  }
  return client;
}

/** The same server, role and encryption, another database. */
function configOf(client: Client, database: string): ClientConfig {
  const { host, port, user, password, ssl } = client;
  return {
    host,
    port,
    database,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined || password === null ? {} : { password }),
    ssl,
  };
}
