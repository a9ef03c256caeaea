import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, rmSync, symlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { collect, lockfile, makeProject, type Project, untilPrinted } from './support.ts';

let project: Project;
beforeEach(() => {
  project = makeProject();
});
afterEach(() => project.remove());

describe('bootstrap', () => {
  test('installs what is missing, then runs the command line with its arguments', async () => {
    const { code, stdout, stderr } = await project.run(['config', 'check']);
    assert.deepEqual([code, stdout], [0, '["config","check"]\n']);
    assert.match(stderr, /Installing the dependencies/);
    assert.equal(project.countInstalls(), 1);
  });

  test('installs once', async () => {
    await project.run([]);
    const { stderr } = await project.run([]);
    assert.equal(project.countInstalls(), 1);
    assert.equal(stderr, '');
  });

  test('installs again after the lockfile has changed', async () => {
    await project.run([]);
    project.write('package-lock.json', lockfile('2.0.0'));
    await project.run([]);
    assert.equal(project.countInstalls(), 2);
  });

  test('takes what npm itself has installed as it is', async () => {
    project.write('node_modules/.package-lock.json', lockfile('1.0.0'));
    assert.equal((await project.run(['exit', '4'])).code, 4);
    assert.equal(project.countInstalls(), 0);
  });

  test('does not take an install of another version', async () => {
    project.write('node_modules/.package-lock.json', lockfile('0.9.0'));
    await project.run([]);
    assert.equal(project.countInstalls(), 1);
  });

  test('ends with 72 and a fix when the install fails', async () => {
    const { code, stdout, stderr } = await project.run([], { FAKE_NPM_FAILS: '1' });
    assert.deepEqual([code, stdout], [72, '']);
    assert.match(stderr, /npm ci ended with code 1.*\n.*Fix: .*npm ci/);
    assert.doesNotMatch(stderr, /\n\s+at /);
  });

  test('tries again after a failed install, and leaves no lock behind', async () => {
    await project.run([], { FAKE_NPM_FAILS: '1' });
    assert.ok(!existsSync(join(project.root, '.data/install.lock')));
    assert.equal((await project.run([])).code, 0);
  });

  test('ends with 72 when there is no npm', async () => {
    rmSync(join(project.root, 'bin/npm'));
    const { code, stderr } = await project.run([], { PATH: join(project.root, 'bin') });
    assert.equal(code, 72);
    assert.match(stderr, /could not be installed/);
  });

  test('installs once for two that start at once', async () => {
    const go = join(project.root, 'go');
    const first = project.start([], { FAKE_NPM_WAITS: go });
    const both = [collect(first)];
    const second = project.start([]);
    both.push(collect(second));
    await once(second.stderr ?? second, 'data'); // Either of the two may have come first; both are under way.
    project.write('go', '');
    for (const { code } of await Promise.all(both)) assert.equal(code, 0);
    assert.equal(project.countInstalls(), 1);
  });

  test('takes over the lock of an install that was killed', async () => {
    const ended = spawn('true');
    await once(ended, 'close');
    project.write('.data/install.lock', JSON.stringify({ pid: ended.pid, host: hostname() }));
    assert.equal((await project.run([])).code, 0);
  });

  test('runs a script instead of the command line', async () => {
    project.write(
      'scripts/check.ts',
      'const n: number = 3; console.log(import.meta.main, process.argv.slice(2)); process.exitCode = n;',
    );
    const { code, stdout } = await project.run(['--script', 'scripts/check.ts', 'a']);
    assert.deepEqual([code, stdout], [3, "true [ 'a' ]\n"]);
  });

  test('ends with 2 when the script has no name', async () => {
    assert.equal((await project.run(['--script'])).code, 2);
  });

  test('passes the exit code and the signal on', async () => {
    assert.equal((await project.run(['exit', '78'])).code, 78);
    assert.equal((await project.run(['die'])).signal, 'SIGKILL');
  });

  test('works in a folder that only its owner may enter', async () => {
    chmodSync(project.root, 0o700);
    assert.equal((await project.run(['exit', '0'])).code, 0);
  });
});

describe('bootstrap under another Node than the pinned one', () => {
  beforeEach(async () => {
    await project.run([]);
    // Not the Node that runs this by its path, so that it is started as a second process.
    project.write('node_modules/.bin/node', `#!/bin/sh\nexec "${process.execPath}" "$@"\n`, 0o755);
  });

  test('runs the pinned one and passes its exit code and signal on', async () => {
    assert.equal((await project.run(['exit', '78'])).code, 78);
    assert.equal((await project.run(['die'])).signal, 'SIGKILL');
  });

  test('forwards SIGTERM', async () => {
    const child = project.start(['serve']);
    const end = collect(child);
    await untilPrinted(child, 'serve');
    child.kill('SIGTERM');
    assert.deepEqual(await end.then(({ code, stdout }) => [code, stdout]), [0, '["serve"]\nSIGTERM\n']);
  });

  test('stops the pinned one when it is killed itself', async () => {
    const child = project.start(['serve']);
    const end = collect(child);
    await untilPrinted(child, 'serve');
    child.kill('SIGKILL');
    // The streams close only when the second process is gone too.
    assert.match((await end).stdout, /SIGTERM/);
  });
});

describe('bootstrap started by npm', () => {
  for (const [what, command] of [
    ['a shell that stays', 'node scripts/bootstrap.mjs serve; exit $?'],
    ['a shell that steps aside', 'exec node scripts/bootstrap.mjs serve'],
  ] as const) {
    test(`stops when npm is killed, behind ${what}`, async () => {
      await project.run([]);
      const env = { ...project.environment, npm_lifecycle_event: 'start', COMMAND: command };
      // Stands in for npm: a process that runs the script through a shell and waits.
      const starter = `require('child_process').spawn('sh', ['-c', process.env.COMMAND], { stdio: 'inherit' })`;
      const npm = spawn(process.execPath, ['-e', starter], { cwd: project.root, env });
      const end = collect(npm);
      await untilPrinted(npm, 'serve');
      npm.kill('SIGKILL');
      assert.match((await end).stdout, /SIGTERM/);
    });
  }
});

describe('./stanchion', () => {
  test('finds its project from another folder and through a link', async () => {
    symlinkSync(join(project.root, 'stanchion'), join(project.root, 'bin/link'));
    chmodSync(join(project.root, 'stanchion'), 0o755);
    const child = spawn(join(project.root, 'bin/link'), ['exit', '6'], { cwd: '/', env: project.environment });
    assert.equal((await collect(child)).code, 6);
  });
});
