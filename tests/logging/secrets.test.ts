import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { developmentOn, eventually, type ServerProcess, startServerProcess } from '../process/support.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

/** Each stands where a secret or somebody's private text stands; none may be printed. */
const canaries = {
  jwtSecret: 'test-canary-jwt-secret-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKL',
  authSecret: 'test-canary-auth-secret-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKL',
  metricsToken: 'test-canary-metrics-token',
  databasePassword: 'test-canary-database-password',
  password: 'test-canary-password of somebody',
  wrongPassword: 'test-canary-wrong password',
  header: 'test-canary-authorization',
  cookie: 'test-canary-cookie',
  query: 'test-canary-query',
  path: 'test-canary-path',
  userAgent: 'test-canary-agent',
  refreshToken: 'test-canary-refresh-token',
  malformed: 'test-canary-malformed-http',
  rowInDetail: 'test-canary-row-in-detail',
  rowInMessage: 'test-canary-row-in-message',
  rowInWhere: 'test-canary-row-in-where',
  rowRaised: 'test-canary-row-raised',
};

for (const format of ['json', 'pretty']) {
  test(`everything that a server prints at trace level as ${format}`, async (t) => {
    const database = await createTestDatabase(t);
    await plantFaults(database);
    const server = await startCanaryServer(t, database, format);
    const tokens = await play(t, server);
    server.child.kill('SIGTERM');
    assert.deepEqual(await server.end, { code: 0, signal: null });
    const printed = server.stdout() + server.stderr();

    await t.test('holds no secret, no token and no row of anybody', () => {
      assert.ok(printed.length > 5000);
      for (const [name, canary] of Object.entries({ ...canaries, ...tokens })) {
        assert.ok(canary.length > 10);
        assert.ok(!printed.includes(canary), `${name} was printed: ${excerpt(printed, canary)}`);
        assert.ok(!printed.includes(encodeURIComponent(canary)), name);
      }
    });
    await t.test('tells what an operator needs to find the fault', () => {
      for (const text of ['23514', 'task_canary', '22P02', 'unexpected error', 'authn_login_fail']) {
        assert.ok(printed.includes(text), text);
      }
    });
    if (format === 'json')
      await t.test('is one line a request, one an error, and names the events', () => assertLines(server));
  });
}

/** Errors of the database whose detail, message and context hold what a client sent. */
async function plantFaults({ sql }: TestDatabase): Promise<void> {
  await sql(`ALTER TABLE task ADD CONSTRAINT task_canary CHECK (title NOT LIKE '%in-detail%')`);
  await sql(`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.title LIKE '%in-message%' THEN PERFORM NEW.title::integer; END IF;
    IF NEW.title LIKE '%in-where%' THEN EXECUTE format('SELECT %L::integer', NEW.title); END IF;
    IF NEW.title LIKE '%raised%' THEN RAISE EXCEPTION 'no title like %', NEW.title; END IF;
    RETURN NEW; END $$`);
  await sql('CREATE TRIGGER fail BEFORE INSERT ON task FOR EACH ROW EXECUTE FUNCTION fail()');
}

async function startCanaryServer(t: TestContext, database: TestDatabase, format: string): Promise<ServerProcess> {
  const { password } = database.connection;
  // A server that trusts takes any password; elsewhere the real one is the canary.
  const url = password ? database.url : withPassword(database.url, canaries.databasePassword);
  const server = await startServerProcess(t, {
    ...developmentOn({ url }),
    ...{ LOG_FORMAT: format, LOG_LEVEL: 'trace', METRICS_TOKEN: canaries.metricsToken },
    ...{ JWT_SECRET: canaries.jwtSecret, AUTH_SECRET: canaries.authSecret },
  });
  await server.untilListening();
  return server;
}

function withPassword(url: string, password: string): string {
  return url.replace(/^(\w+:\/\/[^:@/]+):?[^@/]*@/, `$1:${password}@`);
}

/** One of everything that carries a secret. */
async function play(t: TestContext, { url, port }: ServerProcess) {
  const email = 'logging@example.com';
  const { password, wrongPassword } = canaries;
  await send(url, 'POST /auth/register', { email, password });
  const login = await send(url, 'POST /auth/login', { email, password });
  const legacy = await send(url, 'POST /api/v1/auth/signin', { email, password });
  await send(url, 'POST /auth/login', { email, password: wrongPassword });
  await send(url, 'POST /auth/login', { email: 'unknown@example.com', password: wrongPassword });
  await send(url, 'POST /auth/login', { password: { password } });
  const { access_token: accessToken, refresh_token: oldRefreshToken } = login.json();
  const rotated = await send(url, 'POST /auth/refresh', { refresh_token: oldRefreshToken });
  await send(url, 'POST /auth/refresh', { refresh_token: canaries.refreshToken });
  const tokens = {
    accessToken,
    oldRefreshToken,
    refreshToken: rotated.json().refresh_token,
    legacyToken: legacy.json().data.token,
  };
  const authorization = `Bearer ${accessToken}`;
  for (const title of [canaries.rowInDetail, canaries.rowInMessage, canaries.rowInWhere, canaries.rowRaised]) {
    const fault = await send(url, 'POST /api/tasks', { title, priority: 'urgent_important' }, { authorization });
    assert.equal(fault.status, 500);
    assert.equal(fault.text, 'Internal Server Error');
  }
  await send(url, `GET /api/tasks/${canaries.path}?token=${canaries.query}`, undefined, {
    ...{ authorization: `Bearer ${canaries.header}`, cookie: `session=${canaries.cookie}` },
    ...{ 'user-agent': canaries.userAgent, 'x-request-id': `${canaries.header} !` },
  });
  await send(url, `GET /${canaries.path}?${canaries.query}`, undefined, { authorization });
  await send(url, 'GET /metrics', undefined, { authorization: `Bearer ${canaries.metricsToken}` });
  await sendMalformed(t, port);
  await send(url, 'POST /auth/logout', undefined, { authorization });
  return tokens;
}

async function send(url: string, route: string, body?: object, headers: Record<string, string> = {}) {
  const [method = '', path = ''] = route.split(' ');
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const answer = await fetch(`${url}${path}`, { method, headers: { ...type, ...headers }, ...sent });
  const text = await answer.text();
  return { status: answer.status, text, json: () => JSON.parse(text) };
}

async function sendMalformed(t: TestContext, port: number): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port });
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  socket
    .resume()
    .write(`GET /${canaries.malformed}\r\nCookie ${canaries.cookie}\r\nAuthorization : ${canaries.header}\r\n\r\n`);
  await once(socket, 'close');
  // A body that never comes, and a client that leaves.
  const half = connect({ host: '127.0.0.1', port });
  await once(half, 'connect');
  half.write(`POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{"password":"${canaries.password}`);
  await eventually(() => half.bytesWritten > 0 && half.writableLength === 0);
  half.resetAndDestroy();
}

interface Line {
  level: string;
  msg: string;
  event?: string;
  request_id?: string;
}

function assertLines(server: ServerProcess): void {
  const lines = server
    .stdout()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line): Line => JSON.parse(line));
  const requests = lines.filter(({ msg }) => msg === 'request' || msg === 'client hung up');
  assert.ok(requests.length >= 16);
  assert.equal(new Set(requests.map(({ request_id: id }) => id)).size, requests.length);
  const errors = lines.filter(({ level }) => level === 'error');
  assert.deepEqual(
    errors.map(({ msg }) => msg),
    Array.from({ length: 4 }, () => 'unexpected error'),
  );
  const ids = new Set(requests.map(({ request_id: id }) => id));
  const events = lines.filter(({ msg }) => msg === 'security event');
  const expected = ['user_created', 'session_created', 'authn_login_success', 'authn_login_fail', 'session_revoked'];
  for (const name of expected)
    assert.ok(
      events.some(({ event }) => event === name),
      name,
    );
  for (const { request_id: id, event } of events) assert.ok(ids.has(id), `${event} belongs to no request`);
  for (const name of ['sys_startup', 'sys_shutdown'])
    assert.ok(
      lines.some(({ event }) => event === name),
      name,
    );
}

function excerpt(printed: string, canary: string): string {
  const at = printed.indexOf(canary);
  return printed.slice(Math.max(0, at - 200), at + canary.length);
}
