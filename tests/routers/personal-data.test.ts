import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bearer, createTestApp, json, registerUser, type TestApp } from '../support/app.ts';

function send({ app }: TestApp, method: 'GET' | 'POST' | 'DELETE', url: string, token: string, body?: object) {
  const payload = body === undefined ? {} : { body: JSON.stringify(body) };
  return app.inject({ method, url, headers: { ...json, ...bearer(token) }, ...payload });
}

async function addTask(server: TestApp, token: string, title: string): Promise<void> {
  const body = { title, priority: 'urgent_important' };
  assert.equal((await send(server, 'POST', '/api/tasks', token, body)).statusCode, 201);
}

describe('the data of a person', () => {
  test('are exported whole, without anything secret or anybody else’s', async (t) => {
    const server = await createTestApp(t);
    const [user, other] = [await registerUser(server), await registerUser(server)];
    await addTask(server, user.access_token, 'mine');
    await addTask(server, other.access_token, 'not mine');
    await server.services.audit.flush();

    const answer = await send(server, 'GET', '/auth/me/export', user.access_token);

    assert.equal(answer.statusCode, 200);
    const data = answer.json();
    assert.equal(data.user.email, user.email);
    assert.deepEqual(
      data.tasks.map(({ title }: { title: string }) => title),
      ['mine'],
    );
    assert.equal(data.sessions.length, 1);
    assert.ok(data.security_events.some(({ event }: { event: string }) => event === 'user_created'));
    assert.ok(!/argon2|hashed_password|token_salt/.test(answer.body));
  });

  test('are removed with the present password, tasks and sessions too', async (t) => {
    const server = await createTestApp(t);
    const user = await registerUser(server);
    await addTask(server, user.access_token, 'mine');
    await server.services.audit.flush();

    assert.equal(
      (await send(server, 'DELETE', '/auth/me', user.access_token, { current_password: 'no' })).statusCode,
      403,
    );
    const removed = await send(server, 'DELETE', '/auth/me', user.access_token, { current_password: user.password });
    await server.services.audit.flush();

    assert.equal(removed.statusCode, 204);
    assert.equal((await send(server, 'GET', '/auth/me', user.access_token)).statusCode, 401);
    for (const table of ['"user"', 'task', 'sessions', 'mail_jobs']) {
      assert.deepEqual(await server.database.sql(`select * from ${table}`), [], table);
    }
  });

  for (const [what, early] of [
    ['was written before', true],
    ['still waited to be written, here and on another instance', false],
  ] as const) {
    test(`leave no address in the audit trail that ${what}, and the trail stays whole`, async (t) => {
      const server = await createTestApp(t);
      const other = await createTestApp(t, { database: server.database });
      const user = await registerUser(server);
      await send(other, 'GET', '/auth/me/export', user.access_token);
      if (early) for (const { services } of [server, other]) await services.audit.flush();

      await send(server, 'DELETE', '/auth/me', user.access_token, { current_password: user.password });
      for (const { services } of [server, other]) await services.audit.flush();

      const rows = await server.database.sql(
        `select event, address, address_salt from audit_events where user_id = '${user.id}'`,
      );
      assert.ok(rows.some(({ event }) => event === 'user_data_exported'));
      assert.ok(rows.every(({ address, address_salt: salt }) => address === null && salt === null));
      assert.equal((await server.services.audit.verify()).fault, null);
    });
  }
});
