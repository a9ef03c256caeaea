import { randomBytes } from 'node:crypto';
import { Client, type ClientConfig } from 'pg';

export interface TestDatabase {
  /** For a client of this database. */
  config: ClientConfig;
  /** A connected client, closed by `drop`. */
  client: Client;
  connect(): Promise<Client>;
  drop(): Promise<void>;
}

/** A database of its own on the server of TEST_DATABASE_URL, the URL of a superuser to a maintenance database. */
export async function createDatabase(): Promise<TestDatabase> {
  const database = `migrate_${randomBytes(6).toString('hex')}`;
  const server = serverConfig();
  await onServer(server, `CREATE DATABASE ${database} TEMPLATE template0`);
  const config = { ...server, database };
  const clients: Client[] = [];
  const connect = async (): Promise<Client> => {
    const client = new Client(config);
    client.on('error', () => undefined);
    await client.connect();
    clients.push(client);
    return client;
  };
  return {
    config,
    connect,
    client: await connect(),
    async drop() {
      await Promise.all(clients.map(async (client) => client.end()));
      await onServer(server, `DROP DATABASE ${database} WITH (FORCE)`);
    },
  };
}

function serverConfig(): ClientConfig {
  const url = process.env['TEST_DATABASE_URL'];
  if (!url) throw new Error('TEST_DATABASE_URL is not set; `npm test` brings a server of its own');
  // pg reads URLs of Unix sockets, which the URL class refuses.
  const { host, port, user, password } = new Client({ connectionString: url });
  return { host, port, ...(user === undefined ? {} : { user }), ...(password === undefined ? {} : { password }) };
}

async function onServer(config: ClientConfig, sql: string): Promise<void> {
  const client = new Client({ ...config, database: 'postgres' });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
