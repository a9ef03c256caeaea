import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { startServer } from '../../src/main.ts';
import { bearer, createTestApp, json, testSecret } from '../support/app.ts';
import { findFreePort } from '../support/free-port.ts';
import { createTestDatabase } from '../support/postgres.ts';

test('/metrics', async (t) => {
  const { app } = await createTestApp(t);
  const scrape = () => app.inject({ url: '/metrics', headers: bearer('test-metrics-token') });

  await t.test('wants its token', async () => {
    assert.equal((await app.inject('/metrics')).statusCode, 401);
    for (const token of ['', 'x', 'test-metrics-toke', 'test-metrics-token2', 'TEST-METRICS-TOKEN']) {
      const answer = await app.inject({ url: '/metrics', headers: bearer(token) });
      assert.equal(answer.statusCode, 401, token);
      assert.doesNotMatch(answer.body, /process_cpu/);
    }
    const { statusCode, headers, body } = await scrape();
    assert.deepEqual([statusCode, headers['content-type']], [200, 'text/plain; version=0.0.4; charset=utf-8']);
    assert.match(body, /^process_cpu_seconds_total /m);
  });

  await t.test('labels a request with the template of its route, never with its path', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `id-of-a-test-${index}`);
    for (const id of ids) await app.inject(`/api/tasks/${id}?secret=${id}`);
    for (const id of ids) await app.inject(`/nowhere/${id}`);
    const { body } = await scrape();
    assert.match(
      body,
      /^http_server_request_duration_seconds_count\{method="GET",route="\/api\/tasks\/:task_id",status="401"\} 20$/m,
    );
    assert.match(body, /route="unmatched",status="404"\} 20$/m);
    assert.doesNotMatch(body, /id-of-a-test/);
  });
});

test('/metrics on a port of its own', async (t) => {
  const database = await createTestDatabase(t);
  const metricsPort = await findFreePort();
  const { config, secrets } = loadConfig({
    env: {
      ...{ ENVIRONMENT: 'test', DATABASE_URL: database.url, JWT_SECRET: testSecret, PORT: '0' },
      ...{ METRICS_PORT: String(metricsPort), METRICS_TOKEN: 'test-metrics-token', RATE_LIMITS: 'off' },
    },
    cwd: '/nonexistent',
    generated: 'discard',
  });
  const lines: string[] = [];
  const log = createLogger(config.log, { write: (line) => void lines.push(line) });
  const server = await startServer({ config, secrets, log });
  t.after(() => server.stop());

  await t.test("is not on the API's", async () => {
    assert.equal((await fetch(`${server.url}/metrics`, { headers: bearer('test-metrics-token') })).status, 404);
  });

  await t.test('counts the security events and the connections', async () => {
    const body = JSON.stringify({ email: 'nobody@example.com', password: 'a test password' });
    await fetch(`${server.url}/auth/login`, { method: 'POST', headers: json, body });
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    assert.match(text, /^security_events_total\{event="authn_login_fail"\} 1$/m);
    assert.match(text, /^db_connections [1-9]/m);
    assert.match(
      text,
      /^http_server_request_duration_seconds_count\{method="POST",route="\/auth\/login",status="401"\} 1$/m,
    );
  });
});
