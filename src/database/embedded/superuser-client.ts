import { Client } from 'pg';
import type { DataFolder } from './data-folder.ts';

export const serverPort = 5432;
export const superuser = 'stanchion';

/** A client of the folder's own server, by its socket; `name` is what pg_stat_activity shows. Not connected yet. */
export function superuserClient({ socketDir }: DataFolder, name: string): Client {
  const client = new Client({
    host: socketDir,
    port: serverPort,
    user: superuser,
    database: 'postgres',
    password: () => '',
    application_name: name,
    connectionTimeoutMillis: 10_000,
  });
  client.on('error', () => undefined); // The server ended: whoever uses it will see.
  return client;
}
