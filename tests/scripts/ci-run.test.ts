import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';

const script = readFileSync(join(import.meta.dirname, '../../.ci/run'), 'utf8');

/** A machine that has the named programs only, in which `npm` says that it was called. */
function run(t: TestContext, programs: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), 'stanchion-ci-run-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const bin = join(folder, 'bin');
  for (const name of ['.ci', 'bin', 'sbin']) mkdirSync(join(folder, name));
  for (const name of ['bash', 'env', 'dirname', 'id', 'cp', 'chmod']) symlinkSync(pathOf(name), join(bin, name));
  for (const [name, lines] of Object.entries({ npm: 'echo npm "$@"', ...programs })) {
    writeFileSync(join(bin, name), `#!/usr/bin/env bash\n${lines}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  writeFileSync(join(folder, '.ci/run'), script.replaceAll('/usr/sbin', join(folder, 'sbin')));
  const { status, stdout, stderr } = spawnSync(pathOf('bash'), [join(folder, '.ci/run')], {
    env: { PATH: bin },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

function pathOf(program: string): string {
  return execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
}

const [pgbouncer, python3] = ['exit 0', 'exit 0'];
const refusing = 'echo "E: no network" >&2; exit 100';
/** Whatever is asked for appears beside it. */
const installing =
  'for name in "$@"; do case "$name" in pgbouncer|python3) cp "$0" "$(dirname "$0")/$name";; esac; done';

describe('.ci/run', () => {
  test('runs the tests where nothing is missing', (t) => {
    assert.deepEqual(run(t, { pgbouncer, python3 }), { status: 0, stdout: 'npm test\n', stderr: '' });
  });

  test('installs what is missing, then runs the tests', (t) => {
    assert.deepEqual(run(t, { 'apt-get': installing, sudo: '"${@:3}"' }), {
      status: 0,
      stdout: 'npm test\n',
      stderr: '',
    });
  });

  for (const [what, programs, line] of [
    ['PgBouncer', { python3 }, /^WARNING: PgBouncer is missing .*apt-get install pgbouncer\)/m],
    ['Python', { pgbouncer }, /^WARNING: Python 3 with venv is missing/m],
    ['the venv of Python', { pgbouncer, python3: 'exit 1' }, /^WARNING: Python 3 with venv is missing/m],
  ] as const) {
    test(`warns of ${what} where it cannot be installed, and runs the other tests`, (t) => {
      for (const machine of [programs, { ...programs, 'apt-get': refusing, sudo: '"${@:3}"' }]) {
        const { status, stdout, stderr } = run(t, machine);
        assert.deepEqual([status, stdout], [0, 'npm test\n']);
        assert.match(stderr, line);
      }
    });
  }
});
