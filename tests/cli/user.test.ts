import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { logsIn } from '../routers/account-steps.ts';
import { createTestApp, testSecret } from '../support/app.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { runCli } from './support.ts';

describe('user create', () => {
  test('makes a password that nobody guesses, another one each time, which opens a session', async (t) => {
    const database = await createTestDatabase(t);
    const env = { ENVIRONMENT: 'test', DATABASE_URL: database.url, JWT_SECRET: testSecret };
    const server = await createTestApp(t, { database });
    const passwords = new Set<string>();
    for (const email of ['one@example.com', 'two@example.com']) {
      const { code, stdout, stderr } = await runCli(['user', 'create', '--email', email], env);
      assert.equal(code, 0, stderr);
      const [, password = ''] = /^password: ([A-Za-z0-9_-]{24})$/m.exec(stdout) ?? [];
      assert.ok(await logsIn(server, email, password));
      passwords.add(password);
    }
    assert.equal(passwords.size, 2);
  });

  test('is not limited as strangers are', async (t) => {
    const { url } = await createTestDatabase(t);
    const limits = { RATE_LIMITS: 'on', REGISTER_RATE_LIMIT_PER_ADDRESS: '1/1h' };
    const env = { ENVIRONMENT: 'test', DATABASE_URL: url, JWT_SECRET: testSecret, ...limits };
    for (const email of ['one@example.com', 'two@example.com']) {
      const { code, stderr } = await runCli(['user', 'create', '--email', email], env);
      assert.equal(code, 0, stderr);
    }
  });
});
