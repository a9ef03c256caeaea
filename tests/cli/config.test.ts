import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runCli, runStanchion } from './support.ts';

const secret = 'Only-a-test-secret_9fK2xQ7vLm4RtZ8wYb3NcHs6PdJg1UeAoTiXk5MqBnVhCyGrWlFz0';
const production = {
  ENVIRONMENT: 'production',
  JWT_SECRET: secret,
  DATABASE_URL: 'postgresql://app:hunter2@db.example.com/app',
};

describe('config check', () => {
  test('accepts development without any setting', async () => {
    const { code, stdout, stderr } = await runCli(['config', 'check']);
    assert.equal(code, 0);
    assert.match(stdout, /The configuration for development is valid/);
    assert.equal(stderr, '');
  });

  test('ends with 78 and every fault at once, on stderr', async () => {
    const env = { ENVIRONMENT: 'production', PORT: 'x', RATE_LIMITS: 'off', ALLOWED_ORIGINS: '*', TRUST_PROXY: '1' };
    const { code, stdout, stderr } = await runCli(['config', 'check'], env);
    assert.deepEqual([code, stdout], [78, '']);
    assert.match(stderr, /has 6 faults/);
    for (const name of ['PORT', 'RATE_LIMITS', 'ALLOWED_ORIGINS', 'TRUSTED_PROXIES', 'JWT_SECRET', 'DATABASE_URL']) {
      assert.match(stderr, new RegExp(`^  ${name} `, 'm'));
    }
    assert.doesNotMatch(stderr, /\n\s+at /);
  });

  test('prints the faults as findings with --json', async () => {
    const { code, stdout, stderr } = await runCli(['config', 'check', '--json'], { ENVIRONMENT: 'production' });
    const report: { ok: boolean; findings: Record<string, string>[] } = JSON.parse(stdout);
    assert.deepEqual([code, stderr, report.ok, report.findings.length], [78, '', false, 2]);
    for (const finding of report.findings) {
      assert.deepEqual(Object.keys(finding), ['id', 'severity', 'evidence', 'cause', 'fix', 'verify']);
    }
  });

  test('warns and ends with 0 when something may not be what was meant', async () => {
    const { code, stderr } = await runCli(['config', 'check'], { LOG_LEVLE: 'debug' });
    assert.equal(code, 0);
    assert.match(stderr, /warning: LOG_LEVLE .* LOG_LEVEL\?/);
  });

  test('refuses production in an empty environment, as a process, with both faults', async () => {
    // Set to nothing, a name hides what an .env file of this checkout may say.
    const empty = { DATABASE_URL: '', JWT_SECRET: '', BETTER_AUTH_SECRET: '' };
    const { code, stdout, stderr } = await runStanchion(['config', 'check'], { ENVIRONMENT: 'production', ...empty });
    assert.deepEqual([code, stdout], [78, '']);
    assert.match(stderr, /DATABASE_URL .*missing[\s\S]*JWT_SECRET .*missing/);
  });

  test('refuses everything that production refuses, as a process, and prints no secret', async () => {
    const env = {
      ENVIRONMENT: 'production',
      DATABASE_URL: 'postgresql://app:hunter2@db.example.com/app?sslmode=disable',
      JWT_SECRET: 'hunter2',
      AUTH_SECRET: 'hunter2-and-changeme',
      ALLOWED_ORIGINS: '*',
      TRUSTED_PROXIES: '2',
      RATE_LIMITS: 'off',
    };
    const { code, stdout, stderr } = await runStanchion(['config', 'check'], env);
    assert.equal(code, 78);
    for (const name of Object.keys(env).slice(1)) assert.match(stderr, new RegExp(`^  ${name} `, 'm'));
    assert.ok(!`${stdout}${stderr}`.includes('hunter2'));
  });
});

describe('config show', () => {
  test('prints values with their origins and secrets by their length', async () => {
    const { code, stdout } = await runCli(['config', 'show'], { ...production, PORT: '9000' });
    assert.equal(code, 0);
    assert.match(stdout, /^PORT +9000 +process environment$/m);
    assert.match(stdout, /^HOST +0\.0\.0\.0 +default$/m);
    assert.match(
      stdout,
      new RegExp(`^JWT_SECRET +\\(secret, ${secret.length} characters\\) +process environment$`, 'm'),
    );
  });

  for (const args of [
    ['config', 'show'],
    ['config', 'show', '--json'],
    ['config', 'check', '--json'],
  ]) {
    test(`prints no secret: ${args.join(' ')}`, async () => {
      const { stdout, stderr } = await runCli(args, { ...production });
      assert.ok(!`${stdout}${stderr}`.includes('hunter2') && !`${stdout}${stderr}`.includes(secret));
    });
  }

  test('prints one object with --json', async () => {
    const { stdout } = await runCli(['--json', 'config', 'show'], { ...production });
    const report: { schema_version: number; command: string; ok: boolean; data: { settings: unknown[] } } =
      JSON.parse(stdout);
    assert.deepEqual([report.schema_version, report.command, report.ok], [1, 'config show', true]);
    assert.deepEqual(Object.keys(report), ['schema_version', 'command', 'ok', 'data', 'findings']);
    assert.deepEqual(report.data.settings[1], {
      variable: 'HOST',
      value: '0.0.0.0',
      origin: 'default',
      secret: false,
      withoutValue: 'none',
    });
  });
});
