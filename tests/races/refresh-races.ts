import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { DatabaseConfig } from '../../src/config/types.ts';
import { insertSession, presentRefreshToken } from '../../src/models/sessions.ts';
import { bearer, createTestApp, json, registerUser, type TestApp } from '../support/app.ts';
import { tokenIn } from '../support/mail.ts';
import type { TestDatabase } from '../support/postgres.ts';

type OpenDatabase = (t: TestContext, config: Partial<DatabaseConfig>) => Promise<TestDatabase>;

const rounds = 20;
const callers = 300;
const patient: Partial<DatabaseConfig> = { poolMax: 8, poolMaxWaiting: 400, acquireTimeoutMs: 20_000 };

/** What must hold however the callers meet, with the database reached in any way. */
export function raceRefreshes(open: OpenDatabase): void {
  test(`${rounds} rounds of ${callers} parallel presentations are one rotation each, whoever comes first`, async (t) => {
    const { db, sql } = await open(t, patient);
    const user_id = randomUUID();
    await sql(
      `insert into "user" (email, is_active, id, hashed_password, created_at, updated_at)
       values ('a@example.com', true, '${user_id}', '!', now(), now())`,
    );
    for (let round = 0; round < rounds; round += 1) {
      const id = randomUUID();
      const [kind, ip, user_agent, token_salt] = ['native' as const, '127.0.0.1', null, randomBytes(16)];
      const limits = { idle_seconds: 600, absolute_seconds: 600 };
      await insertSession(db, { id, user_id, kind, ip, address_subject: ip, user_agent, token_salt, ...limits });
      const presentation = { id, presented: 1, window_seconds: 30, idle_seconds: 600 };

      const answers = await Promise.all(Array.from({ length: callers }, () => presentRefreshToken(db, presentation)));

      const decided = answers.map((answer) => [answer?.generation, answer?.revoked_at, answer?.rotated_seconds].join());
      assert.equal(new Set(decided).size, 1);
      assert.equal(answers[0]?.generation, 2);
    }
  });

  test(`${rounds} rounds of ${callers} parallel refreshes on four instances get one successor, byte for byte`, async (t) => {
    const instances = await startInstances(t, await open(t, patient), 4);
    for (let round = 0; round < rounds; round += 1) {
      const user = await registerUser(instances.first);

      const answers = await Promise.all(
        Array.from({ length: callers }, (_, caller) => refresh(instances.at(caller), user.refresh_token)),
      );

      assert.deepEqual(new Set(answers.map(({ statusCode }) => statusCode)), new Set([200]));
      assert.equal(new Set(answers.map(({ body }) => body)).size, 1);
      const [session] = await instances.first.database.sql('select generation::int from sessions where user_id = $1', [
        user.id,
      ]);
      assert.equal(session?.generation, 2);
    }
  });

  const ends: readonly (readonly [name: string, end: (server: TestApp, user: User) => Promise<unknown>])[] = [
    ['a logout', (server, user) => logOut(server, '/auth/logout', user)],
    ['a logout of all sessions', (server, user) => logOut(server, '/auth/logout-all', user)],
    ['a change of password in another session', changePassword],
    ['a reset of the password', resetPassword],
  ];
  for (const [name, end] of ends) {
    test(`no token works once ${name} has returned, whatever raced it`, async (t) => {
      const instances = await startInstances(t, await open(t, patient), 2);
      let refreshed = 0;
      for (let round = 0; round < rounds; round += 1) {
        const user = await registerUser(instances.first);
        const early = Array.from({ length: 20 }, (_, caller) => refresh(instances.at(caller), user.refresh_token));
        // In every second round the first answers are out, so that their tokens are among the racers.
        if (round % 2 === 1) await Promise.race(early);
        const ending = end(instances.at(round), user);
        const late = Array.from({ length: 20 }, (_, caller) => refresh(instances.at(caller), user.refresh_token));
        await ending;

        const answers = await Promise.all([...early, ...late, refresh(instances.first, user.refresh_token)]);
        const pairs = answers.filter(({ statusCode }) => statusCode === 200).map((answer) => answer.json());
        refreshed += pairs.length;
        for (const { statusCode } of answers) assert.ok(statusCode === 200 || statusCode === 401, String(statusCode));
        for (const token of new Set([user.refresh_token, ...pairs.map((pair) => pair.refresh_token)])) {
          for (const caller of [0, 1]) assert.equal((await refresh(instances.at(caller), token)).statusCode, 401);
        }
        for (const token of new Set([user.access_token, ...pairs.map((pair) => pair.access_token)])) {
          for (const caller of [0, 1]) assert.equal((await me(instances.at(caller), token)).statusCode, 401);
        }
      }
      assert.ok(refreshed > 0, 'no refresh came before its session ended: nothing was raced');
    });
  }
}

/** Asked for in a session of its own, which stays. */
async function changePassword({ app }: TestApp, { email, password }: User): Promise<void> {
  const login = await app.inject({
    method: 'POST',
    url: '/auth/login',
    headers: json,
    body: JSON.stringify({ email, password }),
  });
  const changed = await app.inject({
    method: 'POST',
    url: '/auth/password/change',
    headers: { ...json, ...bearer(login.json().access_token) },
    body: JSON.stringify({ current_password: password, new_password: 'the next password of a test' }),
  });
  assert.equal(changed.statusCode, 204);
}

/** By the link in a mail. */
async function resetPassword(server: TestApp, { email }: User): Promise<void> {
  const post = (url: string, body: object) =>
    server.app.inject({ method: 'POST', url, headers: json, body: JSON.stringify(body) });
  await post('/auth/password/forgot', { email });
  await server.services.mail.runDue();
  const link = server.mails.findLast(({ to, subject }) => to === email && /password/i.test(subject));
  const reset = await post('/auth/password/reset', { token: tokenIn(link), password: 'the next password of a test' });
  assert.equal(reset.statusCode, 204);
}

type User = Awaited<ReturnType<typeof registerUser>>;

interface Instances {
  first: TestApp;
  at(caller: number): TestApp;
}

/** Several servers on one database, none of which believes a session for longer than one request. */
async function startInstances(t: TestContext, database: TestDatabase, count: number): Promise<Instances> {
  const env = { SESSION_CHECK_SECONDS: '0' };
  const first = await createTestApp(t, { database, env });
  const others = await Promise.all(Array.from({ length: count - 1 }, () => createTestApp(t, { database, env })));
  const all = [first, ...others];
  return { first, at: (caller) => all[caller % count] ?? first };
}

function refresh({ app }: TestApp, refresh_token: string) {
  return app.inject({ method: 'POST', url: '/auth/refresh', headers: json, body: JSON.stringify({ refresh_token }) });
}

function logOut({ app }: TestApp, url: string, { access_token }: User) {
  return app.inject({ method: 'POST', url, headers: bearer(access_token) });
}

function me({ app }: TestApp, token: string) {
  return app.inject({ method: 'GET', url: '/auth/me', headers: bearer(token) });
}
