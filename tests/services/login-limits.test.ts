import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { post } from '../routers/account-steps.ts';
import { bearer, createTestApp, json, registerUser, type TestApp } from '../support/app.ts';

const env = { RATE_LIMITS: 'on', LOGIN_RATE_LIMIT_PER_ACCOUNT: '5/1h', TRUSTED_PROXIES: '127.0.0.1' };

function logIn({ app }: TestApp, email: string, password: string, address: string) {
  const headers = { ...json, 'x-forwarded-for': address };
  return app.inject({ method: 'POST', url: '/auth/login', headers, body: JSON.stringify({ email, password }) });
}

function signUp(email: string, password: string) {
  const url = '/api/v1/auth/signup';
  return { method: 'POST', url, headers: json, body: JSON.stringify({ email, password }) } as const;
}

async function exhaust(server: TestApp, email: string): Promise<number[]> {
  const attempts = Array.from({ length: 20 }, (_, n) => logIn(server, email, 'a guess', `198.51.100.${n + 1}`));
  return (await Promise.all(attempts)).map(({ statusCode }) => statusCode).toSorted((a, b) => a - b);
}

const held = [...Array.from({ length: 5 }, () => 401), ...Array.from({ length: 15 }, () => 429)];

describe('the limit of an account', () => {
  test('holds for parallel attempts from many addresses', async (t) => {
    const server = await createTestApp(t, { env });
    const user = await registerUser(server);
    assert.deepEqual(await exhaust(server, user.email), held);
  });

  test('is the same for an account that does not exist', async (t) => {
    const server = await createTestApp(t, { env });
    assert.deepEqual(await exhaust(server, 'nobody@example.com'), held);
  });

  test('does not lock its user out where the user logged in from before, the neighbours of an IPv6 /64 included', async (t) => {
    const server = await createTestApp(t, { env });
    const user = await registerUser(server);
    for (const address of ['192.0.2.7', '2001:db8:1:2::7']) {
      assert.equal((await logIn(server, user.email, user.password, address)).statusCode, 200);
    }
    await exhaust(server, user.email);

    assert.equal((await logIn(server, user.email, user.password, '203.0.113.1')).statusCode, 429);
    assert.equal((await logIn(server, user.email, user.password, '192.0.2.7')).statusCode, 200);
    assert.equal((await logIn(server, user.email, user.password, '2001:db8:1:2:ffff::1')).statusCode, 200);
  });

  test('does not keep its user from changing the password in an open session, wherever that is now', async (t) => {
    const server = await createTestApp(t, { env });
    const user = await registerUser(server);
    await exhaust(server, user.email);

    const change = { current_password: user.password, new_password: 'another test password, as long' };
    const body = JSON.stringify(change);
    const headers = { ...json, ...bearer(user.access_token), 'x-forwarded-for': '203.0.113.1' };
    const answer = await server.app.inject({ method: 'POST', url: '/auth/password/change', headers, body });

    assert.equal(answer.statusCode, 204);
    // What a stranger used up stays used up.
    assert.equal((await logIn(server, user.email, change.new_password, '203.0.113.1')).statusCode, 429);
  });

  test('holds where the user logged in from before, too', async (t) => {
    const server = await createTestApp(t, { env });
    const user = await registerUser(server);
    await logIn(server, user.email, user.password, '192.0.2.7');

    const guesses = Array.from({ length: 20 }, () => logIn(server, user.email, 'a guess', '192.0.2.7'));

    const statuses = (await Promise.all(guesses)).map(({ statusCode }) => statusCode).toSorted((a, b) => a - b);
    assert.deepEqual(statuses, held);
  });

  test('is not taken back by logins to another account whose address differs in case only', async (t) => {
    const server = await createTestApp(t, { env });
    const { email } = await registerUser(server, { email: 'victim@example.com' });
    const twin = { email: 'Victim@example.com', password: 'a password of the thief' };
    assert.equal((await server.app.inject(signUp(twin.email, twin.password))).statusCode, 201);
    const guesses: number[] = [];
    for (let n = 1; n <= 8; n += 1) {
      guesses.push((await logIn(server, email, 'a guess', `198.51.100.${n}`)).statusCode);
      await logIn(server, twin.email, twin.password, `203.0.113.${n}`);
    }
    assert.deepEqual(guesses.slice(5), [429, 429, 429]);
  });

  test('is not taken back by such a twin who proves its own password again', async (t) => {
    const server = await createTestApp(t, { env });
    await server.app.inject(signUp('Victim@example.com', 'a password of the victim'));
    const twin = await server.app.inject(signUp('victim@example.com', 'a password of the thief'));
    const { token } = twin.json<{ data: { token: string } }>().data;
    const change = { current_password: 'a password of the thief', new_password: 'too short' };
    const guesses: number[] = [];
    for (let n = 1; n <= 8; n += 1) {
      guesses.push((await logIn(server, 'Victim@example.com', 'a guess', `198.51.100.${n}`)).statusCode);
      const proven = await post(server, '/auth/password/change', change, token);
      assert.equal(proven.statusCode, 422, proven.body);
    }
    assert.deepEqual(guesses.slice(5), [429, 429, 429]);
  });

  test('where the user logged in from before is not used up by a name that is made up of both', async (t) => {
    const server = await createTestApp(t, { env });
    const user = await registerUser(server);
    await logIn(server, user.email, user.password, '192.0.2.7');
    await exhaust(server, user.email);
    for (const name of [`${user.email} from 192.0.2.7`, `${user.email} 192.0.2.7`]) await exhaust(server, name);

    assert.equal((await logIn(server, user.email, user.password, '192.0.2.7')).statusCode, 200);
  });

  test('counts what the old routes and the new ones try on it together', async (t) => {
    const server = await createTestApp(t, { env });
    const user = { email: 'Mixed@example.com', password: 'a test password that is long' };
    await server.app.inject({
      ...signUp(user.email, user.password),
      headers: { ...json, 'x-forwarded-for': '192.0.2.7' },
    });
    const guesses: number[] = [];
    for (let n = 1; n <= 4; n += 1) {
      for (const url of ['/api/v1/auth/signin', '/auth/login']) {
        const headers = { ...json, 'x-forwarded-for': `198.51.100.${n}` };
        const body = JSON.stringify({ email: user.email, password: 'a guess' });
        guesses.push((await server.app.inject({ method: 'POST', url, headers, body })).statusCode);
      }
    }
    assert.deepEqual(guesses, [401, 401, 401, 401, 401, 429, 429, 429]);
  });

  test('does not show by when it is met whether there is an account, on the old routes and the new ones', async (t) => {
    const server = await createTestApp(t, { env });
    await registerUser(server, { email: 'known@example.com' });
    const tries = async (first: string, second: string) => {
      const statuses: number[] = [];
      for (let n = 1; n <= 10; n += 1) {
        const [url, email] = n <= 5 ? ['/auth/login', first] : ['/api/v1/auth/signin', n <= 7 ? second : first];
        const headers = { ...json, 'x-forwarded-for': `198.51.100.${n}` };
        const body = JSON.stringify({ email, password: 'a guess' });
        statuses.push((await server.app.inject({ method: 'POST', url, headers, body })).statusCode);
      }
      return statuses;
    };
    assert.deepEqual(
      await tries('known@example.com', 'Known@example.com'),
      await tries('other@example.com', 'Other@example.com'),
    );
  });

  test('lets a page of another origin read when it ends', async (t) => {
    const server = await createTestApp(t, { env: { ...env, LOGIN_RATE_LIMIT_PER_ACCOUNT: '1/1h' } });
    const body = JSON.stringify({ email: 'nobody@example.com', password: 'a guess' });
    const headers = { ...json, origin: 'http://localhost:3000' };
    const attempt = async () =>
      (await server.app.inject({ method: 'POST', url: '/auth/login', headers, body })).headers;
    const exposed = async () => String((await attempt())['access-control-expose-headers']).split(', ');

    assert.deepEqual(await exposed(), ['Access-Control-Allow-Origin']);
    assert.deepEqual(await exposed(), [
      ...['Access-Control-Allow-Origin', 'Retry-After', 'RateLimit', 'RateLimit-Policy', 'X-Request-Id'],
    ]);
  });

  test('says in standard headers what it is and when it ends', async (t) => {
    const server = await createTestApp(t, { env });
    await exhaust(server, 'nobody@example.com');

    const { headers } = await logIn(server, 'nobody@example.com', 'a guess', '192.0.2.7');

    assert.equal(headers['ratelimit-policy'], '"loginPerAccount";q=5;w=3600');
    assert.match(String(headers.ratelimit), /^"loginPerAccount";r=0;t=\d+$/);
    assert.match(String(headers.ratelimit), new RegExp(`t=${String(headers['retry-after'])}$`));
  });
});
