import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TestApp } from '../support/app.ts';
import { send, withAdmin } from './administration-steps.ts';

describe('a service token', () => {
  async function create(server: TestApp, token: string, input: object) {
    return send(server, 'POST', '/admin/service-tokens', token, { name: 'a service of a test', ...input });
  }

  test('acts within its scopes, and only there', async (t) => {
    const { server, admin, user } = await withAdmin(t);
    const created = await create(server, admin.access_token, { scopes: ['users:read'] });
    assert.equal(created.statusCode, 201);
    const { token } = created.json();

    assert.equal((await send(server, 'GET', `/admin/users/${user.id}`, token)).statusCode, 200);
    assert.equal((await send(server, 'DELETE', `/admin/users/${user.id}/sessions`, token)).statusCode, 403);
    assert.equal((await send(server, 'GET', '/auth/me', token)).statusCode, 401);
    assert.equal((await send(server, 'GET', '/api/tasks', token)).statusCode, 401);
  });

  test('is stored as a digest, and shown once', async (t) => {
    const { server, admin } = await withAdmin(t);
    const { token } = (await create(server, admin.access_token, { scopes: [] })).json();

    const list = await send(server, 'GET', '/admin/service-tokens', admin.access_token);
    assert.equal(list.json().service_tokens.length, 1);
    assert.ok(!list.body.includes(token));
    const rows = await server.database.sql('select * from service_tokens');
    assert.ok(!JSON.stringify(rows).includes(token.split('.')[3]));
  });

  test('dies when it is revoked, and when it expires', async (t) => {
    const { server, admin, user } = await withAdmin(t);
    const read = (token: string) => send(server, 'GET', `/admin/users/${user.id}`, token);
    const input = { scopes: ['users:read'], expires_in_days: 1 };
    const [first, second] = [
      (await create(server, admin.access_token, input)).json(),
      (await create(server, admin.access_token, input)).json(),
    ];
    assert.equal((await read(first.token)).statusCode, 200);

    await send(server, 'DELETE', `/admin/service-tokens/${first.id}`, admin.access_token);
    assert.equal((await read(first.token)).statusCode, 401);
    await server.database.sql(`update service_tokens set expires_at = now() where id = '${second.id}'`);
    assert.equal((await read(second.token)).statusCode, 401);
  });

  const departures = {
    demoted: (server: TestApp, admin: { access_token: string }, id: string) =>
      send(server, 'PATCH', `/admin/users/${id}`, admin.access_token, { role: 'user' }),
    disabled: (server: TestApp, admin: { access_token: string }, id: string) =>
      send(server, 'PATCH', `/admin/users/${id}`, admin.access_token, { is_active: false }),
    deleted: async (server: TestApp, _: unknown, id: string, maker: { access_token: string; password: string }) => {
      const answer = await send(server, 'DELETE', '/auth/me', maker.access_token, { current_password: maker.password });
      assert.deepEqual(await server.database.sql(`select 1 from "user" where id = '${id}'`), []);
      return answer;
    },
  };
  for (const [how, depart] of Object.entries(departures)) {
    test(`belongs to the organisation: it outlives a maker who is ${how}, is listed under their id, and is revoked by another admin`, async (t) => {
      const { server, admin, user: maker } = await withAdmin(t);
      await server.database.sql(`update "user" set role = 'admin' where id = '${maker.id}'`);
      const { id, token } = (await create(server, maker.access_token, { scopes: ['users:read'] })).json();
      const use = async () => (await send(server, 'GET', `/admin/users/${admin.id}`, token)).statusCode;

      const answer = await depart(server, admin, maker.id, maker);

      assert.ok(answer.statusCode < 300, answer.body);
      assert.equal(await use(), 200);
      const list = (await send(server, 'GET', '/admin/service-tokens', admin.access_token)).json().service_tokens;
      assert.deepEqual([list[0].id, list[0].created_by], [id, maker.id]);
      const revoked = await send(server, 'DELETE', `/admin/service-tokens/${id}`, admin.access_token);
      assert.equal(revoked.statusCode, 204);
      assert.equal(await use(), 401);
      await server.services.audit.flush();
      assert.deepEqual(
        await server.database.sql(
          `select event, actor_id from audit_events where reason = '${id}' and event like 'service_token_%' order by seq`,
        ),
        [
          { event: 'service_token_created', actor_id: maker.id },
          { event: 'service_token_revoked', actor_id: admin.id },
        ],
      );
    });
  }

  test('that was revoked is explained by its id', async (t) => {
    const { server, admin, user } = await withAdmin(t);
    const { id, token } = (await create(server, admin.access_token, { scopes: ['users:read'] })).json();
    await send(server, 'DELETE', `/admin/service-tokens/${id}`, admin.access_token);

    const refused = await send(server, 'GET', `/admin/users/${user.id}`, token);
    await server.services.audit.flush();

    const explained = await server.services.explanations.explain(String(refused.headers['x-request-id']));
    assert.deepEqual(
      explained?.events.map(({ reason, actorId }) => [reason, actorId]),
      [['service_token', id]],
    );
  });

  test('that made others is named as their maker, so that they are found when it is revoked', async (t) => {
    const { server, admin } = await withAdmin(t);
    const first = (await create(server, admin.access_token, { scopes: ['service-tokens:write'] })).json();

    const second = (await create(server, first.token, { scopes: ['service-tokens:write'] })).json();

    assert.equal(second.created_by, first.id);
    await send(server, 'DELETE', `/admin/service-tokens/${first.id}`, admin.access_token);
    assert.equal((await send(server, 'GET', '/admin/service-tokens', second.token)).statusCode, 200);
  });

  test('cannot make one with more than itself', async (t) => {
    const { server, admin } = await withAdmin(t);
    const { token } = (await create(server, admin.access_token, { scopes: ['service-tokens:write'] })).json();

    const refused = await create(server, token, { scopes: ['users:write'] });
    assert.equal(refused.statusCode, 403);
    await server.services.audit.flush();
    const explained = await server.services.explanations.explain(String(refused.headers['x-request-id']));
    assert.deepEqual(
      explained?.events.map(({ event, reason }) => [event, reason]),
      [['authn_token_refused', 'scope_users:write']],
    );
    assert.equal((await create(server, token, { scopes: ['service-tokens:write'] })).statusCode, 201);
  });

  test('is refused without a name, with an unknown scope or a lifetime of no day', async (t) => {
    const { server, admin } = await withAdmin(t);
    for (const input of [
      { scopes: ['everything'] },
      { name: '', scopes: [] },
      { name: 'a\0', scopes: [] },
      { scopes: [], expires_in_days: 0 },
    ]) {
      assert.equal((await create(server, admin.access_token, input)).statusCode, 422, JSON.stringify(input));
    }
  });

  test('costs no query when our keys did not make it', async (t) => {
    const { server, admin, user } = await withAdmin(t);
    const { token } = (await create(server, admin.access_token, { scopes: ['users:read'] })).json();
    const [prefix, kid, id, last = ''] = token.split('.');
    await server.database.database.close();

    for (const forged of [
      `${prefix}.${kid}.${id}.${last.slice(0, -1)}${last.endsWith('A') ? 'B' : 'A'}`,
      `${prefix}.${kid}.${user.id}.${last}`,
      `${prefix}.aaaaaaaaaaaa.${id}.${last}`,
      'sk1.',
      `sk1.${'a'.repeat(8000)}`,
    ]) {
      assert.equal((await send(server, 'GET', `/admin/users/${user.id}`, forged)).statusCode, 401, forged);
    }
  });
});
