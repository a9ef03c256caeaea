import type { TestContext } from 'node:test';
import type { DatabaseConfig } from '../../src/config/types.ts';
import { createDatabase, type Database } from '../../src/database/database.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { createTestDatabase, type TestDatabase, testDatabaseConfig } from './postgres.ts';

/** A database that is reached through a proxy which fails on demand; `direct` goes around it. */
export interface ProxiedDatabase {
  readonly proxy: FaultProxy;
  readonly database: Database;
  readonly direct: TestDatabase;
}

export async function createProxiedDatabase(
  t: TestContext,
  config: Partial<DatabaseConfig> = {},
): Promise<ProxiedDatabase> {
  const direct = await createTestDatabase(t, { content: 'empty' });
  const { host, port, unixSocketDir } = direct.connection;
  const proxy = await startFaultProxy(unixSocketDir ? { path: `${unixSocketDir}/.s.PGSQL.${port}` } : { host, port });
  const database = createDatabase({
    config: testDatabaseConfig(config),
    connection: { ...direct.connection, host: proxy.host, port: proxy.port, unixSocketDir: null },
    log: { info: () => undefined, warn: () => undefined },
  });
  t.after(async () => {
    await proxy.close();
    await database.close({ timeoutMs: 100 });
  });
  return { proxy, database, direct };
}
