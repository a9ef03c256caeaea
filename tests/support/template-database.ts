import { createHash } from 'node:crypto';
import { Client, type ClientConfig, escapeIdentifier } from 'pg';
import { loadMigrations, upgradeSchema } from '../../src/migrations.ts';

const prefix = 'stanchion_template_';
/** Any number: what the test processes of one server agree on while one of them makes the template. */
const templateLock = 7_216_001;

/**
 * The name of a database that has our migrations, to be cloned; made by whoever comes first. Its name tells its content,
 * so that a changed migration gets a new one.
 */
export async function ensureTemplate(server: ClientConfig): Promise<string> {
  const graph = await loadMigrations();
  const checksums = graph.order.map((revision) => revision.checksum).join();
  const name = `${prefix}${createHash('sha256').update(checksums).digest('hex').slice(0, 16)}`;
  await withTemplateLock(server, async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await makeTemplate(client, { server, name, graph });
  });
  return name;
}

/** For the end of a run on a server that lives on. */
export async function dropTemplates(server: ClientConfig): Promise<void> {
  await withTemplateLock(server, async (client) => {
    const { rows } = await client.query<{ datname: string }>(
      'SELECT datname FROM pg_database WHERE starts_with(datname, $1)',
      [prefix],
    );
    for (const { datname } of rows) await client.query(`DROP DATABASE ${escapeIdentifier(datname)}`);
  });
}

async function withTemplateLock(server: ClientConfig, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client(server);
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [templateLock]);
    await work(client);
  } finally {
    await client.end(); // The lock goes with the session.
  }
}

interface Template {
  server: ClientConfig;
  name: string;
  graph: Awaited<ReturnType<typeof loadMigrations>>;
}

/** Under another name until it is complete: a process that dies half-way leaves no half template. */
async function makeTemplate(client: Client, { server, name, graph }: Template): Promise<void> {
  const unfinished = `${name}_unfinished`;
  await client.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(unfinished)} WITH (FORCE)`);
  await client.query(`CREATE DATABASE ${escapeIdentifier(unfinished)} TEMPLATE template0`);
  await upgradeSchema(graph, () => new Client({ ...server, database: unfinished }));
  await client.query(`ALTER DATABASE ${escapeIdentifier(unfinished)} RENAME TO ${escapeIdentifier(name)}`);
}
