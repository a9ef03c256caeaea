import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Client } from 'pg';
import { loadConfig } from '../../src/config/load.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { type RunningServer, startServer } from '../../src/main.ts';
import { loadMigrations, upgradeSchema } from '../../src/migrations.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { clientConfigOf, createTestDatabase, type TestDatabase, withDatabase } from '../support/postgres.ts';
import { developmentOn, eventually, productionOn, startServerProcess } from './support.ts';

test('two servers that start at once on an empty database', async (t) => {
  const database = await createTestDatabase(t, { content: 'empty' });
  const starting = [startServerProcess(t, developmentOn(database)), startServerProcess(t, developmentOn(database))];
  const servers = await Promise.all(starting);

  await t.test('both become ready', async () => {
    await Promise.all(servers.map((server) => server.untilListening()));
    for (const { url } of servers) assert.equal((await fetch(`${url}/ready`)).status, 200);
  });
  await t.test('have applied each revision once', async () => {
    const rows = await database.sql('SELECT revision, count(*)::int AS times FROM stanchion.revision_log GROUP BY 1');
    assert.ok(rows.length >= 6);
    for (const { revision, times } of rows) assert.equal(times, 1, String(revision));
  });
  await t.test('end with 0', async () => {
    for (const { child } of servers) child.kill('SIGTERM');
    for (const { end } of servers) assert.deepEqual(await end, { code: 0, signal: null });
  });
});

test('a production server', async (t) => {
  await t.test('is ready on a schema that newer code has only added to', async (t) => {
    const database = await createTestDatabase(t);
    await addRevision(database, 'expand');
    assert.equal((await ready(await startProduction(t, database))).status, 200);
  });

  await t.test('is not ready on a schema that newer code has taken from, and says which revision', async (t) => {
    const database = await createTestDatabase(t);
    await addRevision(database, 'contract');
    const server = await startProduction(t, database);
    const { status, reasons } = await ready(server);
    assert.deepEqual([status, reasons.map(({ code }) => code)], [503, ['schema_ahead']]);
    assert.match(reasons[0]?.message ?? '', /ffffffffffff \(contract: a test revision\).*Deploy the newer code/);
    assert.equal((await fetch(`${server.url}/live`)).status, 200);
  });

  await t.test(
    'is not ready on a schema that is behind, says the command, and is ready when that has run',
    async (t) => {
      const database = await createTestDatabase(t, { content: 'empty' });
      const server = await startProduction(t, database);
      const { status, reasons } = await ready(server);
      assert.deepEqual([status, reasons.map(({ code }) => code)], [503, ['schema_behind']]);
      assert.match(reasons[0]?.message ?? '', /`\.\/stanchion migrate upgrade`/);
      assert.deepEqual(await database.sql(`SELECT FROM pg_tables WHERE schemaname IN ('public', 'stanchion')`), []);

      await upgradeSchema(await loadMigrations(), () => new Client(clientConfigOf(database.url)));
      await eventually(async () => (await ready(server)).status === 200);
    },
  );

  await t.test(
    'is not ready behind a pooler where search_path hides the tables, and says how to mend it',
    async (t) => {
      const database = await createTestDatabase(t);
      const name = database.connection.database;
      await database.sql(`ALTER DATABASE "${name}" SET search_path = nowhere`);
      const { status, reasons } = await ready(
        await startProduction(t, { url: `${database.url}&pgbouncer=true` }, { MIGRATION_DATABASE_URL: database.url }),
      );
      assert.deepEqual([status, reasons.map(({ code }) => code)], [503, ['schema_hidden']]);
      assert.match(reasons[0]?.message ?? '', /search_path is nowhere: ALTER ROLE … SET search_path = public/);
    },
  );

  await t.test('is not ready on a journal that it may not read, and does not call that an outage', async (t) => {
    const database = await createTestDatabase(t);
    await database.sql('ALTER TABLE stanchion.revision_log RENAME COLUMN phase TO phase_of_another_version');
    const { status, reasons } = await ready(await startProduction(t, database));
    assert.deepEqual([status, reasons.map(({ code }) => code)], [503, ['schema_unknown']]);
  });

  await t.test(
    'is not ready with a password that the database refuses, and says that this needs somebody',
    async (t) => {
      const database = await createTestDatabase(t);
      const server = await startProduction(t, { url: withDatabase(database.url, 'stanchion_no_such_database') });
      const { status, reasons } = await ready(server);
      assert.deepEqual([status, reasons.map(({ code }) => code)], [503, ['database_refuses']]);
      assert.match(reasons[0]?.message ?? '', /3D000.*DATABASE_URL/);
    },
  );

  await t.test('starts without its database, serves what needs none, and recovers by itself', async (t) => {
    const database = await createTestDatabase(t);
    const { host, port, unixSocketDir, user, password, database: name } = database.connection;
    const proxy = await startFaultProxy(unixSocketDir ? { path: `${unixSocketDir}/.s.PGSQL.${port}` } : { host, port });
    t.after(() => proxy.close());
    proxy.set({ kind: 'refuse' });
    const login = password ? `${user}:${encodeURIComponent(password)}` : user;
    const server = await startProduction(t, { url: `postgresql://${login}@127.0.0.1:${proxy.port}/${name}` });

    assert.equal((await fetch(`${server.url}/live`)).status, 200);
    const { status, reasons } = await ready(server);
    assert.deepEqual([status, reasons.map(({ code }) => code)], [503, ['database_unreachable']]);
    const refused = await register(server, 'a@example.com');
    assert.equal(refused.status, 503);
    assert.match(refused.headers.get('retry-after') ?? '', /^\d+$/);

    proxy.set({ kind: 'none' });
    await eventually(async () => (await ready(server)).status === 200, 3000);
    assert.equal((await register(server, 'b@example.com')).status, 201);
  });
});

/** As the migration engine of newer code would have left it. */
async function addRevision(database: TestDatabase, phase: 'expand' | 'contract'): Promise<void> {
  await database.sql(
    `INSERT INTO stanchion.revision_log
       (revision, direction, outcome, checksum, parents, depends_on, phase, summary, actor, duration_ms)
     VALUES ('ffffffffffff', 'up', 'applied', 'none', '{}', '{}', $1, 'a test revision', 'test', 1)`,
    [phase],
  );
}

/** Started here as `serve` starts it, on a free port; stopped at the end of the test. */
async function startProduction(
  t: TestContext,
  database: Pick<TestDatabase, 'url'>,
  more: Record<string, string> = {},
): Promise<RunningServer> {
  const env = { ...productionOn(database), HOST: '127.0.0.1', PORT: '0', RATE_LIMITS: 'on', ...more };
  const { config, secrets } = loadConfig({ env, cwd: '/nonexistent', generated: 'discard' });
  const server = await startServer({ config, secrets, log: createLogger(config.log, { write: () => undefined }) });
  t.after(() => server.stop());
  return server;
}

interface Readiness {
  status: number;
  reasons: { code: string; message: string }[];
}

async function ready({ url }: RunningServer): Promise<Readiness> {
  const answer = await fetch(`${url}/ready`);
  const { reasons = [] }: Partial<Readiness> = JSON.parse(await answer.text());
  return { status: answer.status, reasons };
}

function register({ url }: RunningServer, email: string): Promise<Response> {
  const body = JSON.stringify({ email, password: 'a test password that is long' });
  return fetch(`${url}/auth/register`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
}
