import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bearer, createTestApp, json, registerUser, type TestApp } from '../support/app.ts';

const ours = 'http://localhost:3000';
const password = 'a test password that is long';

/** A browser's cookie jar for one host. */
class Jar {
  readonly cookies = new Map<string, string>();

  store(setCookie: string | string[] | undefined): void {
    for (const line of [setCookie ?? []].flat()) {
      const [, name = '', value = '', attributes = ''] = /^([^=]+)=([^;]*)(.*)$/.exec(line) ?? [];
      assert.match(attributes, /^; Path=\/; Max-Age=\d+; Secure; HttpOnly; SameSite=(Lax|Strict)$/);
      if (attributes.includes('Max-Age=0;')) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }

  get header(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }
}

interface Sent {
  jar: Jar;
  body?: object;
  origin?: string | null;
  headers?: Record<string, string>;
}

async function send(
  { app }: TestApp,
  method: 'GET' | 'POST',
  url: string,
  { jar, body, origin = ours, headers = {} }: Sent,
) {
  const answer = await app.inject({
    method,
    url,
    headers: {
      ...(body === undefined ? {} : json),
      ...(origin === null ? {} : { origin }),
      cookie: jar.header,
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  jar.store(answer.headers['set-cookie']);
  return answer;
}

async function signIn(server: TestApp) {
  const user = await registerUser(server, { password });
  const jar = new Jar();
  const answer = await send(server, 'POST', '/auth/cookie/login', { jar, body: { email: user.email, password } });
  assert.equal(answer.statusCode, 200);
  return { user, jar, answer };
}

function rotatedLongAgo({ database }: TestApp) {
  return database.sql(`update sessions set rotated_at = rotated_at - interval '1 hour'`);
}

describe('a session in cookies', () => {
  test('keeps the tokens out of the body and out of reach of scripts', async (t) => {
    const server = await createTestApp(t);
    const { jar, answer } = await signIn(server);

    assert.deepEqual(answer.json(), { expires_in: 900, generation: 1 });
    assert.deepEqual([...jar.cookies.keys()].toSorted(), ['__Host-access', '__Host-refresh-1']);
    assert.equal((await send(server, 'GET', '/auth/me', { jar, origin: null })).statusCode, 200);
  });

  test('begins by setting each cookie once, and clears what an earlier session left in the other slot', async (t) => {
    const { answer } = await signIn(await createTestApp(t));
    const set = [answer.headers['set-cookie'] ?? []].flat();

    // RFC 6265 §4.1.1: not more than one of a name in an answer.
    const names = set.map((line) => line.replace(/=.*/, '')).toSorted();
    assert.deepEqual(names, ['__Host-access', '__Host-refresh-0', '__Host-refresh-1']);
    assert.match(set.find((line) => line.startsWith('__Host-refresh-0=')) ?? '', /^__Host-refresh-0=; .*Max-Age=0;/);
  });

  test('refreshes into the other slot, and ends with a logout', async (t) => {
    const server = await createTestApp(t);
    const { jar } = await signIn(server);

    const refreshed = await send(server, 'POST', '/auth/cookie/refresh', { jar });

    assert.deepEqual([refreshed.statusCode, refreshed.json().generation], [200, 2]);
    assert.ok(jar.cookies.has('__Host-refresh-0') && jar.cookies.has('__Host-refresh-1'));
    const spent = jar.header;
    assert.equal((await send(server, 'POST', '/auth/cookie/logout', { jar })).statusCode, 204);
    assert.equal(jar.cookies.size, 0);
    const me = await server.app.inject({ method: 'GET', url: '/auth/me', headers: { cookie: spent } });
    assert.equal(me.statusCode, 401);
  });

  test('ends with a logout when the access token is long gone', async (t) => {
    const server = await createTestApp(t);
    const { jar } = await signIn(server);
    jar.cookies.delete('__Host-access');
    const spent = jar.header;

    assert.equal((await send(server, 'POST', '/auth/cookie/logout', { jar })).statusCode, 204);

    assert.equal(jar.cookies.size, 0);
    const headers = { cookie: spent, origin: 'http://localhost:3000' };
    const late = await server.app.inject({ method: 'POST', url: '/auth/cookie/refresh', headers });
    assert.equal(late.statusCode, 401);
  });

  test('that has ended elsewhere leaves no cookie behind at its logout', async (t) => {
    const server = await createTestApp(t);
    const { jar } = await signIn(server);
    await server.database.sql('update sessions set revoked_at = now()');

    assert.equal((await send(server, 'POST', '/auth/cookie/logout', { jar })).statusCode, 204);
    assert.equal(jar.cookies.size, 0);
  });

  test('is not said to have ended while the database is away', async (t) => {
    const server = await createTestApp(t);
    const { jar } = await signIn(server);
    const before = jar.header;
    await server.database.database.close();

    assert.equal((await send(server, 'POST', '/auth/cookie/logout', { jar })).statusCode, 503);
    assert.equal(jar.header, before);
  });

  test('survives an answer that arrives after the one that followed it', async (t) => {
    const server = await createTestApp(t);
    const { jar } = await signIn(server);
    const first = await send(server, 'POST', '/auth/cookie/refresh', { jar });
    await rotatedLongAgo(server);
    assert.equal((await send(server, 'POST', '/auth/cookie/refresh', { jar })).json().generation, 3);

    jar.store(first.headers['set-cookie']);
    await rotatedLongAgo(server);

    const next = await send(server, 'POST', '/auth/cookie/refresh', { jar });
    assert.deepEqual([next.statusCode, next.json().generation], [200, 4]);
  });

  test('survives the late answer of a session that ended before it began', async (t) => {
    const server = await createTestApp(t);
    const { jar: old } = await signIn(server);
    const late = await send(server, 'POST', '/auth/cookie/refresh', { jar: old });
    await send(server, 'POST', '/auth/cookie/logout', { jar: old });
    const { jar } = await signIn(server);

    jar.store(late.headers['set-cookie']);

    const refreshed = await send(server, 'POST', '/auth/cookie/refresh', { jar });
    assert.deepEqual([refreshed.statusCode, refreshed.json().generation], [200, 2]);
    assert.equal((await send(server, 'POST', '/auth/cookie/refresh', { jar })).statusCode, 200);
  });

  test('keeps its cookies when the database is away', async (t) => {
    const server = await createTestApp(t);
    const { jar } = await signIn(server);
    const before = jar.header;
    await server.database.database.close();

    const answer = await send(server, 'POST', '/auth/cookie/refresh', { jar });

    assert.equal(answer.statusCode, 503);
    assert.ok(Number(answer.headers['retry-after']) > 0);
    assert.equal(jar.header, before);
  });

  test('begins anew at a login: what was planted before is gone', async (t) => {
    const server = await createTestApp(t);
    const attacker = await signIn(server);
    const user = await registerUser(server, { password });
    const victim = new Jar();
    for (const [name, value] of attacker.jar.cookies) victim.cookies.set(name, value);
    await send(server, 'POST', '/auth/cookie/refresh', { jar: victim });

    await send(server, 'POST', '/auth/cookie/login', { jar: victim, body: { email: user.email, password } });

    assert.deepEqual([...victim.cookies.keys()].toSorted(), ['__Host-access', '__Host-refresh-1']);
    const refreshed = await send(server, 'POST', '/auth/cookie/refresh', { jar: victim });
    assert.equal(refreshed.statusCode, 200);
    const me = await send(server, 'GET', '/auth/me', { jar: victim });
    assert.equal(me.json().email, user.email);
  });

  test('is refused to pages of other sites, and to what is no page', async (t) => {
    const server = await createTestApp(t);
    const { jar } = await signIn(server);
    const body = { title: 'a task of a test', priority: 'urgent_important' };
    const create = (sent: Omit<Sent, 'jar'>) => send(server, 'POST', '/api/tasks', { jar, body, ...sent });

    for (const origin of [
      'https://evil.example',
      'null',
      'http://localhost:3000.evil.example',
      'HTTP://LOCALHOST:3000',
      null,
    ]) {
      assert.equal((await create({ origin })).statusCode, 403, String(origin));
    }
    const crossSite = { 'sec-fetch-site': 'cross-site' };
    assert.equal((await create({ origin: null, headers: crossSite })).statusCode, 403);
    const override = { 'x-http-method-override': 'GET' };
    assert.equal((await create({ origin: 'https://evil.example', headers: override })).statusCode, 403);
    assert.equal((await create({})).statusCode, 201);
    assert.equal((await create({ origin: null, headers: { 'sec-fetch-site': 'same-origin' } })).statusCode, 201);
    assert.equal((await create({ origin: 'http://api.example', headers: { host: 'api.example' } })).statusCode, 201);
  });

  for (const path of ['/auth/cookie/login', '/auth/cookie/refresh', '/auth/cookie/logout']) {
    test(`cannot be changed from another site: ${path}`, async (t) => {
      const server = await createTestApp(t);
      const { jar, user } = await signIn(server);
      const before = jar.header;

      const sent = { jar, origin: 'https://evil.example', body: { email: user.email, password } };
      const refused = await send(server, 'POST', path, sent);
      assert.equal(refused.statusCode, 403);

      assert.equal(jar.header, before);
      await server.services.audit.flush();
      const explained = await server.services.explanations.explain(String(refused.headers['x-request-id']));
      assert.deepEqual(
        explained?.events.map(({ reason }) => reason),
        ['origin_foreign'],
      );
    });
  }

  test('is not planted by a neighbouring host under a name that only looks like ours', async (t) => {
    const server = await createTestApp(t);
    const { user, jar } = await signIn(server);
    const refresh = jar.cookies.get('__Host-refresh-1');
    // Bytes as they are on the wire: whatever white space Python's and JavaScript's functions strip.
    for (const blank of ['\u00a0', '\u0085', '\u001c', '\u000b', '\u00a0 ', '"']) {
      const planted = (name: string, value = '') => ({
        jar: new Jar(),
        headers: { cookie: `a=b; ${blank}${name}=${value}` },
      });
      const read = await send(server, 'GET', '/auth/me', planted('__Host-access', user.access_token));
      const refreshed = await send(server, 'POST', '/auth/cookie/refresh', planted('__Host-refresh-1', refresh));
      assert.deepEqual([read.statusCode, refreshed.statusCode], [401, 401], JSON.stringify(blank));
    }
    const spaced = { jar: new Jar(), headers: { cookie: `a=b; \t __Host-access=${user.access_token} \t; c=d` } };
    assert.equal((await send(server, 'GET', '/auth/me', spaced)).statusCode, 200);
  });

  test('does not mend a bad Authorization header', async (t) => {
    const server = await createTestApp(t);
    const { jar } = await signIn(server);
    const answer = await send(server, 'GET', '/auth/me', { jar, headers: bearer('junk') });
    assert.equal(answer.statusCode, 401);
  });

  test('never comes from the bearer routes', async (t) => {
    const server = await createTestApp(t);
    const user = await registerUser(server);
    const body = JSON.stringify({ email: user.email, password: user.password });
    const login = await server.app.inject({ method: 'POST', url: '/auth/login', headers: json, body });
    assert.equal(login.headers['set-cookie'], undefined);
  });
});
