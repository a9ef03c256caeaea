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
  /** Others take four turns in a row from each answer on. The login may go on after two: only from the second on have sockets been looked at. */
  const others = (turns = 4) =>
    void setImmediate(() => {
      order.push('others');
      if (turns > 1) others(turns - 1);
    });
  const [run, verify] = [db.run.bind(db), passwords.verify.bind(passwords)];
  t.mock.method(db, 'run', async (...query: Parameters<typeof db.run>) => {
    order.push(query[0].name);
    const rows = await run(...query);
    others();
    return rows;
  });
  t.mock.method(passwords, 'verify', async (...question: Parameters<typeof passwords.verify>) => {
    order.push('hash');
    const verdict = await verify(...question);
    others();
    return verdict;
  });

  for (const service of ['users', 'legacyAuth'] as const) {
    order = [];
    await (service === 'users'
      ? users.logIn({ email, password }, client)
      : legacyAuth.signIn({ email, password }, client));
    order.push('answered');
    assert.deepEqual(order, [
      ...['login_attempts_begin', 'others', 'others', 'hash', 'others', 'others'],
      ...['others', 'others', 'login_attempts_end', 'others', 'others'],
      ...['others', 'others', 'others', 'others', 'answered'],
    ]);
  }
});
