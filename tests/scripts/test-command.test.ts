import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, type TestContext, test } from 'node:test';

const script = join(import.meta.dirname, '../../scripts/test.ts');

/** Runs the command on planted test files, as if it were the first in its process tree. */
async function runPlanted(
  t: TestContext,
  files: Record<string, string>,
  variables: Record<string, string> = {},
): Promise<{ code: unknown; lines: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'stanchion-test-planted-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, [script, folder], {
    env: { ...env, ...variables },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return { code, lines: output.trimEnd().split('\n') };
}

const passing = `import { test } from 'node:test'; test('passes', () => {});`;

describe('npm test', () => {
  test('counts in its last line and exits 0 when all is well', async (t) => {
    const { code, lines } = await runPlanted(t, { 'good.test.ts': passing });
    // One test, and the check that nothing was left behind.
    assert.deepEqual([code, lines.at(-1)], [0, '2 passed, 0 failed']);
  });

  test('says which PostgreSQL it took', async (t) => {
    const { lines } = await runPlanted(t, { 'good.test.ts': passing });
    assert.match(lines[0] ?? '', /^PostgreSQL: \S/);
  });

  test('keeps its temporary files where TMPDIR says', async (t) => {
    const { lines } = await runPlanted(t, { 'good.test.ts': passing });
    assert.equal(lines[0]?.split('; ').at(-1), `temporary files in ${tmpdir()}`);
  });

  test('fails with a failing test, and shows its error', async (t) => {
    const failing = `import { test } from 'node:test'; test('breaks', () => { throw new Error('planted fault'); });`;
    const { code, lines } = await runPlanted(t, { 'bad.test.ts': failing, 'good.test.ts': passing });
    assert.deepEqual([code, lines.at(-1)], [1, '2 passed, 1 failed']);
    assert.ok(lines.some((line) => line.includes('planted fault')));
  });

  test('fails with a file that cannot be loaded', async (t) => {
    const { code, lines } = await runPlanted(t, { 'broken.test.ts': `throw new Error('planted fault');` });
    assert.deepEqual([code, lines.at(-1)], [1, '1 passed, 1 failed']);
  });

  test('fails with a skipped test and with a file that holds none', async (t) => {
    const skipped = `import { test } from 'node:test'; test.skip('later', () => {});`;
    const { code, lines } = await runPlanted(t, { 'empty.test.ts': '', 'skipped.test.ts': skipped });
    assert.deepEqual([code, lines.at(-1)], [1, '1 passed, 2 failed']);
  });

  test('fails without any test', async (t) => {
    const { code, lines } = await runPlanted(t, {});
    assert.deepEqual([code, lines.at(-1)], [1, '0 passed, 1 failed']);
  });

  test('names what it leaves out because there is no PgBouncer, and does not count it', async (t) => {
    const files = { 'good.test.ts': passing, 'pooled.pgbouncer.test.ts': passing };
    const { code, lines } = await runPlanted(t, files, { PGBOUNCER: '/nonexistent/pgbouncer' });
    assert.match(
      lines[0] ?? '',
      /^NOT TESTED THROUGH PGBOUNCER, because .*apt-get install pgbouncer.*pooled\.pgbouncer\.test\.ts$/,
    );
    assert.deepEqual([code, lines.at(-1)], [0, '2 passed, 0 failed']);
  });

  test('runs what needs PgBouncer where there is one', async (t) => {
    const files = { 'good.test.ts': passing, 'pooled.pgbouncer.test.ts': passing };
    const { code, lines } = await runPlanted(t, files, { PGBOUNCER: process.execPath });
    assert.deepEqual([code, lines.at(-1)], [0, '3 passed, 0 failed']);
  });

  test('finds what a test leaves behind, and removes it', async (t) => {
    const leaking = `import { test } from 'node:test'; import { mkdtempSync } from 'node:fs'; import { tmpdir } from 'node:os';
      import { spawn } from 'node:child_process';
      test('leaks', () => {
        mkdtempSync(tmpdir() + '/left-');
        spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { detached: true, stdio: 'ignore' }).unref();
      });`;
    const { code, lines } = await runPlanted(t, { 'leaking.test.ts': leaking });
    assert.deepEqual([code, lines.at(-1)], [1, '1 passed, 1 failed']);
    const left = lines.filter((line) => line.startsWith('left behind'));
    assert.ok(left.some((line) => line.includes('/left-')));
    assert.equal(
      left.some((line) => /process \d+/.test(line)),
      process.platform === 'linux',
    );
  });
});
