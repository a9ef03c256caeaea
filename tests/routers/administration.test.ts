import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { createLegacyTokens } from '../../src/security/legacy-tokens.ts';
import { createTestApp, testSecret } from '../support/app.ts';
import { isSignedIn, send, withAdmin } from './administration-steps.ts';

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
