import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { startBalancer } from './balancer.ts';
import { developmentOn, eventually, type ServerProcess, startServerProcess } from './support.ts';

test('a rolling restart of two servers behind a balancer, under load', async (t) => {
  const database = await createTestDatabase(t);
  const env = developmentOn(database);
  const servers = await Promise.all([1, 2].map(() => startServerProcess(t, { ...env, DRAIN_DELAY_MS: '800' })));
  await Promise.all(servers.map((server) => server.untilListening()));
  const balancer = await startBalancer(servers.map(({ port }) => port));
  t.after(() => balancer.close());
  const areReady = () => servers.every(({ port }) => balancer.isReady(port));
  await eventually(areReady);
  const url = `http://127.0.0.1:${balancer.port}`;
  const token = await logInSomebody(url);
  const ports = servers.map(({ port }) => port);
  let current: ServerProcess[] = servers;

  await t.test('fails no request, loses no acknowledged row, and ends with 0', async () => {
    const load = startLoad(balancer.port, token);
    for (const [index, port] of ports.entries()) {
      const old = current[index];
      old?.child.kill('SIGTERM');
      assert.deepEqual(await old?.end, { code: 0, signal: null });
      // The next generation stops without a delay: for the control below.
      const fresh = await startServerProcess(t, { ...env, PORT: String(port), DRAIN_DELAY_MS: '0' });
      await fresh.untilListening();
      current = current.with(index, fresh);
      await eventually(areReady);
    }
    const { answered, failed, created } = await load.stop();
    assert.deepEqual(failed, []);
    assert.ok(answered > 300, `${answered} requests`);
    assert.deepEqual(await missingRows(database, created), []);
  });

  await t.test('fails requests without the delay, so that this test can fail', async () => {
    const load = startLoad(balancer.port, token);
    await eventually(() => load.answered() > 100);
    balancer.probes = false;
    current[0]?.child.kill('SIGTERM');
    await current[0]?.end;
    await eventually(() => load.failed() > 0);
    balancer.probes = true;
    await eventually(() => !areReady());
    const { failed, created } = await load.stop();
    assert.match(failed[0] ?? '', /502/);
    assert.deepEqual(await missingRows(database, created), [], 'even then an acknowledged row is there');
  });
});

test('a server that is told to stop', async (t) => {
  const database = await createTestDatabase(t);
  const env = developmentOn(database);

  await t.test('says that it is not ready and tells clients to leave, while it goes on serving', async (t) => {
    const server = await startServerProcess(t, { ...env, DRAIN_DELAY_MS: '1500' });
    await server.untilListening();
    server.child.kill('SIGTERM');
    await eventually(async () => (await fetch(`${server.url}/ready`)).status === 503);
    for (const path of ['/ready', '/live', '/api/tasks', '/nowhere']) {
      const answer = await fetch(`${server.url}${path}`);
      assert.equal(answer.headers.get('connection'), 'close', path);
    }
    assert.match(await (await fetch(`${server.url}/ready`)).text(), /"code":"stopping"/);
    assert.deepEqual(await server.end, { code: 0, signal: null });
  });

  await t.test('finishes the request that is under way', async (t) => {
    const server = await startServerProcess(t, env);
    await server.untilListening();
    const token = await logInSomebody(server.url);
    const body = JSON.stringify({ title: 'slow', priority: 'urgent_important' });
    const { socket, text } = await openConnection(t, server.port);
    socket.write(
      `POST /api/tasks HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 10)}`,
    );
    await eventually(async () => (await fetch(`${server.url}/live`)).ok);
    server.child.kill('SIGTERM');
    await eventually(() => server.stdout().includes('sys_shutdown'));
    socket.write(body.slice(10));
    await eventually(() => text().includes('slow'));
    assert.match(text(), /^HTTP\/1\.1 201 /);
    assert.deepEqual(await server.end, { code: 0, signal: null });
  });

  const hung =
    'POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{';
  await t.test('does not wait for a hung request beyond its deadline, and says so', async (t) => {
    const server = await startServerProcess(t, { ...env, SHUTDOWN_TIMEOUT_MS: '1200' });
    await server.untilListening();
    (await openConnection(t, server.port)).socket.write(hung);
    await eventually(async () => (await fetch(`${server.url}/live`)).ok);
    const start = performance.now();
    server.child.kill('SIGTERM');
    assert.deepEqual(await server.end, { code: exitCodes.failed.code, signal: null });
    assert.ok(performance.now() - start < 6000);
    assert.match(server.stdout() + server.stderr(), /unfinished after 1200 ms/);
  });

  await t.test('does not wait for anything when it is told twice', async (t) => {
    const server = await startServerProcess(t, { ...env, SHUTDOWN_TIMEOUT_MS: '60000' });
    await server.untilListening();
    (await openConnection(t, server.port)).socket.write(hung);
    await eventually(async () => (await fetch(`${server.url}/live`)).ok);
    const start = performance.now();
    // The first second of signals is one request to stop: a terminal sends several.
    const timer = setInterval(() => server.child.kill('SIGTERM'), 300);
    const { code } = await server.end;
    clearInterval(timer);
    assert.equal(code, exitCodes.failed.code);
    assert.ok(performance.now() - start < 6000);
  });
});

interface LoadResult {
  answered: number;
  failed: string[];
  created: string[];
}

/** Two hundred requests a second, whether or not the earlier ones are answered; one of four creates a task. */
function startLoad(port: number, token: string) {
  const agent = new Agent({ keepAlive: true });
  const result: LoadResult = { answered: 0, failed: [], created: [] };
  const pending = new Set<Promise<void>>();
  let count = 0;
  const timer = setInterval(() => {
    count += 1;
    const sent = sendOne({ port, agent, token, creates: count % 4 === 0 }, result).finally(() => pending.delete(sent));
    pending.add(sent);
  }, 5);
  return {
    answered: () => result.answered,
    failed: () => result.failed.length,
    async stop(): Promise<LoadResult> {
      clearInterval(timer);
      await Promise.all(pending);
      agent.destroy();
      return result;
    },
  };
}

interface Load {
  port: number;
  agent: Agent;
  token: string;
  creates: boolean;
}

async function sendOne({ port, agent, token, creates }: Load, result: LoadResult): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<{ status: number; text: string }>();
  const method = creates ? 'POST' : 'GET';
  const headers = { authorization: `Bearer ${token}`, ...(creates ? { 'content-type': 'application/json' } : {}) };
  const options = {
    host: '127.0.0.1',
    port,
    agent,
    method,
    headers,
    path: creates ? '/api/tasks' : '/api/tasks?limit=5',
  };
  const sent = request(options, (answer) => {
    let text = '';
    answer.setEncoding('utf8').on('data', (more: string) => (text += more));
    answer.once('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    answer.once('error', (error) => resolve({ status: 0, text: error.message }));
  });
  sent.once('error', (error) => resolve({ status: 0, text: error.message }));
  sent.end(creates ? JSON.stringify({ title: 'under load', priority: 'urgent_important' }) : undefined);
  const { status, text } = await promise;
  result.answered += 1;
  if (status !== (creates ? 201 : 200)) result.failed.push(`${method} ${status} ${text}`);
  else if (creates) result.created.push(JSON.parse(text).data.id);
}

async function missingRows(database: TestDatabase, ids: readonly string[]): Promise<string[]> {
  assert.ok(ids.length > 0);
  const stored = new Set((await database.sql('SELECT id FROM task')).map(({ id }) => id));
  return ids.filter((id) => !stored.has(id));
}

async function logInSomebody(url: string): Promise<string> {
  const body = JSON.stringify({ email: 'load@example.com', password: 'a test password that is long' });
  const post = (path: string) => {
    return fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  };
  await (await post('/auth/register')).arrayBuffer();
  const login: { access_token: string } = JSON.parse(await (await post('/auth/login')).text());
  return login.access_token;
}

async function openConnection(t: TestContext, port: number) {
  const socket = connect({ host: '127.0.0.1', port });
  t.after(() => socket.destroy());
  let received = '';
  socket.on('error', () => undefined).on('data', (bytes) => (received += bytes.toString()));
  await once(socket, 'connect');
  return { socket, text: () => received };
}
