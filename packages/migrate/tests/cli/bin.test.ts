import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

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

test('stanchion-migrate runs as an installed package, below node_modules', async (t) => {
  const cwd = await makeFolder(t);
  const installed = join(cwd, 'node_modules/@stanchion/migrate');
  await mkdir(installed, { recursive: true });
  for (const part of ['bin', 'src', 'package.json'])
    await cp(join(packageFolder, part), join(installed, part), { recursive: true });
  for (const url of [import.meta.resolve('pg'), import.meta.resolve('commander')]) {
    // The package's own folder, wherever npm has put it.
    const [, folder = '', name = ''] = /^(.*node_modules\/([^/]+))\//.exec(fileURLToPath(url)) ?? [];
    await symlink(folder, join(cwd, 'node_modules', name));
  }
  await mkdir(join(cwd, 'migrations'));
  await writeFile(join(cwd, 'migrations/aaaa00000001_code.ts'), code);

  const { stdout, stderr } = await run(cwd, join(installed, 'bin/stanchion-migrate.mjs'), 'show', 'aaaa');

  assert.match(stdout, /in code/);
  assert.equal(stderr, '');
});
