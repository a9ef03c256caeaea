import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestApp, json, registerUser } from '../support/app.ts';

test('a login is one statement before its hash and one after, whatever the route and whoever asks', async (t) => {
  const server = await createTestApp(t, { env: { RATE_LIMITS: 'on' } });
  const { email, password } = await registerUser(server);
  const run = t.mock.method(server.database.db, 'run');
  const statementsOf = async (url: string, body: object) => {
    run.mock.resetCalls();
    await server.app.inject({ method: 'POST', url, headers: json, body: JSON.stringify(body) });
    return run.mock.calls.map(({ arguments: [query] }) => query.name);
  };

  for (const url of ['/auth/login', '/api/v1/auth/signin']) {
    assert.deepEqual(await statementsOf(url, { email, password }), ['login_attempts_begin', 'login_attempts_end'], url);
    assert.deepEqual(await statementsOf(url, { email, password: 'a guess' }), ['login_attempts_begin']);
    assert.deepEqual(await statementsOf(url, { email: 'nobody@example.com', password }), ['login_attempts_begin']);
  }
});

test('a login with another spelling, or with half a character, is looked up in the same statement', async (t) => {
  const server = await createTestApp(t);
  const { password } = await registerUser(server, { email: 'spelled@example.com' });
  const logIn = async (email: string) => {
    const body = JSON.stringify({ email, password });
    return (await server.app.inject({ method: 'POST', url: '/auth/login', headers: json, body })).statusCode;
  };
  assert.equal(await logIn('Spelled@Example.com'), 200);
  for (const email of ['spelled@example.com\0', '\ud800@example.com']) assert.equal(await logIn(email), 401);
});

test('a login of a user who is disabled between its proof and its session opens none', async (t) => {
  const server = await createTestApp(t);
  const user = await registerUser(server);
  const client = { requestId: 'overtaken', address: '192.0.2.1', userAgent: null };
  const [stored] = await server.database.sql('select hashed_password from "user" where id = $1', [user.id]);
  const hash = String(stored?.['hashed_password']);
  const proof = {
    user: { ...user, name: null, role: null, is_active: true, hashed_password: hash },
    forgivenKey: null,
  };
  const countSessions = () => server.database.sql('select count(*)::int as count from sessions');
  const before = await countSessions();
  await server.database.sql('update "user" set is_active = false where id = $1', [user.id]);

  await assert.rejects(server.services.sessions.open(proof, client), { code: 'invalid_credentials' });

  assert.deepEqual(await countSessions(), before);
});

test('the parts of a login let others come between them, whatever the route', async (t) => {
  const server = await createTestApp(t);
  const { email, password } = await registerUser(server);
  const { db } = server.database;
  const { users, legacyAuth, passwords } = server.services;
  const client = { requestId: 'in parts', address: '192.0.2.1', userAgent: null };
  let order: string[] = [];
  const wait = setTimeout;
  t.mock.method(globalThis, 'setTimeout', (...[then, delayMs]: Parameters<typeof setTimeout>) => {
    if (delayMs === 1) order.push('others'); // The pause of turns.ts, and of nobody else here.
    return wait(then, delayMs);
  });
  const [run, verify] = [db.run.bind(db), passwords.verify.bind(passwords)];
  t.mock.method(db, 'run', (...query: Parameters<typeof db.run>) => {
    order.push(query[0].name);
    return run(...query);
  });
  t.mock.method(passwords, 'verify', (...question: Parameters<typeof passwords.verify>) => {
    order.push('hash');
    return verify(...question);
  });

  for (const service of ['users', 'legacyAuth'] as const) {
    order = [];
    await (service === 'users'
      ? users.logIn({ email, password }, client)
      : legacyAuth.signIn({ email, password }, client));
    order.push('answered');
    const end = ['login_attempts_end', 'others', 'others', 'answered'];
    assert.deepEqual(order, ['login_attempts_begin', 'others', 'hash', 'others', ...end]);
  }
});
