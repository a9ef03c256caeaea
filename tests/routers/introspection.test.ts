import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createLegacyTokens } from '../../src/security/legacy-tokens.ts';
import { bearer, type createTestApp, testSecret } from '../support/app.ts';
import { isSignedIn, send, withAdmin } from './administration-steps.ts';

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
