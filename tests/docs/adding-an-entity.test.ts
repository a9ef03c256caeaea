import assert from 'node:assert/strict';
import { type ExecFileException, execFile } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { testSecret } from '../support/app.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { changedFiles, copyRepository, followPage, readEntityPage } from './entity-page.ts';

// One after the other, as a person would: each step needs the one before.
test('docs/adding-an-entity.md, followed to the letter in a copy of the repository', async (t) => {
  const page = readEntityPage('pamphlet');
  const copy = copyRepository(t);
  const { url } = await createTestDatabase(t, { content: 'empty' });
  // Within a test of a test, node:test runs nothing (NODE_TEST_CONTEXT).
  const { NODE_TEST_CONTEXT: _, ...outer } = process.env;
  const env = { ...outer, ENVIRONMENT: 'test', DATABASE_URL: url, JWT_SECRET: testSecret };
  const run = async (file: string, ...args: string[]) => {
    const { code, output } = await runFile(join(copy, file), args, { cwd: copy, env });
    assert.equal(code, 0, output);
    return output;
  };

  await t.test('has blocks that fit', () => {
    followPage(copy, page);
  });

  await t.test('gives a table that goes up and down', async () => {
    const commands = page.commands.filter((line) => line.startsWith('./stanchion ')).map((line) => line.split(' '));
    assert.equal(commands.length, 2);
    for (const [file = '', ...args] of commands) await run(file, ...args);
    await run('stanchion', 'migrate', 'check');
    await run('stanchion', 'migrate', 'downgrade', '-1', '--yes');
    await run('stanchion', 'migrate', 'upgrade');
  });

  await t.test('passes the type check, its own test and the gates', async () => {
    const revision = changedFiles(copy).find((path) => path.endsWith('_pamphlets.sql')) ?? '';
    appendFileSync(join(copy, 'migrations/README.md'), `| \`${revision.slice(11, 23)}\` | expand | \`pamphlets\` |\n`);
    await run('node_modules/.bin/tsc', '-p', 'tsconfig.json');
    await run('node_modules/.bin/node', 'scripts/generate.ts');
    const tests = [
      'routers/pamphlets',
      'routers/personal-data',
      'migrations/lint',
      'docs/upgrade-summary',
      'skills',
      'architecture',
    ];
    const files = tests.map((name) => `tests/${name}.test.ts`);
    const output = await run('node_modules/.bin/node', '--test', '--test-reporter=tap', ...files);
    const passed = Number(/^# pass (\d+)$/m.exec(output)?.[1]);
    assert.ok(passed > 100, output);
    assert.match(readFileSync(join(copy, 'docs/openapi.json'), 'utf8'), /"\/pamphlets\/\{pamphlet_id\}"/);
  });

  await t.test('changes the files that it names, and no other', () => {
    const changed = changedFiles(copy).map((path) => path.replace(/^(migrations\/)\w+(?=_pamphlets)/, '$1…'));
    assert.deepEqual(changed.toSorted(), page.named);
  });
});

function runFile(
  file: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<{ code: number; output: string }> {
  const { promise, resolve } = Promise.withResolvers<{ code: number; output: string }>();
  const limits = { timeout: 300_000, maxBuffer: 16 * 1024 * 1024 };
  execFile(file, args, { ...options, ...limits }, (error: ExecFileException | null, stdout, stderr) => {
    resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: `${stdout}${stderr}` });
  });
  return promise;
}
