import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';

const scripts = join(import.meta.dirname, '../../scripts');

function run(script: string, ...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(scripts, script), ...args], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { code: status, out: stdout, err: stderr };
}

describe('a script', () => {
  const all = {
    'attack.ts': 'attack',
    'auth-chaos.ts': 'auth:chaos',
    'auth-sim.ts': 'auth:sim',
    'auth-timing.ts': 'auth:timing',
    'pack-packages.ts': 'pack',
    'vectors.ts': 'vectors',
    'wire-fuzz.ts': 'wire:fuzz',
    'wire-releases.ts': 'wire:releases',
  };
  for (const [script, name] of Object.entries(all)) {
    test(`prints its help, and with 2 for an option that there is not: ${name}`, () => {
      const help = run(script, '--help');
      assert.deepEqual([help.code, help.err], [0, '']);
      assert.ok(help.out.startsWith(`\`npm run ${name}`), help.out);

      const wrong = run(script, '--no-such');
      assert.deepEqual([wrong.code, wrong.out], [2, '']);
      assert.match(wrong.err, new RegExp(`^Unknown option '--no-such'\\.?\\n\\n\`npm run ${name}`));
    });
  }

  for (const [script, ...args] of [
    ['auth-sim.ts', '--seed', 'x'],
    ['auth-chaos.ts', '--refreshes', '1e5'],
    ['auth-timing.ts', '--samples', '3'],
    ['wire-fuzz.ts', '--cases', '0'],
    ['vectors.ts', '/no/such/folder'],
    ['pack-packages.ts', 'no-such-package'],
  ] as const) {
    test(`ends with 2 and without a stack for: ${script} ${args.join(' ')}`, () => {
      const { code, err } = run(script, ...args);
      assert.equal(code, 2);
      assert.doesNotMatch(err, /\n {4}at /);
      assert.match(err, new RegExp(args[0].replaceAll('/', '.')));
    });
  }
});
