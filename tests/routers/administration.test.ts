import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { createLegacyTokens } from '../../src/security/legacy-tokens.ts';
import {
  bearer,
  createTestApp,
  json,
  registerUser,
  type TestApp,
  type TestAppOptions,
  testSecret,
} from '../support/app.ts';

function send(
  { app }: TestApp,
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  url: string,
  token?: string,
  body?: object,
) {
  const headers = { ...(body === undefined ? {} : json), ...(token === undefined ? {} : bearer(token)) };
  return app.inject({ method, url, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
}

async function withAdmin(t: Parameters<typeof createTestApp>[0], options: TestAppOptions = {}) {
  const server = await createTestApp(t, { ...options, env: { SESSION_CHECK_SECONDS: '0', ...options.env } });
  const admin = await registerUser(server);
  await server.database.sql(`update "user" set role = 'admin' where id = '${admin.id}'`);
  return { server, admin, user: await registerUser(server) };
}

async function isSignedIn(server: TestApp, token: string): Promise<boolean> {
  return (await send(server, 'GET', '/auth/me', token)).statusCode === 200;
}

describe('administration', () => {
  const routes = [
    ['GET', '/admin/users?email=a@example.com', undefined],
    ['GET', '/admin/users/ID', undefined],
    ['PATCH', '/admin/users/ID', { is_active: false }],
    ['GET', '/admin/users/ID/sessions', undefined],
    ['DELETE', '/admin/users/ID/sessions', undefined],
    ['DELETE', '/admin/users/ID/sessions/ID', undefined],
    ['POST', '/admin/service-tokens', { name: 'x', scopes: [] }],
    ['GET', '/admin/service-tokens', undefined],
    ['DELETE', '/admin/service-tokens/ID', undefined],
  ] as const;
  test('is closed to users and to strangers', async (t) => {
    const { server, user } = await withAdmin(t);
    for (const [method, path, body] of routes) {
      await t.test(`${method} ${path}`, async () => {
        const url = path.replaceAll('ID', user.id);
        assert.equal((await send(server, method, url, undefined, body)).statusCode, 401);
        const refused = await send(server, method, url, user.access_token, body);
        assert.deepEqual([refused.statusCode, refused.json()], [403, { detail: 'Not permitted' }]);
        // RFC 6750 §3.
        assert.match(
          String(refused.headers['www-authenticate']),
          /^Bearer error="insufficient_scope", scope="[a-z-]+:[a-z]+"$/,
        );
      });
    }
  });

  test('shows a user with the role, and nothing secret', async (t) => {
    const { server, admin, user } = await withAdmin(t);

    const answer = await send(server, 'GET', `/admin/users/${user.id}`, admin.access_token);

    assert.deepEqual([answer.json().email, answer.json().role], [user.email, 'user']);
    assert.ok(!answer.body.includes('argon2'));
  });

  test('finds a user by the address in whatever spelling', async (t) => {
    const { server, admin, user } = await withAdmin(t);
    const find = async (email: string) =>
      send(server, 'GET', `/admin/users?email=${encodeURIComponent(email)}`, admin.access_token);

    for (const spelling of [user.email, user.email.toUpperCase()]) {
      const { users } = (await find(spelling)).json();
      assert.deepEqual(
        users.map(({ id, role }: { id: string; role: string }) => [id, role]),
        [[user.id, 'user']],
      );
    }
    for (const nobody of ['nobody@example.com', 'no address', '\0', '']) {
      assert.deepEqual((await find(nobody)).json(), { users: [] });
    }
    assert.equal((await send(server, 'GET', '/admin/users', admin.access_token)).statusCode, 422);
  });

  test('disables a user: sessions end, logins are refused as for a wrong password', async (t) => {
    const { server, admin, user } = await withAdmin(t);

    const answer = await send(server, 'PATCH', `/admin/users/${user.id}`, admin.access_token, { is_active: false });

    assert.equal(answer.json().is_active, false);
    assert.equal(await isSignedIn(server, user.access_token), false);
    assert.equal(
      (await send(server, 'POST', '/auth/refresh', undefined, { refresh_token: user.refresh_token })).statusCode,
      401,
    );
    const login = await send(server, 'POST', '/auth/login', undefined, { email: user.email, password: user.password });
    const wrong = await send(server, 'POST', '/auth/login', undefined, { email: user.email, password: 'wrong' });
    assert.deepEqual([login.statusCode, login.body], [wrong.statusCode, wrong.body]);
  });

  test('is not for a token of the old backend, which no logout could end', async (t) => {
    const { server, admin } = await withAdmin(t);
    const subject = { user_id: admin.id, email: admin.email, name: null };
    const tokens = createLegacyTokens({ secret: testSecret, now: () => Date.now() / 1000 });
    const answer = await send(server, 'GET', `/admin/users/${admin.id}`, tokens.mint(subject, 3600));
    assert.equal(answer.statusCode, 403);
    const me = await send(server, 'GET', '/auth/me', tokens.mint(subject, 3600));
    assert.equal(me.statusCode, 200);
  });

  test('is not for a token of the old kind that names a session of ours either: the old secret can make one', async (t) => {
    const { server, admin } = await withAdmin(t);
    const signIn = { email: admin.email, password: admin.password };
    const { data } = (await send(server, 'POST', '/api/v1/auth/signin', undefined, signIn)).json();
    const { sid } = decodeJwt(admin.access_token);
    const subject = { user_id: admin.id, email: admin.email, name: null, sid: String(sid) };
    const forged = createLegacyTokens({ secret: testSecret, now: () => Date.now() / 1000 }).mint(subject, 3600);
    for (const token of [data.token, forged]) {
      assert.equal((await send(server, 'GET', `/admin/users/${admin.id}`, token)).statusCode, 403);
      assert.equal((await send(server, 'GET', '/auth/me', token)).statusCode, 200);
    }
  });

  test('is for whoever has a role also where others get tokens of the old kind', async (t) => {
    const { server, admin, user } = await withAdmin(t, { env: { ACCESS_TOKEN_PROFILE: 'incumbent' } });
    const logIn = async ({ email, password }: { email: string; password: string }) =>
      (await send(server, 'POST', '/auth/login', undefined, { email, password })).json();
    const [ofUser, ofAdmin] = [await logIn(user), await logIn(admin)];
    assert.equal(decodeProtectedHeader(ofUser.access_token).alg, 'HS256');

    assert.equal((await send(server, 'GET', `/admin/users/${user.id}`, ofAdmin.access_token)).statusCode, 200);
    const { refresh_token } = ofAdmin;
    const next = (await send(server, 'POST', '/auth/refresh', undefined, { refresh_token })).json();
    assert.equal((await send(server, 'GET', `/admin/users/${user.id}`, next.access_token)).statusCode, 200);
  });

  test('takes a demotion into account without a new token', async (t) => {
    const { server, admin, user } = await withAdmin(t);
    await send(server, 'PATCH', `/admin/users/${user.id}`, admin.access_token, { role: 'admin' });
    const login = await send(server, 'POST', '/auth/login', undefined, { email: user.email, password: user.password });
    const token: string = login.json().access_token;
    assert.equal((await send(server, 'GET', `/admin/users/${admin.id}`, token)).statusCode, 200);

    await server.database.sql(`update "user" set role = null where id = '${user.id}'`);

    assert.equal((await send(server, 'GET', `/admin/users/${admin.id}`, token)).statusCode, 403);
  });

  test('gives nobody a role that may more than who asks, and touches nobody who has one', async (t) => {
    const { server, admin, user } = await withAdmin(t);
    const made = { name: 'accounts', scopes: ['users:read', 'users:write'] };
    const { token } = (await send(server, 'POST', '/admin/service-tokens', admin.access_token, made)).json();
    const change = async (id: string, body: object) =>
      (await send(server, 'PATCH', `/admin/users/${id}`, token, body)).statusCode;

    assert.equal(await change(user.id, { role: 'admin' }), 403);
    assert.equal(await change(admin.id, { role: 'user' }), 403);
    assert.equal(await change(admin.id, { is_active: false }), 403);
    assert.equal(await change(user.id, { is_active: false }), 200);

    const [left] = await server.database.sql(`select role, is_active from "user" where id = '${admin.id}'`);
    assert.deepEqual(left, { role: 'admin', is_active: true });
    assert.equal((await send(server, 'GET', `/admin/users/${user.id}`, admin.access_token)).json().role, 'user');
  });

  test('that changes nothing leaves the row and the audit trail alone', async (t) => {
    const { server, admin, user } = await withAdmin(t);
    const row = () => server.database.sql(`select updated_at::text from "user" where id = '${user.id}'`);
    const before = await row();
    for (const same of [{}, { is_active: true }, { role: 'user' }]) {
      const answer = await send(server, 'PATCH', `/admin/users/${user.id}`, admin.access_token, same);
      assert.deepEqual([answer.statusCode, answer.json().is_active], [200, true]);
    }

    await server.services.audit.flush();
    assert.deepEqual(await row(), before);
    assert.deepEqual(await server.database.sql(`select 1 from audit_events where event = 'user_access_changed'`), []);
  });

  test('is not one’s own to change', async (t) => {
    const { server, admin } = await withAdmin(t);
    for (const change of [{ role: 'user' }, { is_active: false }]) {
      const answer = await send(server, 'PATCH', `/admin/users/${admin.id}`, admin.access_token, change);
      assert.equal(answer.statusCode, 409);
    }
  });

  test('ends one session or all of them, and says so in the audit trail with who did it', async (t) => {
    const { server, admin, user } = await withAdmin(t);
    const list = async () =>
      (await send(server, 'GET', `/admin/users/${user.id}/sessions`, admin.access_token)).json().sessions;
    await send(server, 'POST', '/auth/login', undefined, { email: user.email, password: user.password });
    const [first] = await list();
    const end = (path: string) => send(server, 'DELETE', `/admin/users/${user.id}/sessions${path}`, admin.access_token);

    assert.equal((await end(`/${first.id}`)).statusCode, 204);
    assert.equal((await end(`/${first.id}`)).statusCode, 404);
    assert.equal((await list()).length, 1);
    assert.equal((await end('')).statusCode, 204);
    assert.deepEqual(await list(), []);

    await server.services.audit.flush();
    const rows = await server.database.sql(
      `select actor_id, user_id from audit_events where event = 'session_revoked'`,
    );
    assert.deepEqual(
      rows,
      [1, 2].map(() => ({ actor_id: admin.id, user_id: user.id })),
    );
  });

  test('knows nobody who is not there', async (t) => {
    const { server, admin } = await withAdmin(t);
    const url = '/admin/users/3f2c9a10-7b1d-4e55-9a6e-0c1d2e3f4a5b';
    for (const [method, path, body] of [
      ['GET', url, undefined],
      ['PATCH', url, { is_active: true }],
      ['GET', `${url}/sessions`, undefined],
      ['DELETE', `${url}/sessions`, undefined],
    ] as const) {
      assert.equal((await send(server, method, path, admin.access_token, body)).statusCode, 404, `${method} ${path}`);
    }
  });

  test('refuses a member that it does not know, which would otherwise be done without', async (t) => {
    const { server, admin, user } = await withAdmin(t);
    for (const [method, url, body, unknown] of [
      ['PATCH', `/admin/users/${user.id}`, { is_activ: false }, 'is_activ'],
      ['POST', '/admin/service-tokens', { name: 'x', scopes: [], expires_in: 60 }, 'expires_in'],
    ] as const) {
      const answer = await send(server, method, url, admin.access_token, body);

      assert.equal(answer.statusCode, 422);
      assert.deepEqual(
        answer.json().detail.map(({ type, loc }: { type: string; loc: string[] }) => [type, loc]),
        [['extra_forbidden', ['body', unknown]]],
      );
    }
    assert.deepEqual(await server.database.sql('select 1 from service_tokens'), []);
  });

  test('ignores a role that a user sends about themselves', async (t) => {
    const server = await createTestApp(t);
    const body = {
      email: 'me@example.com',
      password: 'a test password that is long',
      role: 'admin',
      is_superuser: true,
    };
    await send(server, 'POST', '/auth/register', undefined, body);

    assert.deepEqual(await server.database.sql('select role from "user"'), [{ role: null }]);
  });
});

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

describe('introspection and revocation', () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };

  async function withService(t: Parameters<typeof createTestApp>[0]) {
    const { server, admin, user } = await withAdmin(t);
    const body = { name: 'a gateway of a test', scopes: ['tokens:introspect'] };
    const { token: service } = (await send(server, 'POST', '/admin/service-tokens', admin.access_token, body)).json();
    const ask = async (token: string) =>
      server.app.inject({
        method: 'POST',
        url: '/auth/introspect',
        headers: { ...form, ...bearer(service) },
        body: new URLSearchParams({ token }).toString(),
      });
    const revoke = (token: string) =>
      server.app.inject({
        method: 'POST',
        url: '/auth/revoke',
        headers: form,
        body: new URLSearchParams({ token }).toString(),
      });
    return { server, service, admin, user, ask, revoke };
  }

  test('says whose an access token is, and of any other only that it is not active', async (t) => {
    const { user, ask } = await withService(t);

    const active = (await ask(user.access_token)).json();
    assert.deepEqual(
      [active.active, active.sub, active.token_type, active.token_use, active.role],
      [true, user.id, 'bearer', 'access_token', 'user'],
    );
    for (const token of [user.refresh_token, 'junk', `${user.access_token}x`]) {
      assert.deepEqual((await ask(token)).json(), { active: false });
    }
  });

  test('says what an administrator may, and of a token of the old kind that it may nothing', async (t) => {
    const { server, admin, ask } = await withService(t);
    const forged = createLegacyTokens({ secret: testSecret, now: () => Date.now() / 1000 });
    const subject = { user_id: admin.id, email: admin.email, name: null };

    const [own, old] = [(await ask(admin.access_token)).json(), (await ask(forged.mint(subject, 60))).json()];

    assert.deepEqual([own.role, own.scope.split(' ').includes('users:write')], ['admin', true]);
    assert.deepEqual([old.active, old.sub, old.role, old.scope], [true, admin.id, 'user', undefined]);
    assert.equal((await send(server, 'GET', '/auth/me', admin.access_token)).statusCode, 200);
  });

  test('says when a service token ends, from when on it is not active', async (t) => {
    const { server, admin, ask } = await withService(t);
    const body = { name: 'for a day', scopes: [], expires_in_days: 1 };
    const { id, token, expires_at } = (
      await send(server, 'POST', '/admin/service-tokens', admin.access_token, body)
    ).json();

    assert.equal((await ask(token)).json().exp, Math.floor(Date.parse(expires_at) / 1000));
    await server.database.sql(`update service_tokens set expires_at = now() where id = '${id}'`);
    assert.deepEqual((await ask(token)).json(), { active: false });
  });

  test('is not open to a user', async (t) => {
    const { server, user } = await withService(t);
    const answer = await server.app.inject({
      method: 'POST',
      url: '/auth/introspect',
      headers: { ...form, ...bearer(user.access_token) },
      body: `token=${user.access_token}`,
    });
    assert.equal(answer.statusCode, 403);
  });

  for (const kind of ['refresh_token', 'access_token'] as const) {
    test(`ends the session of a revoked ${kind}`, async (t) => {
      const { server, user, ask, revoke } = await withService(t);

      assert.equal((await revoke(user[kind])).statusCode, 200);

      assert.deepEqual((await ask(user.access_token)).json(), { active: false });
      assert.equal(await isSignedIn(server, user.access_token), false);
    });
  }

  test('says what a service token may, and lets whoever holds it end it', async (t) => {
    const { server, service, ask, revoke } = await withService(t);
    const [, , id] = service.split('.');
    const scope = 'tokens:introspect';
    const what = { token_type: 'bearer', token_use: 'service_token', sub: id, scope };
    assert.deepEqual((await ask(service)).json(), { active: true, ...what });
    const forged = `${service.slice(0, -1)}${service.endsWith('A') ? 'B' : 'A'}`;
    assert.equal((await revoke(forged)).statusCode, 200);
    assert.equal((await ask(service)).statusCode, 200);

    assert.equal((await revoke(service)).statusCode, 200);

    assert.equal((await ask(service)).statusCode, 401);
    const told = server.events.filter(({ event }) => event === 'service_token_revoked');
    assert.deepEqual(
      told.map(({ reason, actorId }) => [reason, actorId]),
      [[id, id]],
    );
  });

  test('takes a token that is none without a fault', async (t) => {
    const { revoke, user, server } = await withService(t);
    for (const token of ['junk', `${user.refresh_token}x`]) assert.equal((await revoke(token)).statusCode, 200);
    assert.equal(await isSignedIn(server, user.access_token), true);
  });
});
