import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createDatabase } from '../../src/database/database.ts';
import { bearer, json, registerUser } from '../support/app.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { createTestDatabase, testDatabaseConfig } from '../support/postgres.ts';
import { eventually, type ListeningApp, listen } from './support.ts';

const body = JSON.stringify({ title: 'a task', priority: 'urgent_important' });

test('a database that only reads', async (t) => {
  const server = await listen(t);
  const { access_token, email, password } = await registerUser(server);
  const before = await request(server, 'POST', '/api/tasks', access_token);
  assert.equal(before.status, 201);
  const name = server.database.connection.database;
  await server.database.sql(`ALTER DATABASE "${name}" SET default_transaction_read_only = on`);
  await server.database.sql(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}' AND pid <> pg_backend_pid()`,
  );

  await t.test('refuses writes with 503, a reason and when to come back', async () => {
    await eventually(async () => (await request(server, 'POST', '/api/tasks', access_token)).status === 503);
    const { status, text, retryAfter } = await request(server, 'POST', '/api/tasks', access_token);
    assert.deepEqual([status, retryAfter], [503, '30']);
    assert.deepEqual(JSON.parse(text), { detail: 'The service is read-only at the moment' });
  });

  await t.test('refuses what signs in or up with 503, never with 500', async () => {
    const bodies = { '/auth/login': { email, password }, '/auth/register': { email: 'n@example.com', password } };
    for (const [path, fields] of Object.entries(bodies)) {
      const answer = await fetch(`${server.url}${path}`, {
        method: 'POST',
        headers: json,
        body: JSON.stringify(fields),
      });
      assert.equal(answer.status, 503, `${path} ${await answer.text()}`);
    }
  });

  await t.test('goes on reading', async () => {
    const list = await request(server, 'GET', '/api/tasks', access_token);
    assert.deepEqual([list.status, JSON.parse(list.text).data.total_count], [200, 1]);
  });

  await t.test('writes again when it may', async () => {
    await server.database.sql(`BEGIN READ WRITE; ALTER DATABASE "${name}" RESET default_transaction_read_only; COMMIT`);
    await eventually(async () => (await request(server, 'POST', '/api/tasks', access_token)).status === 201);
  });
});

test('a database that is cut off', async (t) => {
  const { server, proxy } = await listenBehindProxy(t, { poolMax: 5, poolMaxWaiting: 50 });
  const { access_token } = await registerUser(server);
  const both = () => [
    request(server, 'GET', '/api/tasks', access_token),
    request(server, 'POST', '/api/tasks', access_token),
  ];

  await t.test('in the middle of requests is no 500, and no acknowledged row is lost', async () => {
    const answers: Answer[] = [];
    for (let round = 0; round < 8; round += 1) {
      const asked = Array.from({ length: 10 }, both).flat();
      if (round % 2 === 1) proxy.cutAll();
      answers.push(...(await Promise.all(asked)));
    }
    assert.deepEqual(
      answers.filter(({ status }) => ![200, 201, 503].includes(status)),
      [],
    );
    assert.ok(answers.every(({ status, retryAfter }) => status !== 503 || retryAfter !== null));
    const created = answers.flatMap(({ status, text }): string[] => (status === 201 ? [JSON.parse(text).data.id] : []));
    const rows = await server.database.sql('SELECT id FROM task');
    const stored = new Set(rows.map(({ id }) => id));
    assert.ok(created.length > 0);
    assert.deepEqual(
      created.filter((id) => !stored.has(id)),
      [],
    );
  });

  await t.test('for longer is 503 with Retry-After at once, and served again within 2 s of its return', async () => {
    proxy.set({ kind: 'refuse' });
    proxy.cutAll();
    for (const answer of await Promise.all(both())) {
      assert.equal(answer.status, 503);
      assert.match(answer.retryAfter ?? '', /^\d+$/);
      assert.ok(answer.ms < 3000, `${answer.ms} ms`);
    }
    assert.equal((await fetch(`${server.url}/live`)).status, 200);
    const ready = await fetch(`${server.url}/ready`);
    assert.equal(ready.status, 503);
    assert.match(await ready.text(), /"code":"database_unreachable"/);

    proxy.set({ kind: 'none' });
    await eventually(async () => (await request(server, 'POST', '/api/tasks', access_token)).status === 201, 2000);
    await eventually(async () => (await fetch(`${server.url}/ready`)).status === 200, 2000);
  });

  await t.test('without a word is 503 as soon as nobody may wait longer', async () => {
    proxy.set({ kind: 'blackhole' });
    for (const { status, ms } of await Promise.all(both())) {
      assert.ok([503, 504].includes(status), String(status));
      assert.ok(ms < 4000, `${ms} ms`);
    }
    proxy.set({ kind: 'none' });
    proxy.cutAll();
    await eventually(async () => (await request(server, 'POST', '/api/tasks', access_token)).status === 201, 2000);
  });
});

test('a pool that a slow query has exhausted', async (t) => {
  const { server } = await listenBehindProxy(t, { poolMax: 2, poolMaxWaiting: 5 });
  const { access_token } = await registerUser(server);
  assert.equal((await request(server, 'GET', '/api/tasks', access_token)).status, 200);
  const holders = Array.from({ length: 2 }, () => server.database.database.query('SELECT pg_sleep(1.5)', []));
  await eventually(() => server.database.database.stats().inUse === 2);
  const asked = Array.from({ length: 20 }, () => request(server, 'GET', '/api/tasks', access_token));

  await t.test('refuses those beyond the line at once, and the line when it has waited', async () => {
    const answers = await Promise.all(asked);
    assert.ok(answers.every(({ status, retryAfter }) => status === 503 && retryAfter !== null));
    assert.ok(answers.filter(({ ms }) => ms < 400).length >= 10);
    assert.ok(answers.every(({ ms }) => ms < 1400));
  });

  await t.test('does not touch /live', async () => {
    assert.equal((await fetch(`${server.url}/live`)).status, 200);
  });

  await t.test('serves again when the slow query is over', async () => {
    await Promise.all(holders);
    assert.equal((await request(server, 'GET', '/api/tasks', access_token)).status, 200);
  });
});

/** A pool in which requests wait for 500 ms at most, and a proxy that fails on demand. */
async function listenBehindProxy(
  t: TestContext,
  sizes: { poolMax: number; poolMaxWaiting: number },
): Promise<{ server: ListeningApp; proxy: FaultProxy }> {
  const direct = await createTestDatabase(t);
  const { host, port, unixSocketDir } = direct.connection;
  const proxy = await startFaultProxy(unixSocketDir ? { path: `${unixSocketDir}/.s.PGSQL.${port}` } : { host, port });
  const database = createDatabase({
    config: testDatabaseConfig({
      ...sizes,
      ...{ acquireTimeoutMs: 500, connectTimeoutMs: 1000 },
      ...{ statementTimeoutMs: 2000, queryTimeoutMs: 2500 },
    }),
    connection: { ...direct.connection, host: proxy.host, port: proxy.port, unixSocketDir: null },
    log: { info: () => undefined, warn: () => undefined },
  });
  t.after(async () => {
    await proxy.close();
    await database.close({ timeoutMs: 100 });
  });
  const server = await listen(t, { database: { ...direct, database, db: database.db } });
  return { server, proxy };
}

interface Answer {
  status: number;
  text: string;
  retryAfter: string | null;
  ms: number;
}

async function request({ url }: ListeningApp, method: string, path: string, token: string): Promise<Answer> {
  const start = performance.now();
  const headers = { ...bearer(token), ...(method === 'POST' ? json : {}) };
  const answer = await fetch(`${url}${path}`, { method, headers, ...(method === 'POST' ? { body } : {}) });
  const text = await answer.text();
  return { status: answer.status, text, retryAfter: answer.headers.get('retry-after'), ms: performance.now() - start };
}
