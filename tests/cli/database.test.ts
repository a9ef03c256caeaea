import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { collect, repository, runCli, runStanchion } from './support.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'stanchion-cli-data-'));
const env = { DATA_DIR: dataDir, DATABASE_URL: '', ENVIRONMENT: 'development', HOST: '127.0.0.1', PORT: '0' };
const stanchion = (...args: string[]) => runStanchion(args, env);

after(async () => {
  await stanchion('db', 'reset', '--yes');
  rmSync(dataDir, { recursive: true, force: true });
});

describe('the verbs of the database', () => {
  test('refuse with 5 to delete it unless they are told so', async () => {
    const { code, stderr } = await runCli(['db', 'reset'], { DATA_DIR: dataDir });
    assert.equal(code, 5);
    assert.match(stderr, /db reset --yes/);
  });

  test('end with 3 when there is none, or when another one is configured', async () => {
    assert.equal((await runCli(['db', 'url'], { DATA_DIR: dataDir })).code, 3);
    const other = await runCli(['db', 'stop'], { DATABASE_URL: 'postgresql://u:hunter2@localhost/d' });
    assert.equal(other.code, 3);
    assert.ok(!other.stderr.includes('hunter2'));
  });

  test('end with 4 when it cannot be reached', async () => {
    const url = 'postgresql://u@127.0.0.1:1/d';
    for (const verb of ['current', 'upgrade']) {
      assert.equal((await runCli(['migrate', verb], { DATABASE_URL: url })).code, 4, verb);
    }
  });

  test('end with 2 for a revision that does not exist', async () => {
    assert.equal(
      (await runCli(['migrate', 'upgrade', 'ffffffff'], { DATABASE_URL: 'postgresql://u@127.0.0.1:1/d' })).code,
      2,
    );
  });

  test('list the revisions without a database', async () => {
    const { code, stdout } = await runCli(['migrate', 'history']);
    assert.equal(code, 0);
    assert.match(stdout, /^[0-9a-f]{12} .*\(head\)$/m);
  });

  test('start, upgrade, look at and stop the embedded one', async () => {
    const started = await stanchion('db', 'start');
    assert.match(started.stdout, /^postgresql:\/\/\S+\n$/);
    assert.equal((await stanchion('db', 'url')).stdout, started.stdout);
    assert.equal((await stanchion('migrate', 'current')).code, 1);
    assert.equal((await stanchion('migrate', 'upgrade')).code, 0);
    assert.match((await stanchion('migrate', 'upgrade')).stdout, /Nothing to do/);
    assert.equal((await stanchion('migrate', 'current')).code, 0);
    assert.match((await stanchion('db', 'stop')).stdout, /is stopped/);
  });

  test('create a user once', async () => {
    const created = await stanchion('user', 'create', '--email', 'someone@example.com', '--json');
    assert.equal(created.code, 0, created.stderr);
    const report: { data: { user: { email: string }; password: string } } = JSON.parse(created.stdout);
    assert.equal(report.data.user.email, 'someone@example.com');
    assert.ok(report.data.password.length >= 20);
    assert.equal((await stanchion('user', 'create', '--email', 'Someone@example.com')).code, 3);
  });
});

describe('serve', () => {
  for (const signals of [['SIGTERM'], ['SIGINT', 'SIGINT']] as const) {
    test(`ends with 0 on ${signals.join(' and ')}`, async () => {
      const child = spawn(join(repository, 'stanchion'), ['serve'], { env: { PATH: process.env.PATH ?? '', ...env } });
      const end = collect(child);
      await untilListening(child);
      for (const signal of signals) child.kill(signal);
      const { code, stderr } = await end;
      assert.equal(code, 0, stderr);
      assert.match(stderr, /Stopped\./);
    });
  }

  test('ends with 69 and a fix when the port is taken', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const address = holder.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    const { code, stderr } = await stanchion('serve', '--port', port);
    holder.close();
    assert.equal(code, 69);
    assert.match(stderr, new RegExp(`Port ${port} is taken[\\s\\S]*fix: .*PORT=`));
    assert.doesNotMatch(stderr, /\n\s+at /);
  });

  test('ends with 69, the address and a fix when it is not one of this machine', async () => {
    // TEST-NET-3 (RFC 5737): nobody has it.
    const { code, stderr } = await stanchion('serve', '--host', '203.0.113.1', '--port', '0');
    assert.equal(code, 69);
    assert.match(stderr, /203\.0\.113\.1:0 cannot be listened on \(EADDRNOTAVAIL\)\.\n  fix: set HOST/);
  });

  test('ends with 78 when an option is no port', async () => {
    const { code, stderr } = await runCli(['serve', '--port', 'http']);
    assert.equal(code, 78);
    assert.match(stderr, /from: --port/);
  });

  test('ends with 75 while another process has the data folder', async () => {
    const child = spawn(join(repository, 'stanchion'), ['serve'], { env: { PATH: process.env.PATH ?? '', ...env } });
    const end = collect(child);
    await untilListening(child);
    assert.equal((await stanchion('serve')).code, 75);
    assert.equal((await stanchion('migrate', 'current')).code, 0);
    child.kill('SIGTERM');
    assert.equal((await end).code, 0);
  });
});

function untilListening(child: ReturnType<typeof spawn>): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      if (seen.includes('Listening on')) resolve();
    });
    child.once('close', () => reject(new Error(`ended before it listened: ${seen}`)));
  });
}
