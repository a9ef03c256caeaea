import { Client } from 'pg';

/** Runs SQL over a connection of its own and ends it. */
export async function runSql(url: string, text: string, values?: unknown[]): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  // Without a listener, a connection that breaks while it ends would end this process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const result = await (values === undefined ? client.query(text) : client.query(text, values));
    return result.rows;
  } finally {
    await client.end();
  }
}

/** The same server, another database. */
export function withDatabase(url: string, name: string): string {
  return url.replace(/^(\w+:\/\/[^/]*)\/[^?]*/, `$1/${name}`);
}
