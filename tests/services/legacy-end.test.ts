import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { bearer, createTestApp, json, registerUser, type TestApp, testSecret } from '../support/app.ts';
import { createTestDatabase } from '../support/postgres.ts';

const hour = 3600;
const day = 24 * hour;

/** A token as the old backend makes it: no session of ours. */
function incumbentToken(userId: string, exp: number | null): string {
  const claims = { user_id: userId, email: 'a@example.com', name: null, ...(exp === null ? {} : { exp }) };
  const signed = [{ alg: 'HS256', typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${signed}.${createHmac('sha256', testSecret).update(signed).digest('base64url')}`;
}

let counter = 0;

async function signUp({ app }: TestApp): Promise<{ token: string; user_id: string }> {
  counter += 1;
  const body = JSON.stringify({ email: `old-client-${counter}@example.com`, password: 'a test password' });
  const answer = await app.inject({ method: 'POST', url: '/api/v1/auth/signup', headers: json, body });
  assert.equal(answer.statusCode, 201, answer.body);
  return answer.json<{ data: { token: string; user_id: string } }>().data;
}

async function listTasks({ app }: TestApp, token: string): Promise<number> {
  return (await app.inject({ url: '/api/tasks', headers: bearer(token) })).statusCode;
}

const now = () => Math.floor(Date.now() / 1000);
const iso = (seconds: number) => new Date(seconds * 1000).toISOString();

describe('the end of tokens of the old backend', () => {
  test('gives no client a token that dies early: near it, sign-ins get native ones that last as long', async (t) => {
    const server = await createTestApp(t, { env: { LEGACY_TOKENS_ACCEPT_UNTIL: iso(now() + 23 * hour) } });

    const { token, user_id } = await signUp(server);

    assert.equal(decodeProtectedHeader(token).alg, 'EdDSA');
    const claims = decodeJwt(token);
    assert.deepEqual([claims['user_id'], claims.sub, claims['name']], [user_id, user_id, null]);
    assert.equal((claims.exp ?? 0) - (claims.iat ?? 0), day);
    assert.equal(await listTasks(server, token), 200);
  });

  test('leaves the tokens before it alone while they last', async (t) => {
    const database = await createTestDatabase(t);
    const env = { LEGACY_TOKENS_ACCEPT_UNTIL: iso(now() + 25 * hour) };
    const clock = { now: now() };
    const server = await createTestApp(t, { database, env, nowSeconds: () => clock.now });
    const { token } = await signUp(server);
    assert.equal(decodeProtectedHeader(token).alg, 'HS256');

    clock.now += day - 60;
    assert.equal(await listTasks(server, token), 200);
  });

  test('refuses them from its instant on', async (t) => {
    const end = now() + 30 * hour;
    const clock = { now: now() };
    const env = { LEGACY_TOKENS_ACCEPT_UNTIL: iso(end) };
    const server = await createTestApp(t, { env, nowSeconds: () => clock.now });
    const { user_id } = await signUp(server);
    const token = incumbentToken(user_id, end + day);
    assert.equal(await listTasks(server, token), 200);

    clock.now = end;
    assert.equal(await listTasks(server, token), 401);
  });
});

describe('ACCESS_TOKEN_PROFILE=incumbent', () => {
  test('gives new clients tokens that the old backend accepts: its algorithm and claims, no aud', async (t) => {
    const server = await createTestApp(t, { env: { ACCESS_TOKEN_PROFILE: 'incumbent', SESSION_CHECK_SECONDS: '0' } });
    const user = await registerUser(server);

    assert.deepEqual(decodeProtectedHeader(user.access_token), { alg: 'HS256', typ: 'JWT' });
    const { exp, sid, ...claims } = decodeJwt(user.access_token);
    assert.deepEqual(claims, { user_id: user.id, email: user.email, name: null, gen: 1 });
    assert.ok(typeof sid === 'string' && (exp ?? 0) <= now() + 900);
    assert.equal(await listTasks(server, user.access_token), 200);
    const out = await server.app.inject({ method: 'POST', url: '/auth/logout', headers: bearer(user.access_token) });
    assert.equal(out.statusCode, 204);
    assert.equal(await listTasks(server, user.access_token), 401, 'and they can be ended');
  });

  test('gives racing callers identical answers, and their use confirms the generation', async (t) => {
    const server = await createTestApp(t, { env: { ACCESS_TOKEN_PROFILE: 'incumbent' } });
    const user = await registerUser(server);
    const body = JSON.stringify({ refresh_token: user.refresh_token });
    const refresh = () => server.app.inject({ method: 'POST', url: '/auth/refresh', headers: json, body });

    const [one, other] = await Promise.all([refresh(), refresh()]);

    assert.equal(one?.body, other?.body);
    assert.equal(await listTasks(server, one?.json().access_token), 200);
    assert.deepEqual(await server.database.sql('select confirmed from sessions'), [{ confirmed: true }]);
  });

  test('ends with the kind: what would outlive it is native', async (t) => {
    const env = { ACCESS_TOKEN_PROFILE: 'incumbent', LEGACY_TOKENS_ACCEPT_UNTIL: iso(now() + 600) };
    const user = await registerUser(await createTestApp(t, { env }));
    assert.equal(decodeProtectedHeader(user.access_token).alg, 'EdDSA');
  });
});

describe('the status of tokens of the old backend', () => {
  test('is safe where nobody has one', async (t) => {
    const { services } = await createTestApp(t);
    const status = await services.legacyStatus.status();
    assert.deepEqual([status.safe_now, status.last_seen_at, status.holders], [true, null, 0]);
  });

  test('counts sign-ins of old clients that were never seen again', async (t) => {
    const server = await createTestApp(t);
    await signUp(server);
    const status = await server.services.legacyStatus.status();
    assert.deepEqual([status.safe_now, status.sessions, status.last_seen_at], [false, 1, null]);
    const end = Date.parse(status.safe_from ?? '') / 1000;
    assert.ok(Math.abs(end - now() - day) < 60, status.safe_from ?? '');
  });

  test('knows who was seen with a token that works, and who made it', async (t) => {
    const server = await createTestApp(t);
    const { token, user_id } = await signUp(server);
    await listTasks(server, token);
    await server.services.tokenUses.flush();
    const own = await server.services.legacyStatus.status();
    assert.deepEqual([own.holders, own.incumbent_seen_at], [1, null]);

    await listTasks(server, incumbentToken(user_id, now() + 2 * day));
    await server.services.tokenUses.flush();
    const both = await server.services.legacyStatus.status();
    assert.equal(both.holders, 1);
    assert.ok(both.last_seen_at !== null && both.incumbent_seen_at !== null);
    // A week without one of its tokens, because nobody else knows whether the old backend makes more.
    assert.ok(Math.abs(Date.parse(both.safe_from ?? '') / 1000 - now() - 7 * day) < 60, both.safe_from ?? '');
  });

  test('becomes safe when all have ended and the old backend has been quiet for a week', async (t) => {
    const server = await createTestApp(t);
    const { token, user_id } = await signUp(server);
    for (const seen of [token, incumbentToken(user_id, now() + hour)]) await listTasks(server, seen);
    await server.services.tokenUses.flush();
    await server.database.sql(
      `update legacy_token_holders set valid_until = now() - interval '1 h', last_seen_at = now() - interval '2 h',
         incumbent_seen_at = now() - interval '6 d'`,
    );
    await server.database.sql(`update sessions set absolute_expires_at = now() - interval '1 h'`);
    assert.equal((await server.services.legacyStatus.status()).safe_now, false);

    await server.database.sql(`update legacy_token_holders set incumbent_seen_at = now() - interval '8 d'`);
    assert.equal((await server.services.legacyStatus.status()).safe_now, true);
  });

  test('never becomes safe by itself where somebody holds a token without an end', async (t) => {
    const server = await createTestApp(t);
    const { user_id } = await signUp(server);
    assert.equal(await listTasks(server, incumbentToken(user_id, null)), 200);
    await server.services.tokenUses.flush();

    const status = await server.services.legacyStatus.status();
    assert.deepEqual([status.never_ending, status.safe_now, status.safe_from], [1, false, null]);
  });

  test('costs two statements a flush, however many requests there were, and none when there were none', async (t) => {
    const server = await createTestApp(t);
    const { token } = await signUp(server);
    for (let request = 0; request < 20; request += 1) await listTasks(server, token);
    await server.services.tokenUses.flush();
    const [row] = await server.database.sql(`select uses::int from key_uses where key_id = 'legacy'`);
    assert.deepEqual(row, { uses: 20 });
    await server.database.sql('delete from legacy_token_holders; delete from key_uses');

    await listTasks(server, token);
    await server.services.tokenUses.flush();
    assert.deepEqual(await server.database.sql('select * from legacy_token_holders'), [], 'written within the hour');
    await server.database.database.close();
    await server.services.tokenUses.flush();
  });

  test('loses no use when it could not be written', async (t) => {
    const server = await createTestApp(t);
    const { token } = await signUp(server);
    await listTasks(server, token);
    await server.database.sql('alter table key_uses rename to elsewhere');
    await assert.rejects(server.services.tokenUses.flush());
    await server.database.sql('alter table elsewhere rename to key_uses');

    await server.services.tokenUses.flush();

    assert.deepEqual(await server.database.sql('select key_id, uses::int from key_uses'), [
      { key_id: 'legacy', uses: 1 },
    ]);
  });
});
