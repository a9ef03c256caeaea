import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createTestDatabase } from '../support/postgres.ts';
import { collect, repository, runCli } from './support.ts';

const recorder = join(repository, 'packages/migrate/tests/support/record-loaded-child.ts');

describe('the verbs of the migrations', () => {
  test('refuse a step too far before they connect', async () => {
    const { code, stderr } = await runCli(['migrate', 'upgrade', 'head+1'], {
      DATABASE_URL: 'postgresql://u@127.0.0.1:1/d',
    });
    assert.equal(code, 2, stderr);
    assert.match(stderr, /goes beyond the end/);
  });

  test('list heads, branches, a range and one revision without a database', async () => {
    const env = { DATABASE_URL: 'postgresql://u@127.0.0.1:1/d' };
    const heads: { data: { revision: string }[] } = JSON.parse(
      (await runCli(['migrate', 'heads', '--json'], env)).stdout,
    );
    const [head] = heads.data;
    assert.ok(head && heads.data.length === 1);
    assert.match((await runCli(['migrate', 'branches'], env)).stdout, /does not fork/);
    assert.match((await runCli(['migrate', 'show', head.revision.slice(0, 6)], env)).stdout, /file: .*migrations\//);
    const range = await runCli(['migrate', 'history', `${head.revision}:`], env);
    assert.equal(range.stdout.trim().split('\n').length, 1);
    assert.equal((await runCli(['migrate', 'history', `${head.revision}:base`], env)).code, 2);
  });

  test('load no server, no model, no SQL parser and no embedded database to say where one with a URL is', async (t) => {
    const { url } = await createTestDatabase(t, { content: 'empty' });
    const folder = await mkdtemp(join(tmpdir(), 'stanchion-loaded-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const env = { PATH: process.env.PATH ?? '', LOADED_MODULES: join(folder, 'list'), DATABASE_URL: url };
    const words = ['--import', recorder, join(repository, 'src/cli/main.ts'), 'migrate', 'current'];

    const { code, stderr } = await collect(spawn(process.execPath, words, { env, cwd: folder }));

    assert.equal(code, 1, stderr);
    const loaded = (await readFile(env.LOADED_MODULES, 'utf8')).split('\n');
    assert.ok(loaded.some((one) => one.endsWith('/packages/migrate/src/cli/current.ts')));
    const needless =
      /node_modules\/(?:fastify|drizzle|libpg-query|jose|pino)|src\/(?:app|models|services|plugins|database\/embedded)|migrate\/src\/(?:index|run|steps\/.*)\.ts/;
    assert.deepEqual(
      loaded.filter((one) => needless.test(one)),
      [],
    );
  });

  test('refuse a downgrade with 5 and its plan unless they are told so', async (t) => {
    const { url } = await createTestDatabase(t, { content: 'empty' });
    // Reading the configuration takes secrets out of the environment that it is given.
    const run = async (...args: string[]) =>
      runCli(['migrate', ...args], { MIGRATION_DATABASE_URL: url, ENVIRONMENT: 'development' });
    assert.equal((await run('downgrade', 'base')).code, 0);
    assert.equal((await run('upgrade')).code, 0);
    const [last] = (await run('current')).stdout.split(' ');

    const refused = await run('downgrade', '-1');
    assert.equal(refused.code, 5, refused.stderr);
    assert.match(refused.stderr, new RegExp(`  ${last}  .*\\n.*--yes`));
    const done = await run('downgrade', '-1', '--yes');
    assert.equal(done.code, 0, done.stderr);
    assert.match(done.stderr, new RegExp(`${last} reverted`));
    assert.equal((await run('current')).code, 1);
  });
});
