import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { decodeProtectedHeader } from 'jose';
import { AppError } from '../../src/errors.ts';
import { bearer, createTestApp, json, registerUser, type TestApp, testSecret } from '../support/app.ts';
import { createTestDatabase } from '../support/postgres.ts';

function kidOf(token: string): string | undefined {
  return decodeProtectedHeader(token).kid;
}

async function me({ app }: TestApp, token: string): Promise<number> {
  return (await app.inject({ method: 'GET', url: '/auth/me', headers: bearer(token) })).statusCode;
}

function refresh({ app }: TestApp, refresh_token: string) {
  return app.inject({ method: 'POST', url: '/auth/refresh', headers: json, body: JSON.stringify({ refresh_token }) });
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof AppError ? `${error.code}: ${error.detail}` : String(error);
}

/** Two instances, each with its own idea of how late it is, beyond the database's clock. */
async function twoInstances(t: TestContext, env: Record<string, string> = {}) {
  const database = await createTestDatabase(t);
  const clock = { aheadSeconds: 0 };
  const nowSeconds = () => Date.now() / 1000 + clock.aheadSeconds;
  const options = { database, nowSeconds, env: { SESSION_CHECK_SECONDS: '0', ...env } };
  const servers = [await createTestApp(t, options), await createTestApp(t, options)] as const;
  return { servers, clock, database };
}

const soon = { alg: 'EdDSA', signsInSeconds: 600 } as const;

describe('an instance with another secret', () => {
  test('names the keys that it cannot open, as long as they are in use', async (t) => {
    const database = await createTestDatabase(t);
    const one = await createTestApp(t, { database });
    const [, published] = await one.services.keys.rotate(soon);
    const stranger = await createTestApp(t, { database, env: { AUTH_SECRET: `${testSecret}-another` } });

    assert.deepEqual(await one.services.keys.reload(), { unusable: [] });
    assert.deepEqual(await stranger.services.keys.reload(), { unusable: [published?.kid] });
    await one.services.keys.retire(String(published?.kid), { force: true });
    assert.deepEqual(await stranger.services.keys.reload(), { unusable: [] });
  });
});

describe('a rotation of keys', () => {
  test('costs no client a 401 on either of two instances, from before it to long after', async (t) => {
    const { servers, clock } = await twoInstances(t);
    const [one, other] = servers;
    const user = await registerUser(one);
    const before = kidOf(user.access_token);
    assert.equal(await me(other, user.access_token), 200);

    // Published: both know it, neither signs with it.
    await one.services.keys.rotate(soon);
    await other.services.keys.reload();
    const during = await registerUser(other);
    assert.equal(kidOf(during.access_token), before);

    // Its time has come: each signs with it by itself, and takes the other's tokens of both kinds.
    clock.aheadSeconds = 700;
    const after = [await registerUser(one), await registerUser(other)];
    const [kid] = after.map(({ access_token }) => kidOf(access_token));
    assert.notEqual(kid, before);
    assert.deepEqual(new Set(after.map(({ access_token }) => kidOf(access_token))), new Set([kid]));
    for (const server of servers) {
      for (const { access_token } of [user, during, ...after]) assert.equal(await me(server, access_token), 200);
    }
  });

  test('retires the key before it by itself once none of its tokens can live, and refuses what it signs then', async (t) => {
    const { servers, clock, database } = await twoInstances(t, { JWT_EXPIRATION_DELTA_HOURS: '1' });
    const [one, other] = servers;
    const first = kidOf((await registerUser(one)).access_token);
    await one.services.keys.rotate({ alg: 'ES256', signsInSeconds: 60 });
    await other.services.keys.reload();

    clock.aheadSeconds = 60 + 3600 + 61;
    const set = await other.app.inject({ method: 'GET', url: '/.well-known/jwks.json' });
    assert.deepEqual(
      set.json<{ keys: { alg: string }[] }>().keys.map(({ alg }) => alg),
      ['ES256'],
    );
    await database.sql(
      `update signing_keys set signs_from = signs_from - interval '2 h', verify_until = verify_until - interval '2 h'`,
    );
    const listed = await one.services.keys.list();
    assert.equal(listed.find((key) => key.kid === first)?.state, 'retired');
  });

  test('refuses a second key on the way, a time that is too short, and keys that the configuration holds', async (t) => {
    const server = await createTestApp(t);
    assert.match(
      await refusal(server.services.keys.rotate({ alg: 'EdDSA', signsInSeconds: 59 })),
      /60 seconds at least/,
    );
    await server.services.keys.rotate(soon);
    assert.match(await refusal(server.services.keys.rotate(soon)), /is on its way/);
  });

  test('happens once when two instances begin it at the same moment', async (t) => {
    const { servers } = await twoInstances(t);
    const outcomes = await Promise.allSettled(servers.map(({ services }) => services.keys.rotate(soon)));

    assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
    assert.equal((await servers[0].services.keys.list()).filter(({ state }) => state === 'published').length, 1);
  });

  test('keeps no private key in the database that the database alone could use', async (t) => {
    const server = await createTestApp(t);
    await server.services.keys.rotate(soon);
    const stranger = await createTestApp(t, {
      database: server.database,
      env: { JWT_SECRET: `another-${testSecret}` },
    });

    const listed = await stranger.services.keys.list();

    assert.deepEqual(
      listed.filter(({ source }) => source === 'database').map(({ usable }) => usable),
      [false, false],
    );
  });
});

describe('the end of a key', () => {
  test('is refused for the key that signs, and for an unknown one', async (t) => {
    const { services } = await createTestApp(t);
    await services.keys.ready();
    const [signing] = await services.keys.list();
    assert.equal(signing?.state, 'signs');
    assert.match(await refusal(services.keys.retire(signing?.kid ?? '', { force: true })), /rotate first/);
    assert.match(await refusal(services.keys.retire('unknown', { force: true })), /^not_found/);
  });

  test('comes at once when forced, also for tokens that were verified before', async (t) => {
    const { servers, clock, database } = await twoInstances(t);
    const [one, other] = servers;
    const user = await registerUser(one);
    const kid = kidOf(user.access_token) ?? '';
    await one.services.keys.rotate(soon);
    await database.sql(`update signing_keys set signs_from = now() - interval '1 s' where sealed is not null`);
    clock.aheadSeconds = 1;
    assert.equal(await me(other, user.access_token), 200);
    assert.match(await refusal(one.services.keys.retire(kid, { force: false })), /--force ends them/);

    await one.services.keys.retire(kid, { force: true });
    await other.services.keys.reload();

    for (const server of servers) {
      assert.equal(await me(server, user.access_token), 401);
      // Its holder is not signed out: refresh tokens hang on the secret, not on this key.
      const pair = await refresh(server, user.refresh_token);
      assert.equal(await me(server, pair.json().access_token), 200);
    }
  });

  test('takes a key that has not signed yet off again', async (t) => {
    const { services } = await createTestApp(t);
    const published = (await services.keys.rotate(soon)).find(({ state }) => state === 'published');

    const listed = await services.keys.retire(published?.kid ?? '', { force: false });

    assert.equal(listed.find(({ kid }) => kid === published?.kid)?.state, 'retired');
    await services.keys.rotate(soon);
  });

  test('of one that has not signed yet takes back the end of its predecessor, which would sign what nobody verifies', async (t) => {
    const { servers, clock } = await twoInstances(t, { JWT_EXPIRATION_DELTA_HOURS: '1' });
    const [one, other] = servers;
    const published = (await one.services.keys.rotate(soon)).find(({ state }) => state === 'published');

    const listed = await one.services.keys.retire(published?.kid ?? '', { force: false });
    await other.services.keys.reload();

    assert.equal(listed.find(({ state }) => state === 'signs')?.verify_until, null);
    clock.aheadSeconds = 30 * 86_400;
    for (const server of servers) assert.equal(await me(other, (await registerUser(server)).access_token), 200);
  });

  test('erases the private key and leaves the row', async (t) => {
    const { services, database } = await createTestApp(t);
    const published = (await services.keys.rotate(soon)).find(({ state }) => state === 'published');
    await services.keys.retire(published?.kid ?? '', { force: false });

    const rows = await database.sql('select sealed from signing_keys where kid = $1', [published?.kid]);
    assert.deepEqual(rows, [{ sealed: null }]);
  });
});

describe('a new secret', () => {
  const newSecret = `new-${testSecret}`;

  test('replaces the old one in three steps, and signs nobody out on an instance that is a step behind', async (t) => {
    const database = await createTestDatabase(t);
    const instance = (env: Record<string, string>) =>
      createTestApp(t, { database, env: { ...env, SESSION_CHECK_SECONDS: '0' } });
    const steps = [
      {},
      { AUTH_SECRETS_ACCEPTED: newSecret },
      { AUTH_SECRET: newSecret, AUTH_SECRETS_ACCEPTED: 'JWT_SECRET' },
      { AUTH_SECRET: newSecret },
    ];
    let user = await registerUser(await instance({}));
    for (const [index, env] of steps.entries()) {
      // Any client may meet an instance of this step and of the one before.
      for (const server of [await instance(steps[Math.max(0, index - 1)] ?? {}), await instance(env)]) {
        assert.equal(await me(server, user.access_token), 200, `step ${index}`);
        await database.sql(`update sessions set rotated_at = rotated_at - interval '1 hour'`);
        const pair = await refresh(server, user.refresh_token);
        assert.equal(pair.statusCode, 200, `step ${index}`);
        user = { ...user, ...pair.json() };
      }
    }
  });

  test('still opens the keys that the old one sealed', async (t) => {
    const server = await createTestApp(t);
    await server.services.keys.rotate(soon);
    const next = await createTestApp(t, {
      database: server.database,
      env: { AUTH_SECRET: newSecret, AUTH_SECRETS_ACCEPTED: 'JWT_SECRET' },
    });

    const listed = await next.services.keys.list();
    assert.ok(listed.filter(({ state }) => state === 'published').every(({ usable }) => usable));
  });
});

test('the audit trail has which keys were published and retired', async (t) => {
  const server = await createTestApp(t);
  const [, published] = await server.services.keys.rotate(soon);
  await server.services.keys.retire(String(published?.kid), { force: false });
  await server.services.audit.flush();

  assert.deepEqual(await server.database.sql('select event, reason from audit_events order by seq'), [
    { event: 'signing_key_published', reason: published?.kid },
    { event: 'signing_key_retired', reason: published?.kid },
  ]);
});
