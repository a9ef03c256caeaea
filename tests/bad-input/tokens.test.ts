import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { registerUser, type TestApp, testSecret } from '../support/app.ts';
import { connectRaw, type ListeningApp, listen } from './support.ts';

const guarded = ['GET /auth/me', 'GET /auth/sessions', 'POST /auth/logout', 'GET /api/tasks', 'GET /api/v1/auth/me'];
const hour = 3600;

test('a token that is not one of ours', async (t) => {
  const clock = { seconds: Math.floor(Date.now() / 1000) };
  const server = await listen(t, { nowSeconds: () => clock.seconds });
  const user = await registerUser(server);
  const tokens = await forgeries(server, user);

  for (const value of ['Basic dXNlcjpwYXNz', 'Bearer', 'Bearer ', 'Bearer\t', 'Token x', user.access_token]) {
    await t.test(`is asked for when there is none: ${value.slice(0, 20)}`, async () => {
      const { status, challenge, body } = await ask(server, 'GET /auth/me', value);
      assert.deepEqual([status, challenge, body], [401, 'Bearer', '{"detail":"Not authenticated"}']);
    });
  }

  await t.test('does not get in beside a good one: of two headers the first counts', async (t) => {
    for (const [values, status] of [
      [['Bearer forged', `Bearer ${user.access_token}`], 401],
      [[`Bearer ${user.access_token}`, 'Bearer forged'], 200],
    ] as const) {
      const client = await connectRaw(t, server.port);
      const lines = values.map((value) => `Authorization: ${value}\r\n`).join('');
      await client.write(`GET /auth/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${lines}\r\n`);
      assert.ok((await client.untilClosed()).startsWith(`HTTP/1.1 ${status} `));
    }
  });

  await t.test('is one that is looked for in a query, a cookie or a body', async () => {
    for (const path of [`/auth/me?token=${user.access_token}`, `/auth/me?access_token=${user.access_token}`]) {
      assert.equal((await ask(server, `GET ${path}`, undefined)).status, 401);
    }
    const cookie = { cookie: `access_token=${user.access_token}; token=${user.access_token}` };
    assert.equal((await fetch(`${server.url}/auth/me`, { headers: cookie })).status, 401);
  });

  await t.test('is a good one that has expired', async () => {
    assert.equal((await ask(server, 'GET /auth/me', `Bearer ${user.access_token}`)).status, 200);
    clock.seconds += 2 * hour;
    assert.equal((await ask(server, 'GET /auth/me', `Bearer ${user.access_token}`)).status, 401);
  });

  // Last: from here on whatever is looked up is answered 503.
  const good = (await registerUser(server)).access_token;
  await server.database.database.close();
  for (const [name, token] of Object.entries(tokens)) {
    await t.test(
      `is refused with the same answer on every route, without a look at the database: ${name}`,
      async () => {
        for (const route of guarded) {
          const { status, body, challenge } = await ask(server, route, `Bearer ${token}`);
          assert.deepEqual(
            [status, challenge, body],
            [401, 'Bearer', '{"detail":"Could not validate credentials"}'],
            route,
          );
        }
      },
    );
  }

  await t.test('differs from a good one, which is looked up', async () => {
    for (const route of guarded) assert.equal((await ask(server, route, `Bearer ${good}`)).status, 503, route);
  });
});

type User = Awaited<ReturnType<typeof registerUser>>;

async function forgeries(server: TestApp, { id, access_token, refresh_token }: User): Promise<Record<string, string>> {
  const [header = '', claims = '', signature = ''] = access_token.split('.');
  const exp = Math.floor(Date.now() / 1000) + hour;
  const legacy = { user_id: id, sub: id, exp };
  const native: Record<string, unknown> = JSON.parse(Buffer.from(claims, 'base64url').toString());
  const nativeHeader: Record<string, unknown> = JSON.parse(Buffer.from(header, 'base64url').toString());
  const jwks = await server.app.inject('/.well-known/jwks.json');
  const publicKey = JSON.stringify(jwks.json().keys[0]);
  return {
    'not a token': 'nonsense',
    'two parts': `${header}.${claims}`,
    'four parts': `${access_token}.x`,
    'empty parts': '..',
    'the longest line': 'a'.repeat(8000),
    'no signature': `${header}.${claims}.`,
    'another signature': `${header}.${claims}.${Buffer.alloc(64, 7).toString('base64url')}`,
    'changed claims': `${header}.${segment({ ...native, sub: '00000000-0000-4000-8000-000000000000' })}.${signature}`,
    padding: `${access_token}=`,
    'a refresh token': refresh_token,
    'alg none': `${segment({ alg: 'none', typ: 'JWT' })}.${segment(legacy)}.`,
    'alg None': `${segment({ alg: 'None', typ: 'JWT' })}.${segment(legacy)}.`,
    'an unknown key': sign({ ...nativeHeader, kid: 'unknown' }, native, testSecret),
    "a native token's claims under the shared secret": sign({ alg: 'HS256', typ: 'at+jwt' }, native, testSecret),
    "a native token's header under the shared secret": sign({ ...nativeHeader, alg: 'HS256' }, native, testSecret),
    'the public key as the shared secret': sign({ ...nativeHeader, alg: 'HS256' }, native, publicKey),
    'a legacy token under another secret': sign({ alg: 'HS256', typ: 'JWT' }, legacy, 'another test secret'),
    'a legacy token that has expired': sign(
      { alg: 'HS256', typ: 'JWT' },
      { ...legacy, exp: exp - 2 * hour },
      testSecret,
    ),
    'a legacy token of another algorithm': sign({ alg: 'HS384', typ: 'JWT' }, legacy, testSecret),
    'a key of its own': sign({ alg: 'HS256', typ: 'JWT', jwk: { kty: 'oct', k: 'eA' } }, legacy, 'x'),
  };
}

function segment(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function sign(header: object, claims: object, secret: string): string {
  const signed = `${segment(header)}.${segment(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

async function ask({ url }: ListeningApp, route: string, authorization: string | undefined) {
  const [method = '', path = ''] = route.split(' ');
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: authorization === undefined ? {} : { authorization },
  });
  return { status: answer.status, challenge: answer.headers.get('www-authenticate'), body: await answer.text() };
}
