import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bearer, createTestApp, json, registerUser, type TestApp } from '../support/app.ts';

function post({ app }: TestApp, url: string, body: unknown, headers: Record<string, string> = json) {
  return app.inject({ method: 'POST', url, headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
}

function get({ app }: TestApp, url: string, token: string) {
  return app.inject({ method: 'GET', url, headers: bearer(token) });
}

const password = 'a test password that is long';

describe('POST /auth/register', () => {
  test('answers the user without anything secret', async (t) => {
    const server = await createTestApp(t);

    const answer = await post(server, '/auth/register', { email: 'New@Example.com', password, name: 'Néw' });

    assert.equal(answer.statusCode, 201);
    assert.deepEqual(Object.keys(answer.json()), [
      'id',
      'email',
      'name',
      'is_active',
      'created_at',
      'updated_at',
      'email_verified',
    ]);
    assert.equal(answer.json().email, 'New@example.com');
  });

  test('refuses an address that is taken in another spelling', async (t) => {
    const server = await createTestApp(t);
    await post(server, '/auth/register', { email: 'someone@example.com', password });

    for (const email of ['SomeOne@Example.COM', ' someone@example.com ', 'someone@EXAMPLE.com']) {
      assert.equal((await post(server, '/auth/register', { email, password })).statusCode, 409, email);
    }
  });

  test('refuses an address that the incumbent stored in another spelling', async (t) => {
    const server = await createTestApp(t);
    await server.database.sql(
      `insert into "user" (email, name, is_active, id, hashed_password, created_at, updated_at)
       values ('Old.User@Example.com', null, true, gen_random_uuid(), '!', now(), now())`,
    );

    assert.equal((await post(server, '/auth/register', { email: 'old.user@example.com', password })).statusCode, 409);
  });

  test('makes one account of 50 parallel registrations of one address', async (t) => {
    const server = await createTestApp(t);

    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        post(server, '/auth/register', { email: n % 2 ? 'Race@example.com' : 'race@example.com', password }),
      ),
    );

    const statuses = answers.map((answer) => answer.statusCode).toSorted((a, b) => a - b);
    assert.deepEqual(statuses, [201, ...Array.from({ length: 49 }, () => 409)]);
  });

  test('ignores fields that are not the caller’s to set', async (t) => {
    const server = await createTestApp(t);
    const id = '3f2c9a10-7b1d-4e55-9a6e-0c1d2e3f4a5b';

    const answer = await post(server, '/auth/register', { email: 'a@example.com', password, id, is_active: false });

    assert.notEqual(answer.json().id, id);
    assert.equal(answer.json().is_active, true);
  });

  test('takes a password of any one kind of characters, and no rule ever asks for another', async (t) => {
    const server = await createTestApp(t);
    for (const [n, only] of [
      'lettersandnothingelse',
      '730184629105836274',
      'ÄÖÜÄÖÜßéèêëñçåøæœ',
      '      no      ',
    ].entries()) {
      const body = { email: `kind-${n}@example.com`, password: only.padEnd(15, '.') };
      assert.equal((await post(server, '/auth/register', body)).statusCode, 201, only);
      await server.database.sql(`update "user" set created_at = '2000-01-01', updated_at = '2000-01-01'`);
      assert.equal((await post(server, '/auth/login', body)).statusCode, 200, only);
    }
  });

  for (const [what, body] of [
    ['no address', { email: 'nobody', password }],
    ['a line break in the address', { email: 'a@example.com\r\nBcc: b@example.com', password }],
    ['a short password', { email: 'a@example.com', password: 'fourteen chars' }],
    ['a password of a breached account', { email: 'a@example.com', password: '123456789987654321' }],
    ['a password that is the address', { email: 'somebody@example.com', password: 'Somebody@example.com' }],
    ['a password with U+0000', { email: 'a@example.com', password: `${password}\0` }],
    ['half a surrogate pair in the password', { email: 'a@example.com', password: `${password}\ud800` }],
    ['a password beyond 1024 bytes', { email: 'a@example.com', password: 'é'.repeat(513) }],
    ['a name beyond 100 characters', { email: 'a@example.com', password, name: 'n'.repeat(101) }],
    ['U+0000 in the name', { email: 'a@example.com', password, name: 'a\0' }],
  ] as const) {
    test(`refuses ${what} with 422 and without echoing the password`, async (t) => {
      const server = await createTestApp(t);

      const answer = await post(server, '/auth/register', body);

      assert.equal(answer.statusCode, 422);
      assert.ok(answer.json().detail.length > 0);
      assert.ok(!answer.body.includes(body.password.slice(0, 12)));
    });
  }
});

describe('POST /auth/login', () => {
  test('takes username for email', async (t) => {
    const server = await createTestApp(t);
    const user = await registerUser(server);

    assert.equal((await post(server, '/auth/login', { username: user.email, password })).statusCode, 200);
  });

  test('takes the OAuth2 password form', async (t) => {
    const server = await createTestApp(t);
    const user = await registerUser(server);
    const form = new URLSearchParams({ grant_type: 'password', username: user.email, password }).toString();

    const answer = await post(server, '/auth/login', form, { 'content-type': 'application/x-www-form-urlencoded' });

    assert.equal(answer.statusCode, 200);
    assert.equal(answer.json().token_type, 'bearer');
  });

  test('finds the account whatever the spelling of its address', async (t) => {
    const server = await createTestApp(t);
    await registerUser(server, { email: 'spelling@example.com' });

    assert.equal((await post(server, '/auth/login', { email: ' SPELLING@example.COM', password })).statusCode, 200);
  });

  test('answers an unknown user, a wrong password, a disabled user and an unusable hash alike', async (t) => {
    const server = await createTestApp(t);
    const disabled = await registerUser(server);
    await server.database.sql('update "user" set is_active = false');
    const unusable = await registerUser(server);
    await server.database.sql(`update "user" set hashed_password = '!' where id = '${unusable.id}'`);
    const known = await registerUser(server);

    const answers = [
      await post(server, '/auth/login', { email: 'nobody@example.com', password }),
      await post(server, '/auth/login', { email: known.email, password: 'another password' }),
      await post(server, '/auth/login', { email: disabled.email, password }),
      await post(server, '/auth/login', { email: unusable.email, password }),
      await post(server, '/auth/login', { email: 'nul\0@example.com', password: '\0' }),
    ];

    assert.deepEqual(new Set(answers.map((answer) => answer.body)), new Set(['{"detail":"Invalid credentials"}']));
    assert.deepEqual(new Set(answers.map((answer) => answer.statusCode)), new Set([401]));
  });

  test('says which field is missing, and does not echo the password', async (t) => {
    const server = await createTestApp(t);

    const answer = await post(server, '/auth/login', { password });

    assert.equal(answer.statusCode, 422);
    assert.ok(!answer.body.includes(password));
  });

  test('limits attempts on one account, and says when to come back', async (t) => {
    const env = { RATE_LIMITS: 'on', LOGIN_RATE_LIMIT_PER_ACCOUNT: '3/15m' };
    const server = await createTestApp(t, { env });
    const user = await registerUser(server);

    const answers = await Promise.all(
      Array.from({ length: 10 }, () => post(server, '/auth/login', { email: user.email, password: 'wrong password' })),
    );

    const statuses = answers.map((answer) => answer.statusCode).toSorted((a, b) => a - b);
    assert.deepEqual(statuses, [401, 401, 401, 429, 429, 429, 429, 429, 429, 429]);
    const limited = answers.find((answer) => answer.statusCode === 429);
    assert.ok(Number(limited?.headers['retry-after']) > 0);
    assert.ok(server.events.some(({ event }) => event === 'excess_rate_limit_exceeded'));
  });

  test('does not count successful logins against the account', async (t) => {
    const server = await createTestApp(t, { env: { RATE_LIMITS: 'on', LOGIN_RATE_LIMIT_PER_ACCOUNT: '2/15m' } });
    const user = await registerUser(server);

    for (let n = 0; n < 5; n += 1) {
      assert.equal((await post(server, '/auth/login', { email: user.email, password })).statusCode, 200);
    }
  });

  test('counts one address of IPv6 by its /64', async (t) => {
    const env = { RATE_LIMITS: 'on', LOGIN_RATE_LIMIT_PER_ADDRESS: '2/15m', TRUSTED_PROXIES: '127.0.0.1' };
    const server = await createTestApp(t, { env });
    const from = (address: string) =>
      post(server, '/auth/login', { email: 'a@example.com', password }, { ...json, 'x-forwarded-for': address });

    const statuses = [];
    for (const last of ['1', '2', 'ffff:1', 'abcd']) statuses.push((await from(`2001:db8:0:1::${last}`)).statusCode);
    statuses.push((await from('2001:db8:0:2::1')).statusCode);

    assert.deepEqual(statuses, [401, 401, 429, 429, 401]);
  });
});

describe('sessions', () => {
  test('lists the caller’s own, says which is the current one, and ends one of them', async (t) => {
    const server = await createTestApp(t);
    const user = await registerUser(server);
    const second = (await post(server, '/auth/login', { email: user.email, password })).json();
    await registerUser(server);

    const { sessions } = (await get(server, '/auth/sessions', second.access_token)).json();
    assert.equal(sessions.length, 2);
    const other = sessions.find((session: { current: boolean }) => !session.current);
    const ended = await server.app.inject({
      method: 'DELETE',
      url: `/auth/sessions/${other.id}`,
      headers: bearer(second.access_token),
    });

    assert.equal(ended.statusCode, 204);
    assert.equal((await get(server, '/auth/me', user.access_token)).statusCode, 401);
    assert.equal((await get(server, '/auth/me', second.access_token)).statusCode, 200);
  });

  test('another user’s session does not exist', async (t) => {
    const server = await createTestApp(t);
    const victim = await registerUser(server);
    const attacker = await registerUser(server);
    const { sessions } = (await get(server, '/auth/sessions', victim.access_token)).json();

    const answer = await server.app.inject({
      method: 'DELETE',
      url: `/auth/sessions/${sessions[0].id}`,
      headers: bearer(attacker.access_token),
    });

    assert.equal(answer.statusCode, 404);
    assert.equal((await get(server, '/auth/me', victim.access_token)).statusCode, 200);
  });

  test('logout-all ends every session of the user, the incumbent’s kind included', async (t) => {
    const server = await createTestApp(t);
    const user = await registerUser(server);
    const legacy = (await post(server, '/api/v1/auth/signin', { email: user.email, password })).json().data.token;

    const answer = await server.app.inject({
      method: 'POST',
      url: '/auth/logout-all',
      headers: bearer(user.access_token),
    });

    assert.equal(answer.statusCode, 204);
    assert.equal((await get(server, '/auth/me', user.access_token)).statusCode, 401);
    assert.equal((await get(server, '/api/v1/auth/me', legacy)).statusCode, 401);
  });

  test('DELETE /auth/sessions ends every session of the user but the one that asks, and nobody else’s', async (t) => {
    const server = await createTestApp(t);
    const [user, stranger] = [await registerUser(server), await registerUser(server)];
    const other = (await post(server, '/auth/login', { email: user.email, password })).json();
    const legacy = (await post(server, '/api/v1/auth/signin', { email: user.email, password })).json().data.token;

    const answer = await server.app.inject({
      method: 'DELETE',
      url: '/auth/sessions',
      headers: bearer(user.access_token),
    });

    assert.equal(answer.statusCode, 204);
    for (const [token, status] of [
      [user.access_token, 200],
      [stranger.access_token, 200],
      [other.access_token, 401],
    ] as const) {
      assert.equal((await get(server, '/auth/me', token)).statusCode, status);
    }
    assert.equal((await get(server, '/api/v1/auth/me', legacy)).statusCode, 401);
    assert.equal((await post(server, '/auth/refresh', { refresh_token: other.refresh_token })).statusCode, 401);
    assert.equal((await post(server, '/auth/refresh', { refresh_token: user.refresh_token })).statusCode, 200);
    await server.services.audit.flush();
    const told = await server.database.sql("select 1 from audit_events where reason = 'logout_others'");
    assert.equal(told.length, 2);
  });

  test('a session that another instance ended is out within SESSION_CHECK_SECONDS', async (t) => {
    const first = await createTestApp(t, { env: { SESSION_CHECK_SECONDS: '0' } });
    const user = await registerUser(first);
    assert.equal((await get(first, '/auth/me', user.access_token)).statusCode, 200);

    await first.database.sql('update sessions set revoked_at = now()');

    assert.equal((await get(first, '/auth/me', user.access_token)).statusCode, 401);
  });
});

describe('GET /.well-known/jwks.json', () => {
  test('publishes public keys only, under the key id of the tokens', async (t) => {
    const server = await createTestApp(t);
    const user = await registerUser(server);

    const answer = await server.app.inject({ method: 'GET', url: '/.well-known/jwks.json' });

    const header = JSON.parse(Buffer.from(user.access_token.split('.')[0] ?? '', 'base64url').toString());
    const [key] = answer.json().keys;
    assert.deepEqual([key.kid, key.alg, 'd' in key], [header.kid, header.alg, false]);
    assert.match(String(answer.headers['cache-control']), /max-age/);
  });
});

describe('access tokens', () => {
  test('a token that fails takes no database connection', async (t) => {
    const server = await createTestApp(t);
    await server.database.database.close();

    for (const token of ['junk', 'a.b.c', 'x'.repeat(9000)]) {
      assert.equal((await get(server, '/api/tasks', token)).statusCode, 401);
    }
  });

  test('a good token gets 503, never 200, while its standing cannot be looked up', async (t) => {
    const server = await createTestApp(t);
    const user = await registerUser(server);
    await server.database.database.close();

    assert.equal((await get(server, '/api/tasks', user.access_token)).statusCode, 503);
  });

  test('neither kind of token can stand in for the other', async (t) => {
    const server = await createTestApp(t);
    const user = await registerUser(server);
    const legacy = (await post(server, '/api/v1/auth/signin', { email: user.email, password })).json().data.token;
    const [nativeHeader] = user.access_token.split('.');
    const [legacyHeader, legacyPayload, legacySignature] = legacy.split('.');

    assert.equal((await get(server, '/api/tasks', legacy)).statusCode, 200);
    for (const mixed of [
      `${nativeHeader}.${legacyPayload}.${legacySignature}`,
      `${legacyHeader}.${user.access_token.split('.')[1]}.${user.access_token.split('.')[2]}`,
    ]) {
      assert.equal((await get(server, '/api/tasks', mixed)).statusCode, 401);
    }
  });
});
