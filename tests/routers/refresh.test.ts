import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bearer, createTestApp, json, registerUser, type TestApp } from '../support/app.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { mailsOf, openAccount } from './account-steps.ts';

function refresh({ app }: TestApp, refresh_token: string) {
  return app.inject({ method: 'POST', url: '/auth/refresh', headers: json, body: JSON.stringify({ refresh_token }) });
}

function me({ app }: TestApp, token: string) {
  return app.inject({ method: 'GET', url: '/auth/me', headers: bearer(token) });
}

/** Moves a session's last rotation into the past, as if the time had gone by. */
function rotatedLongAgo({ database }: TestApp) {
  return database.sql(`update sessions set rotated_at = rotated_at - interval '1 hour'`);
}

describe('POST /auth/refresh', () => {
  test('answers a successor that works', async (t) => {
    const server = await createTestApp(t);
    const user = await registerUser(server);

    const answer = await refresh(server, user.refresh_token);

    assert.equal(answer.statusCode, 200);
    const pair = answer.json();
    assert.notEqual(pair.refresh_token, user.refresh_token);
    assert.deepEqual([pair.token_type, pair.expires_in], ['bearer', 900]);
    assert.equal((await me(server, pair.access_token)).statusCode, 200);
  });

  test('gives 300 parallel callers of one token one rotation and identical answers', async (t) => {
    const database = await createTestDatabase(t, { config: { poolMaxWaiting: 400, acquireTimeoutMs: 20_000 } });
    const server = await createTestApp(t, { database });
    const user = await registerUser(server);

    const answers = await Promise.all(Array.from({ length: 300 }, () => refresh(server, user.refresh_token)));

    assert.deepEqual(new Set(answers.map((answer) => answer.statusCode)), new Set([200]));
    assert.equal(new Set(answers.map((answer) => answer.body)).size, 1);
    const [session] = await server.database.sql('select generation::int from sessions');
    assert.equal(session?.generation, 2);
  });

  test('lets a client retry whose answer was lost, however late', async (t) => {
    const server = await createTestApp(t);
    const user = await registerUser(server);
    const lost = (await refresh(server, user.refresh_token)).json();
    await rotatedLongAgo(server);

    const retried = await refresh(server, user.refresh_token);

    assert.equal(retried.statusCode, 200);
    assert.equal(retried.json().refresh_token, lost.refresh_token);
  });

  test('ends the session when a spent token returns after its successor was used', async (t) => {
    const server = await createTestApp(t);
    const user = await registerUser(server);
    const second = (await refresh(server, user.refresh_token)).json();
    await rotatedLongAgo(server);
    const third = (await refresh(server, second.refresh_token)).json();
    await rotatedLongAgo(server);

    const stolen = await refresh(server, user.refresh_token);

    assert.equal(stolen.statusCode, 401);
    assert.equal((await refresh(server, third.refresh_token)).statusCode, 401);
    assert.equal((await me(server, third.access_token)).statusCode, 401);
    assert.ok(server.events.some(({ event, userId }) => event === 'authn_token_reuse' && userId === user.id));
  });

  test('tells the owner by mail, once, that a session ended because its token was copied', async (t) => {
    const server = await createTestApp(t);
    const user = await openAccount(server);
    const second = (await refresh(server, user.refresh_token)).json();
    await rotatedLongAgo(server);
    await refresh(server, second.refresh_token);
    await rotatedLongAgo(server);

    for (let n = 0; n < 2; n += 1) assert.equal((await refresh(server, user.refresh_token)).statusCode, 401);

    const mails = await mailsOf(server);
    assert.deepEqual(
      mails.map(({ to, subject }) => [to, subject]),
      [[user.email, 'A session of yours was ended']],
    );
    assert.doesNotMatch(mails[0]?.text ?? '', /token=/);
  });

  test('serves the same token again within the window instead of rotating twice', async (t) => {
    const server = await createTestApp(t);
    const user = await registerUser(server);
    const second = (await refresh(server, user.refresh_token)).json();

    const again = (await refresh(server, second.refresh_token)).json();

    assert.equal(again.refresh_token, second.refresh_token);
  });

  test('refuses the parent once its successor was presented and the window is over', async (t) => {
    const server = await createTestApp(t);
    const user = await registerUser(server);
    const second = (await refresh(server, user.refresh_token)).json();
    await refresh(server, second.refresh_token);
    await rotatedLongAgo(server);

    assert.equal((await refresh(server, user.refresh_token)).statusCode, 401);
  });

  test('refuses the parent once the access token of its successor was used and the window is over', async (t) => {
    const server = await createTestApp(t);
    const user = await registerUser(server);
    const second = (await refresh(server, user.refresh_token)).json();
    assert.equal((await me(server, second.access_token)).statusCode, 200);
    await rotatedLongAgo(server);

    assert.equal((await refresh(server, user.refresh_token)).statusCode, 401);
    assert.equal((await refresh(server, second.refresh_token)).statusCode, 401);
  });

  test('does not take an access token of an earlier generation for a sign that the successor arrived', async (t) => {
    const server = await createTestApp(t);
    const user = await registerUser(server);
    const second = (await refresh(server, user.refresh_token)).json();
    await rotatedLongAgo(server);
    const lost = (await refresh(server, second.refresh_token)).json();
    await rotatedLongAgo(server);
    assert.equal((await me(server, second.access_token)).statusCode, 200);

    assert.equal((await refresh(server, second.refresh_token)).json().refresh_token, lost.refresh_token);
  });

  test('lets the parent return after its successor was used for requests only, where confirmed by refresh', async (t) => {
    const server = await createTestApp(t, { env: { REFRESH_CONFIRMED_BY: 'refresh' } });
    const user = await registerUser(server);
    const second = (await refresh(server, user.refresh_token)).json();
    assert.equal((await me(server, second.access_token)).statusCode, 200);
    await rotatedLongAgo(server);

    assert.equal((await refresh(server, user.refresh_token)).json().refresh_token, second.refresh_token);
  });

  test('confirms with one statement, however many requests use the token', async (t) => {
    const server = await createTestApp(t);
    const user = await registerUser(server);
    const second = (await refresh(server, user.refresh_token)).json();
    await me(server, second.access_token);
    await server.database.sql('update sessions set confirmed = false');

    for (let request = 0; request < 3; request += 1) await me(server, second.access_token);

    assert.deepEqual(await server.database.sql('select confirmed from sessions'), [{ confirmed: false }]);
  });

  test('counts generations where a client can see them', async (t) => {
    const server = await createTestApp(t);
    const user = await registerUser(server);
    const second = (await refresh(server, user.refresh_token)).json();

    assert.equal(second.generation, 2);
    assert.equal((await refresh(server, user.refresh_token)).json().generation, 2);
  });

  test('refuses a forged token of a real session without ending it', async (t) => {
    const server = await createTestApp(t);
    const user = await registerUser(server);
    const other = await registerUser(server);
    const parts = user.refresh_token.split('.');
    const forged = [
      `${user.refresh_token.slice(0, -2)}AA`,
      [...parts.slice(0, 3), '2', ...parts.slice(4)].join('.'),
      [...parts.slice(0, 4), other.refresh_token.split('.')[4]].join('.'),
      '',
      'v1',
      'x'.repeat(10_000),
    ];

    for (const token of forged) assert.equal((await refresh(server, token)).statusCode, 401, token.slice(0, 60));

    assert.equal((await refresh(server, user.refresh_token)).statusCode, 200);
  });

  test('refuses without punishing when the token is ahead of a restored database', async (t) => {
    const server = await createTestApp(t);
    const user = await registerUser(server);
    const second = (await refresh(server, user.refresh_token)).json();
    await server.database.sql('update sessions set generation = 1, rotated_at = null, confirmed = false');

    assert.equal((await refresh(server, second.refresh_token)).statusCode, 401);
    assert.equal((await refresh(server, user.refresh_token)).statusCode, 200);
    assert.deepEqual(
      server.events.filter(({ reason }) => reason !== undefined).map(({ event, reason }) => [event, reason]),
      [['authz_fail', 'generation_ahead']],
    );
  });

  for (const [limit, column] of [
    ['idle', 'idle_expires_at'],
    ['absolute', 'absolute_expires_at'],
  ] as const) {
    test(`refuses a session beyond its ${limit} limit`, async (t) => {
      const server = await createTestApp(t);
      const user = await registerUser(server);
      await server.database.sql(`update sessions set ${column} = now() - interval '1 second'`);

      assert.equal((await refresh(server, user.refresh_token)).statusCode, 401);
    });
  }

  test('refuses a disabled user', async (t) => {
    const server = await createTestApp(t);
    const user = await registerUser(server);
    await server.database.sql('update "user" set is_active = false');

    assert.equal((await refresh(server, user.refresh_token)).statusCode, 401);
  });

  test('lets a disabled user stay where disabled users may act', async (t) => {
    const server = await createTestApp(t, { env: { QUIRK_INACTIVE_USER_ALLOWED: 'legacy' } });
    const user = await registerUser(server);
    await server.database.sql('update "user" set is_active = false');

    assert.equal((await refresh(server, user.refresh_token)).statusCode, 200);
  });

  test('never answers with a token that survives a logout racing it', async (t) => {
    const server = await createTestApp(t, { env: { SESSION_CHECK_SECONDS: '0' } });
    for (let round = 0; round < 20; round += 1) {
      const user = await registerUser(server);

      const logout = server.app.inject({ method: 'POST', url: '/auth/logout', headers: bearer(user.access_token) });
      const racing = await Promise.all([...Array.from({ length: 10 }, () => refresh(server, user.refresh_token))]);
      assert.equal((await logout).statusCode, 204);

      for (const answer of racing) {
        if (answer.statusCode !== 200) continue;
        const pair = answer.json();
        assert.equal((await me(server, pair.access_token)).statusCode, 401);
        assert.equal((await refresh(server, pair.refresh_token)).statusCode, 401);
      }
    }
  });

  test('judges nobody by a token that waited here for half the window: that is a 503', async (t) => {
    const clock = { ms: 0, stepMs: 0 };
    const monotonicMs = () => (clock.ms += clock.stepMs);
    const server = await createTestApp(t, { monotonicMs });
    const user = await registerUser(server);
    const second = (await refresh(server, user.refresh_token)).json();
    await me(server, second.access_token);
    await rotatedLongAgo(server);

    clock.stepMs = 15_000;
    const late = await refresh(server, user.refresh_token);
    clock.stepMs = 0;

    assert.deepEqual([late.statusCode, late.headers['retry-after']], [503, '1']);
    assert.equal((await refresh(server, second.refresh_token)).statusCode, 200);
  });

  test('answers 503 with Retry-After, and ends nothing, while the database is away', async (t) => {
    const server = await createTestApp(t);
    const user = await registerUser(server);
    await server.database.database.close();

    const answer = await refresh(server, user.refresh_token);

    assert.equal(answer.statusCode, 503);
    assert.match(String(answer.headers['retry-after']), /^[1-9][0-9]*$/);
    assert.deepEqual(await server.database.sql('select revoked_at from sessions'), [{ revoked_at: null }]);
  });

  test('does not take a connection for a token that our keys did not make', async (t) => {
    const server = await createTestApp(t);
    const [version, kid, session, , mac] = (await registerUser(server)).refresh_token.split('.');
    await server.database.database.close();

    for (const forged of [
      `${version}.${kid}.${session}.7.${mac}`,
      `${version}.aaaaaaaaaaaa.${session}.1.${mac}`,
      'junk',
    ]) {
      assert.equal((await refresh(server, forged)).statusCode, 401, forged);
    }
  });
});
