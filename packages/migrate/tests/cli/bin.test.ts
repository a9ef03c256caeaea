import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { fileName, revisionText, step } from '../support/revisions.ts';
import { urlOf } from './support.ts';

const packageFolder = dirname(dirname(import.meta.dirname));
const bin = join(packageFolder, 'bin/stanchion-migrate.mjs');

async function makeFolder(t: TestContext): Promise<string> {
  const cwd = await mkdtemp(join(tmpdir(), 'stanchion-migrate-bin-'));
  t.after(() => rm(cwd, { recursive: true, force: true }));
  return cwd;
}

async function run(cwd: string, file: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const env = { PATH: process.env['PATH'] ?? '', XDG_CACHE_HOME: join(cwd, 'cache') };
  return promisify(execFile)(process.execPath, [file, ...args], { cwd, env, timeout: 60_000 });
}

test('stanchion-migrate runs in a folder without our server, and keeps its cache where the user keeps caches', async (t) => {
  const cwd = await makeFolder(t);

  assert.deepEqual(await run(cwd, bin, 'heads', '--folder', '.'), { stdout: 'There are no revisions.\n', stderr: '' });
  assert.deepEqual(await readdir(join(cwd, 'cache')), ['stanchion-migrate']);
  await assert.rejects(run(cwd, bin, 'nope'), { code: 2 });
});

const code = `import { defineRevision } from '@stanchion/migrate';
export default defineRevision({ revision: 'aaaa00000001', downRevision: [], phase: 'expand', summary: 'in code',
  up: [{ name: 'one', mode: 'tx', run: async (tx) => { await tx.query('SELECT 1'); } }] });
`;

test('stanchion-migrate knows itself to TypeScript revisions where nothing is installed', async (t) => {
  const cwd = await makeFolder(t);
  await writeFile(join(cwd, 'aaaa00000001_code.ts'), code);

  assert.equal((await run(cwd, bin, 'heads', '--folder', '.')).stdout, 'aaaa00000001  expand    in code  (head)\n');
});

for (const manifest of ['{ "type": "commonjs" }', '{}']) {
  test(`stanchion-migrate takes TypeScript revisions for ES modules in a project that says ${manifest}`, async (t) => {
    const cwd = await makeFolder(t);
    await writeFile(join(cwd, 'package.json'), manifest);
    await writeFile(join(cwd, 'aaaa00000001_code.ts'), code);

    const { stdout, stderr } = await run(cwd, bin, 'heads', '--folder', '.');

    assert.deepEqual([stdout, stderr], ['aaaa00000001  expand    in code  (head)\n', '']);
  });
}

test('Ctrl-C stops a run between two batches with 130, and the next run goes on there', async (t) => {
  const cwd = await makeFolder(t);
  const database = await createDatabase();
  t.after(async () => database.drop());
  await database.client.query('CREATE TABLE t (id int PRIMARY KEY, n int DEFAULT 0); INSERT INTO t VALUES (1), (2)');
  const fill = 'UPDATE t SET n = n + 1 WHERE id IN (SELECT id FROM batch_keys)';
  const write = async (pause: string): Promise<void> =>
    writeFile(
      join(cwd, fileName('aaaa00000001')),
      revisionText({ id: 'aaaa00000001', up: step('fill', `batch table=t key=id size=1 pause=${pause}`, fill) }),
    );
  await write('600s');
  const env = { PATH: process.env['PATH'] ?? '', XDG_CACHE_HOME: join(cwd, 'cache'), DATABASE_URL: urlOf(database) };
  const args = [bin, 'upgrade', '--folder', '.'];
  const child = execFile(process.execPath, args, { cwd, env, timeout: 60_000 });
  const ended = once(child, 'exit');
  await untilVisited(database);

  child.kill('SIGINT');

  const [code]: unknown[] = await ended;
  assert.equal(code, 130);
  await write('0s');
  await promisify(execFile)(process.execPath, args, { cwd, env, timeout: 60_000 });
  const { rows } = await database.client.query('SELECT n FROM t ORDER BY id');
  assert.deepEqual(rows, [{ n: 1 }, { n: 1 }]);
});

/** The first batch has committed: the run is in its long pause, or about to be. */
async function untilVisited({ client }: TestDatabase): Promise<void> {
  for (;;) {
    const { rows } = await client.query('SELECT 1 FROM t WHERE n = 1');
    if (rows.length > 0) return;
    await delay(20);
  }
}
