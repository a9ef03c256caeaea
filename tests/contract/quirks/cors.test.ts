import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ContractServer,
  type GivenRequest,
  type Received,
  signUp,
  startContractServer,
} from '../contract-server.ts';

const listed = 'http://localhost:3000';
const alsoListed = 'http://127.0.0.1:3000';
const foreign = 'https://evil.example';
const json = { 'content-type': 'application/json' };
const methods = 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT';

function corsHeaders(answer: Received): Record<string, string> {
  const entries = Object.entries(answer.headers);
  return Object.fromEntries(entries.filter(([name]) => name === 'vary' || name.startsWith('access-control-')));
}

const allowed = (origin: string) => ({
  'access-control-allow-credentials': 'true',
  'access-control-allow-origin': origin,
  'access-control-expose-headers': 'Access-Control-Allow-Origin',
  vary: 'Origin',
});

const notAllowed = {
  'access-control-allow-credentials': 'true',
  'access-control-expose-headers': 'Access-Control-Allow-Origin',
};

type Given = readonly [status: number, method: string, path: string, given?: GivenRequest];

/** One request for every status that the app can be brought to. */
function everyStatus(token: string): readonly Given[] {
  const unknown = '/api/tasks/00000000-0000-4000-8000-000000000000';
  return [
    [200, 'GET', '/health'],
    [200, 'GET', '/api/openapi.json'],
    [201, 'POST', '/api/tasks', { token, body: { title: 't', priority: 'urgent_important' } }],
    [307, 'GET', '/health/'],
    [400, 'POST', '/api/tasks', { token, headers: json, body: Buffer.from([0x22, 0xe9, 0x22]) }],
    [400, 'GET', '/api/tasks?sort_by=x', { token }],
    [401, 'GET', '/api/tasks'],
    [401, 'POST', '/api/v1/auth/signin', { body: { email: 'nobody@example.com', password: 'x' } }],
    [404, 'GET', unknown, { token }],
    [404, 'GET', '/nope'],
    [405, 'PUT', '/health'],
    [422, 'GET', '/api/tasks?limit=0', { token }],
    [422, 'GET', '/api/tasks?offset=9223372036854775808', { token }],
    [422, 'POST', '/api/tasks', { token, body: { title: 'x'.repeat(256), priority: 'urgent_important' } }],
  ];
}

test('CORS', async (t) => {
  const server = await startContractServer(t);
  const { token } = await signUp(server);

  await t.test('sends CORS headers with every status', async (each) => {
    for (const [status, method, path, given] of everyStatus(token)) {
      for (const origin of [listed, alsoListed]) {
        await each.test(`${status} to ${method} ${path} from ${origin}`, async () => {
          const answer = await server.send(method, path, withOrigin(given, origin));

          assert.equal(answer.status, status, answer.body);
          assert.deepEqual(corsHeaders(answer), allowed(origin));
        });
      }
    }

    await each.test('409', async () => {
      const { email } = await signUp(server);
      const body = { email, password: 'x' };

      const answer = await server.send('POST', '/api/v1/auth/signup', { body, headers: { origin: listed } });

      assert.equal(answer.status, 409);
      assert.deepEqual(corsHeaders(answer), allowed(listed));
    });

    await each.test('413', async (small) => {
      const own = await startContractServer(small, { BODY_LIMIT_BYTES: '16384' });
      const body = { title: 'x'.repeat(20_000), priority: 'urgent_important' };

      const answer = await own.send('POST', '/api/tasks', { body, headers: { origin: listed } });

      assert.equal(answer.status, 413, answer.body);
      assert.deepEqual(corsHeaders(answer), allowed(listed));
    });

    await each.test('500 and 503', async (broken) => {
      const own = await startContractServer(broken);
      const user = await signUp(own);
      await own.test.database.sql('ALTER TABLE task RENAME TO hidden');
      const unexpected = await own.send('GET', '/api/tasks', { token: user.token, headers: { origin: listed } });
      await own.test.database.database.close({ timeoutMs: 0 });
      const down = await own.send('GET', '/api/tasks', { token: user.token, headers: { origin: listed } });

      assert.deepEqual([unexpected.status, unexpected.body], [500, 'Internal Server Error']);
      assert.deepEqual(corsHeaders(unexpected), allowed(listed));
      assert.ok(down.status >= 500, String(down.status));
      // The old backend had no such answer: when to come back is for pages, too.
      const exposed = 'Access-Control-Allow-Origin, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id';
      assert.deepEqual(corsHeaders(down), { ...allowed(listed), 'access-control-expose-headers': exposed });
    });
  });

  await t.test('answers a foreign origin without allowing it', async (each) => {
    // An origin is compared as exact text: none of these is listed.
    const origins = [
      foreign,
      'http://localhost:3000/',
      'http://LOCALHOST:3000',
      'http://localhost',
      'null',
      'https://localhost:3000',
      '',
    ];
    for (const origin of origins) {
      await each.test(JSON.stringify(origin), async () => {
        for (const [status, method, path, given] of everyStatus(token)) {
          const answer = await server.send(method, path, withOrigin(given, origin));

          assert.equal(answer.status, status, answer.body);
          assert.deepEqual(corsHeaders(answer), notAllowed, `${method} ${path}`);
        }
      });
    }

    await each.test('no origin at all: no CORS headers', async () => {
      for (const [, method, path, given] of everyStatus(token)) {
        assert.deepEqual(corsHeaders(await server.send(method, path, given)), {}, `${method} ${path}`);
      }
    });
  });

  await t.test('answers a preflight on any path', async (each) => {
    for (const path of ['/nope', '/', '/api/tasks', '/health/', '/api/tasks/not-a-uuid', '/auth/login', '//', '/%00']) {
      await each.test(path, async () => {
        const answer = await preflight(server, path, { origin: listed, method: 'DELETE' });

        assert.deepEqual([answer.status, answer.body], [200, 'OK']);
        assert.equal(answer.headers['content-type'], 'text/plain; charset=utf-8');
        assert.deepEqual(corsHeaders(answer), {
          'access-control-allow-credentials': 'true',
          'access-control-allow-methods': methods,
          'access-control-allow-origin': listed,
          'access-control-max-age': '600',
          vary: 'Origin',
        });
      });
    }
  });

  await t.test('names everything that a preflight may not', async () => {
    const cases: readonly (readonly [origin: string, method: string, text: string])[] = [
      [foreign, 'GET', 'Disallowed CORS origin'],
      [listed, 'TRACE', 'Disallowed CORS method'],
      [listed, 'get', 'Disallowed CORS method'],
      [listed, '', 'Disallowed CORS method'],
      [foreign, 'CONNECT', 'Disallowed CORS origin, method'],
      ['', 'patch', 'Disallowed CORS origin, method'],
    ];
    for (const [origin, method, text] of cases) {
      const answer = await preflight(server, '/api/tasks', { origin, method });

      assert.deepEqual([answer.status, answer.body], [400, text]);
      assert.equal(answer.headers['access-control-allow-origin'], origin === listed ? listed : undefined);
    }
  });

  await t.test('mirrors the requested headers as they were written', async () => {
    for (const requested of ['authorization, content-type', 'X-A,x-b', 'AUTHORIZATION', 'x']) {
      const answer = await preflight(server, '/api/tasks', { origin: listed, method: 'POST', requested });

      assert.equal(answer.headers['access-control-allow-headers'], requested);
    }
  });
});

test('CORS with "*" among the origins', async (t) => {
  const origins = `${listed},${alsoListed},*`;
  const server = await startContractServer(t, { ALLOWED_ORIGINS: origins });
  const { token } = await signUp(server);
  const withoutCredentials = {
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'Access-Control-Allow-Origin',
    vary: 'Origin',
  };

  await t.test('never allows credentials to an origin that only the wildcard allows', async (each) => {
    for (const origin of [foreign, 'null', 'http://localhost:3000/', 'http://LOCALHOST:3000']) {
      await each.test(origin, async () => {
        for (const [status, method, path, given] of everyStatus(token)) {
          for (const cookie of [{}, { cookie: 'session=test' }]) {
            const answer = await server.send(method, path, withOrigin(given, origin, cookie));

            assert.equal(answer.status, status, answer.body);
            assert.deepEqual(corsHeaders(answer), withoutCredentials, `${method} ${path}`);
          }
        }
      });

      await each.test(`${origin}: preflight`, async () => {
        const answer = await preflight(server, '/api/tasks', { origin, method: 'PUT', requested: 'authorization' });

        assert.deepEqual([answer.status, answer.body], [200, 'OK']);
        assert.equal(answer.headers['access-control-allow-origin'], '*');
        assert.equal(answer.headers['access-control-allow-credentials'], undefined);
        assert.equal(answer.headers['access-control-allow-headers'], 'authorization');
      });

      await each.test(`${origin}: refused preflight`, async () => {
        const answer = await preflight(server, '/api/tasks', { origin, method: 'TRACE' });

        assert.deepEqual([answer.status, answer.body], [400, 'Disallowed CORS method']);
        assert.equal(answer.headers['access-control-allow-credentials'], undefined);
      });
    }
  });

  await t.test('still allows credentials to a listed origin', async () => {
    for (const [, method, path, given] of everyStatus(token)) {
      assert.deepEqual(corsHeaders(await server.send(method, path, withOrigin(given, listed))), allowed(listed));
    }
    const answer = await preflight(server, '/nope', { origin: listed, method: 'GET' });
    assert.equal(answer.headers['access-control-allow-credentials'], 'true');
    assert.equal(answer.headers['access-control-allow-origin'], listed);
  });

  await t.test('also when nothing but "*" is configured', async (each) => {
    const open = await startContractServer(each, { ALLOWED_ORIGINS: '*' });
    for (const origin of [listed, foreign]) {
      const simple = await open.send('GET', '/health', { headers: { origin, cookie: 'session=test' } });
      const asked = await preflight(open, '/health', { origin, method: 'GET' });

      for (const answer of [simple, asked]) {
        assert.equal(answer.headers['access-control-allow-origin'], '*');
        assert.equal(answer.headers['access-control-allow-credentials'], undefined);
      }
    }
  });
});

function withOrigin(given: GivenRequest = {}, origin: string, more: Record<string, string> = {}): GivenRequest {
  return { ...given, headers: { ...given.headers, origin, ...more } };
}

interface Preflight {
  origin: string;
  method: string;
  requested?: string;
}

function preflight(server: ContractServer, path: string, { origin, method, requested }: Preflight): Promise<Received> {
  const headers = { origin, 'access-control-request-method': method };
  const more = requested === undefined ? {} : { 'access-control-request-headers': requested };
  return server.send('OPTIONS', path, { headers: { ...headers, ...more } });
}
