import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { bearer, createTestApp, registerUser, testSecret } from '../support/app.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { runCli } from './support.ts';

async function open(t: TestContext, more: Record<string, string> = {}) {
  const { url, sql } = await createTestDatabase(t);
  const env = { ENVIRONMENT: 'test', DATABASE_URL: url, JWT_SECRET: testSecret, ...more };
  const run = (...args: string[]) => runCli(args, env);
  const listKeys = async () => {
    const { stdout } = await run('auth', 'keys', 'list', '--json');
    const { data }: { data: { keys: { kid: string; state: string; alg: string }[] } } = JSON.parse(stdout);
    return data.keys;
  };
  return { run, sql, listKeys };
}

describe('a verb on the services', () => {
  test('says which revisions the database lacks, instead of failing on a table', async (t) => {
    const { url } = await createTestDatabase(t, { content: 'empty' });
    const env = { ENVIRONMENT: 'test', DATABASE_URL: url, JWT_SECRET: testSecret, MIGRATIONS_ON_START: 'check' };
    const { code, stderr } = await runCli(['user', 'create', '--email', 'someone@example.com'], env);
    assert.equal(code, 3);
    assert.match(stderr, /^The database lacks \d+ revisions .*\n {2}fix: /);
  });
});

describe('auth keys', () => {
  test('lists, rotates and retires, and ends with 0', async (t) => {
    const { run, listKeys } = await open(t);
    assert.deepEqual(
      (await listKeys()).map(({ state }) => state),
      ['signs'],
    );

    const rotated = await run('auth', 'keys', 'rotate', '--alg', 'ES256', '--signs-in', '5m');
    assert.equal(rotated.code, 0, rotated.stderr);
    assert.match(rotated.stdout, /ES256 {2}published {2}database {2}signs from \d{4}-.*never seen/);
    const coming = (await listKeys()).find(({ state }) => state === 'published');
    assert.equal(coming?.alg, 'ES256');

    assert.equal((await run('auth', 'keys', 'retire', coming?.kid ?? '')).code, 0);
    assert.deepEqual(
      (await listKeys()).map(({ state }) => state),
      ['signs', 'retired'],
    );
  });

  test('ends with 3 for what is refused and what is unknown, and says why', async (t) => {
    const { run, listKeys } = await open(t);
    const [signing] = await listKeys();
    const refused = await run('auth', 'keys', 'retire', signing?.kid ?? '', '--force');
    assert.equal(refused.code, 3);
    assert.match(refused.stderr, /^it signs: rotate first\n {2}fix: .*auth keys rotate/);
    assert.equal((await run('auth', 'keys', 'retire', 'unknown')).code, 3);
    assert.equal((await run('auth', 'keys', 'rotate', '--signs-in', '5s')).code, 3);
  });

  test('ends with 2 for options that are not understood', async (t) => {
    const { run } = await open(t);
    assert.equal((await run('auth', 'keys', 'rotate', '--alg', 'RS256')).code, 2);
    assert.equal((await run('auth', 'keys', 'rotate', '--signs-in', 'soon')).code, 2);
  });

  test('leaves keys that the configuration holds to the configuration', async (t) => {
    const key =
      '{"keys":[{"kty":"OKP","crv":"Ed25519","d":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","x":"A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"}]}';
    const { run, listKeys } = await open(t, { AUTH_PRIVATE_KEYS: key });
    assert.equal((await listKeys()).length, 1);
    const refused = await run('auth', 'keys', 'rotate');
    assert.equal(refused.code, 3);
    assert.match(refused.stderr, /AUTH_PRIVATE_KEYS/);
  });

  test('ends with 4 when the database cannot be reached', async () => {
    const env = { ENVIRONMENT: 'test', DATABASE_URL: 'postgresql://u@127.0.0.1:1/d', JWT_SECRET: testSecret };
    assert.equal((await runCli(['auth', 'keys', 'list'], { ...env, MIGRATIONS_ON_START: 'check' })).code, 4);
  });
});

describe('auth legacy status', () => {
  test('ends with 0 when it is safe, and says so', async (t) => {
    const { run } = await open(t);
    const { code, stdout } = await run('auth', 'legacy', 'status');
    assert.equal(code, 0);
    assert.match(stdout, /safe to end them: nobody/);
  });

  test('ends with 1 while somebody would notice, with what stands in the way', async (t) => {
    const { run, sql } = await open(t);
    await sql(
      `insert into legacy_token_holders values ('6a26ce8b-c3d0-4fe4-b8e6-c6f6060d7f3c', now(), now() + interval '1 h', null)`,
    );
    const { code, stdout, stderr } = await run('auth', 'legacy', 'status');
    assert.equal(code, 1);
    assert.match(stdout, /not safe to end them yet/);
    assert.match(stderr, /1 users hold tokens that still work/);
    const { findings, data } = JSON.parse((await run('auth', 'legacy', 'status', '--json')).stdout);
    assert.deepEqual([findings.length, data.safe_now, data.holders], [1, false, 1]);
  });

  test('ends with 0 once they have ended, whoever still sends one', async (t) => {
    const { run, sql } = await open(t, { LEGACY_TOKENS_ACCEPT_UNTIL: '2026-01-01T00:00:00Z' });
    await sql(
      `insert into legacy_token_holders values ('6a26ce8b-c3d0-4fe4-b8e6-c6f6060d7f3c', now(), now() + interval '1 h', null)`,
    );
    const { code, stdout } = await run('auth', 'legacy', 'status');
    assert.equal(code, 0);
    assert.match(stdout, /They have ended\./);
  });
});

test('what the server saw of its keys is in the list', async (t) => {
  const server = await createTestApp(t);
  const user = await registerUser(server);
  await server.app.inject({ url: '/auth/me', headers: { authorization: `Bearer ${user.access_token}` } });
  await server.services.tokenUses.flush();
  const env = { ENVIRONMENT: 'test', DATABASE_URL: server.database.url, JWT_SECRET: testSecret };
  assert.match((await runCli(['auth', 'keys', 'list'], env)).stdout, /seen \d{4}-.*\(1 times\)/);
});

test('auth audit verify ends with 1, what was found and what to do where the trail was changed', async (t) => {
  const server = await createTestApp(t);
  await registerUser(server);
  await server.services.audit.flush();
  const env = { ENVIRONMENT: 'test', DATABASE_URL: server.database.url, JWT_SECRET: testSecret };
  assert.match((await runCli(['auth', 'audit', 'verify'], env)).stdout, /the chain holds/);
  await server.database.sql(
    `set session_replication_role = replica; update audit_events set reason = 'another' where seq = 1`,
  );

  const { code, stdout } = await runCli(['auth', 'audit', 'verify', '--json'], env);

  const { data, findings } = JSON.parse(stdout);
  assert.deepEqual([code, data.fault, findings[0]?.id], [1, { seq: 1, kind: 'changed' }, 'ST-AUDIT-CHAIN']);
});

describe('auth audit prune', () => {
  async function openTrail(t: TestContext) {
    const server = await createTestApp(t, { nowSeconds: () => Date.now() / 1000 - 40 * 86_400 });
    for (const reason of ['one', 'two']) server.services.audit.record({ event: 'session_created', reason });
    await server.services.audit.flush();
    const env = { ENVIRONMENT: 'test', DATABASE_URL: server.database.url, JWT_SECRET: testSecret };
    const run = (...more: string[]) => runCli(['auth', 'audit', ...more], env);
    return { run, sql: server.database.sql };
  }

  test('says what it would remove, and removes it when told to', async (t) => {
    const { run, sql } = await openTrail(t);

    const asked = await run('prune', '--older-than', '30d');
    assert.equal(asked.code, 5);
    assert.match(asked.stderr, /removes 2 of 2 security events.*\n {2}fix: .*--older-than 30d --yes/);

    const done = await run('prune', '--older-than', '30d', '--yes');
    assert.deepEqual([done.code, done.stdout], [0, '2 events up to number 2 are removed; the chain holds.\n']);
    assert.deepEqual(await sql('select event from audit_events'), [{ event: 'audit_pruned' }]);
    assert.match((await run('verify')).stdout, /^1 events, the chain holds\. The 2 before them were removed by/);
  });

  test('removes nothing that is younger, and nothing of a chain that does not hold', async (t) => {
    const { run, sql } = await openTrail(t);
    assert.match((await run('prune', '--older-than', '50d', '--yes')).stdout, /None of 2 events is that old/);
    await sql(`set session_replication_role = replica; update audit_events set reason = 'another' where seq = 1`);

    const refused = await run('prune', '--older-than', '30d', '--yes', '--json');

    assert.equal(refused.code, 1);
    assert.equal(JSON.parse(refused.stdout).findings[0]?.id, 'ST-AUDIT-CHAIN');
    assert.equal((await sql('select 1 from audit_events')).length, 2);
  });

  test('ends with 2 for a time that is none, or less than a day', async (t) => {
    const { run } = await openTrail(t);
    for (const time of ['soon', '1h']) assert.equal((await run('prune', '--older-than', time, '--yes')).code, 2, time);
  });
});

describe('auth service-tokens', () => {
  test('makes one that a server takes, lists it without it, and ends it', async (t) => {
    const server = await createTestApp(t, { env: { SESSION_CHECK_SECONDS: '0' } });
    const user = await registerUser(server);
    const env = { ENVIRONMENT: 'test', DATABASE_URL: server.database.url, JWT_SECRET: testSecret };
    const run = (...args: string[]) => runCli(['auth', 'service-tokens', ...args], env);
    const status = async (token: string) =>
      (await server.app.inject({ url: `/admin/users/${user.id}`, headers: bearer(token) })).statusCode;

    const made = await run('create', '--name', 'a gateway', '--scope', 'users:read', 'tokens:introspect', '--json');
    assert.equal(made.code, 0, made.stderr);
    const { id, token, scopes } = JSON.parse(made.stdout).data.service_token;
    assert.deepEqual(scopes, ['users:read', 'tokens:introspect']);
    assert.equal(await status(token), 200);

    const listed = await run('list');
    assert.match(
      listed.stdout,
      /a gateway {2}users:read tokens:introspect {2}expires never {2}made by the command line/,
    );
    assert.ok(!listed.stdout.includes(token));

    assert.equal((await run('revoke', id)).code, 0);
    assert.equal(await status(token), 401);
    assert.match((await run('list')).stdout, /revoked \d{4}-/);
  });

  test('ends with 2 or 3 for what it cannot make or find, and says what it can', async (t) => {
    const { run } = await open(t);
    const create = (...more: string[]) => run('auth', 'service-tokens', 'create', '--name', 'x', '--scope', ...more);
    const unknown = await create('everything');
    assert.equal(unknown.code, 3);
    assert.match(unknown.stderr, /unknown scopes: everything/);
    assert.equal((await create('users:read', '--expires-in-days', 'soon')).code, 2);
    for (const id of ['none', '3f2c9a10-7b1d-4e55-9a6e-0c1d2e3f4a5b']) {
      const gone = await run('auth', 'service-tokens', 'revoke', id);
      assert.deepEqual([gone.code, /service-tokens list/.test(gone.stderr)], [3, true]);
    }
  });
});
