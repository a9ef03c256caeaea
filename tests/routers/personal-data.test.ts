import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createLegacyTokens } from '../../src/security/legacy-tokens.ts';
import { bearer, createTestApp, json, registerUser, type TestApp, testSecret } from '../support/app.ts';

function send({ app }: TestApp, method: 'GET' | 'POST' | 'DELETE', url: string, token: string, body?: object) {
  const payload = body === undefined ? {} : { body: JSON.stringify(body) };
  return app.inject({ method, url, headers: { ...json, ...bearer(token) }, ...payload });
}

async function addTask(server: TestApp, token: string, title: string): Promise<void> {
  const body = { title, priority: 'urgent_important' };
  assert.equal((await send(server, 'POST', '/api/tasks', token, body)).statusCode, 201);
}

/** Under another name than the table's. */
const exportedAs: Readonly<Record<string, string>> = {
  task: 'tasks',
  audit_events: 'security_events',
  account_tokens: 'mailed_links',
  mail_jobs: 'mail_under_way',
  legacy_token_holders: 'legacy_token',
};

/** With the reason. */
const notExported: Readonly<Record<string, string>> = {};

async function findTablesNotExported(server: TestApp): Promise<string[]> {
  const user = await registerUser(server);
  const data = (await send(server, 'GET', '/auth/me/export', user.access_token)).json();
  const tables = await server.database.sql(
    `select table_name as name from information_schema.columns where table_schema = 'public' and column_name = 'user_id'`,
  );
  const names = tables.map(({ name }) => String(name));
  // What is listed here exists.
  for (const name of Object.keys({ ...exportedAs, ...notExported })) assert.ok(names.includes(name), name);
  return names
    .filter((name) => !((exportedAs[name] ?? name) in data) && !(name in notExported))
    .map(
      (name) =>
        `${name}: add it to src/services/personal-data.ts and src/schemas/accounts.ts, or say in this file why not`,
    );
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

  test('are exported with ended sessions, links, mail under way and what is known of an old token', async (t) => {
    const server = await createTestApp(t);
    const user = await registerUser(server);
    const { sql } = server.database;
    await sql(
      `insert into account_tokens (token_hash, user_id, purpose, email, created_at, expires_at)
       values ('\\x736563726574', '${user.id}', 'reset_password', '${user.email}', '2026-01-02', '2026-01-03')`,
    );
    await sql('delete from mail_jobs');
    for (const [n, owner] of [
      [1, `'${user.id}'`],
      [2, 'null'],
    ] as const) {
      await sql(
        `insert into mail_jobs (id, kind, user_id, email, attempts, next_attempt_at, created_at)
         values ('00000000-0000-4000-8000-00000000000${n}', 'reset_password', ${owner}, '${user.email}', ${n}, '2999-01-01', '2026-01-0${n}')`,
      );
    }
    await sql(
      `insert into legacy_token_holders (user_id, last_seen_at, valid_until) values ('${user.id}', '2026-01-04', 'infinity')`,
    );
    await sql(
      `insert into sessions (id, user_id, kind, generation, confirmed, token_salt, created_at, last_used_at, idle_expires_at, absolute_expires_at, revoked_at, revoked_reason)
       values ('00000000-0000-4000-8000-00000000000a', '${user.id}', 'native', 1, false, '\\x736563726574', '2026-01-01', '2026-01-01', '2026-01-02', '2026-01-02', '2026-01-01', 'logout')`,
    );

    const answer = await send(server, 'GET', '/auth/me/export', user.access_token);

    const data = answer.json();
    assert.deepEqual(
      data.sessions.map(({ revoked_reason: reason }: { revoked_reason: string }) => reason),
      ['logout', null],
    );
    assert.deepEqual(data.mailed_links, [
      {
        purpose: 'reset_password',
        email: user.email,
        created_at: '2026-01-02T00:00:00Z',
        expires_at: '2026-01-03T00:00:00Z',
        used_at: null,
      },
    ]);
    assert.deepEqual(
      data.mail_under_way.map(({ attempts }: { attempts: number }) => attempts),
      [1, 2],
    );
    assert.deepEqual(data.legacy_token, {
      last_seen_at: '2026-01-04T00:00:00Z',
      valid_until: null,
      incumbent_seen_at: null,
    });
    assert.deepEqual([data.user.role, data.user.email_verified_at], [null, null]);
    assert.doesNotMatch(answer.body, /secret|736563726574|token_hash|token_salt/);
  });

  test('are of every table that holds something of a user, or somebody has said why not', async (t) => {
    const server = await createTestApp(t);

    assert.deepEqual(await findTablesNotExported(server), []);

    await server.database.sql('create table planted (user_id uuid)');
    assert.deepEqual(await findTablesNotExported(server), [
      'planted: add it to src/services/personal-data.ts and src/schemas/accounts.ts, or say in this file why not',
    ]);
  });

  test('are removed with the present password, tasks and sessions too', async (t) => {
    const server = await createTestApp(t);
    const user = await registerUser(server);
    await addTask(server, user.access_token, 'mine');
    await server.services.audit.flush();
    await server.database.sql(
      `insert into legacy_token_holders (user_id, last_seen_at, valid_until) values ('${user.id}', now(), 'infinity')`,
    );
    await server.database.sql(
      `insert into account_tokens (token_hash, user_id, purpose, email, created_at, expires_at)
       values ('\\x00', '${user.id}', 'reset_password', '${user.email}', now(), now())`,
    );

    assert.equal(
      (await send(server, 'DELETE', '/auth/me', user.access_token, { current_password: 'no' })).statusCode,
      403,
    );
    const removed = await send(server, 'DELETE', '/auth/me', user.access_token, { current_password: user.password });
    await server.services.audit.flush();

    assert.equal(removed.statusCode, 204);
    assert.equal((await send(server, 'GET', '/auth/me', user.access_token)).statusCode, 401);
    for (const table of ['"user"', 'task', 'sessions', 'mail_jobs', 'account_tokens', 'legacy_token_holders']) {
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

  test('leave nothing to write down again while a token of the old backend is still sent', async (t) => {
    const server = await createTestApp(t);
    const user = await registerUser(server);
    const token = createLegacyTokens({ secret: testSecret, now: () => Date.now() / 1000 }).mint(
      { user_id: user.id, email: user.email, name: null },
      3600,
    );
    await send(server, 'DELETE', '/auth/me', user.access_token, { current_password: user.password });

    assert.equal((await send(server, 'GET', '/auth/me', token)).statusCode, 401);
    await server.services.tokenUses.flush();

    assert.deepEqual(await server.database.sql('select * from legacy_token_holders'), []);
  });

  test('are read as often as a limit says', async (t) => {
    const server = await createTestApp(t, { env: { RATE_LIMITS: 'on', EXPORT_RATE_LIMIT_PER_ACCOUNT: '2/1h' } });
    const [user, other] = [await registerUser(server), await registerUser(server)];
    const ask = () => send(server, 'GET', '/auth/me/export', user.access_token);

    const statuses = (await Promise.all([ask(), ask(), ask()])).map(({ statusCode }) => statusCode);

    assert.deepEqual(
      statuses.toSorted((a, b) => a - b),
      [200, 200, 429],
    );
    assert.equal((await send(server, 'GET', '/auth/me/export', other.access_token)).statusCode, 200);
  });
});
