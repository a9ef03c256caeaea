import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const bin = join(import.meta.dirname, '../../bin/stanchion-migrate.mjs');

test('stanchion-migrate runs in a folder without our server, and keeps its cache where the user keeps caches', async (t) => {
  const cwd = await mkdtemp(join(tmpdir(), 'stanchion-migrate-bin-'));
  t.after(() => rm(cwd, { recursive: true, force: true }));
  const env = { PATH: process.env['PATH'] ?? '', XDG_CACHE_HOME: join(cwd, 'cache') };

  const run = promisify(execFile)(process.execPath, [bin, 'heads', '--folder', '.'], { cwd, env, timeout: 60_000 });

  assert.deepEqual(await run, { stdout: 'There are no revisions.\n', stderr: '' });
  assert.deepEqual(await readdir(join(cwd, 'cache')), ['stanchion-migrate']);
  const failing = promisify(execFile)(process.execPath, [bin, 'nope'], { cwd, env, timeout: 60_000 });
  await assert.rejects(failing, { code: 2 });
});
