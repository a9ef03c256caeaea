import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bearer, createTestApp, json, registerUser } from '../support/app.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const answers = [
  { url: '/live' },
  { url: '/nowhere' },
  { url: '/live', method: 'POST' },
  { url: '/api/tasks/' },
  { url: '/api/tasks' },
  { url: '/auth/login', method: 'POST', headers: json, body: '{' },
  { url: '/docs' },
  { url: '/fails' },
  {
    url: '/api/tasks',
    method: 'OPTIONS',
    headers: { origin: 'http://localhost:3000', 'access-control-request-method': 'GET' },
  },
] as const;

test('the request id', async (t) => {
  const { app, logLines } = await createTestApp(t);
  app.get('/fails', async () => Promise.reject(new Error('a test fault')));

  await t.test('is on every answer and in its line of the log', async () => {
    for (const request of answers) {
      logLines.length = 0;
      const { headers } = await app.inject(request);
      assert.match(String(headers['x-request-id']), uuid, request.url);
      const lines = logLines.filter((line) => line.includes(`"request_id":"${String(headers['x-request-id'])}"`));
      assert.equal(lines.filter((line) => line.includes('"msg":"request"')).length, 1, request.url);
    }
  });

  for (const id of ['a', 'A-z_0.9', 'x'.repeat(64), '00-4bf92f3577b34da6a3ce929d0e0e4736']) {
    await t.test(`is the client's where it can do no harm: ${id.slice(0, 20)}`, async () => {
      const { headers } = await app.inject({ url: '/live', headers: { 'x-request-id': id } });
      assert.equal(headers['x-request-id'], id);
    });
  }

  for (const id of [
    '',
    ' ',
    'x'.repeat(65),
    'a b',
    'a"b',
    'a{b',
    'é',
    'a;b',
    '${jndi:ldap://x}',
    '<script>',
    '\x1b[31m',
    'a,b',
  ]) {
    await t.test(
      `is a new one where the client's could forge or flood a line: ${JSON.stringify(id).slice(0, 20)}`,
      async () => {
        const { headers } = await app.inject({ url: '/live', headers: { 'x-request-id': id } });
        assert.match(String(headers['x-request-id']), uuid);
      },
    );
  }

  await t.test('is joined by the trace that the request belongs to, when that is well-formed', async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const traceparents = {
      [`00-${trace}-00f067aa0ba902b7-01`]: trace,
      '00-x-y-01': undefined,
      [`00-${'0'.repeat(32)}-00f067aa0ba902b7-01`]: undefined,
    };
    for (const [traceparent, expected] of Object.entries(traceparents)) {
      logLines.length = 0;
      await app.inject({ url: '/live', headers: { traceparent } });
      assert.equal(JSON.parse(logLines.at(-1) ?? '').trace_id, expected, traceparent);
    }
  });
});

test('the security headers', async (t) => {
  const { app } = await createTestApp(t);
  app.get('/fails', async () => Promise.reject(new Error('a test fault')));

  await t.test('are on every answer', async () => {
    for (const request of answers) {
      const { headers } = await app.inject(request);
      assert.equal(headers['x-content-type-options'], 'nosniff', request.url);
      assert.equal(headers['referrer-policy'], 'no-referrer', request.url);
      assert.match(
        String(headers['content-security-policy']),
        /default-src 'none'.*frame-ancestors 'none'/,
        request.url,
      );
      assert.equal(headers['x-powered-by'] ?? headers.server, undefined, request.url);
    }
  });

  await t.test('keep what is private out of caches', async () => {
    const user = await registerUser({ app });
    const { headers } = await app.inject({ url: '/auth/me', headers: bearer(user.access_token) });
    assert.equal(headers['cache-control'], 'no-store');
  });

  await t.test('promise TLS only where it is in front: in production', async (t) => {
    assert.equal((await app.inject('/live')).headers['strict-transport-security'], undefined);
    const production = await createTestApp(t, { env: productionEnv });
    const { headers } = await production.app.inject('/live');
    assert.match(String(headers['strict-transport-security']), /^max-age=\d{8,}$/);
  });
});

const productionEnv = {
  ...{ ENVIRONMENT: 'production', RATE_LIMITS: 'on', ALLOWED_ORIGINS: 'https://app.example.com' },
  ...{ PASSWORD_HASH_MEMORY_KIB: '19456', PASSWORD_HASH_ITERATIONS: '2' },
};
