import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { preparePython } from '../../../../tests/support/python-environment.ts';
import type { PresetName } from '../../src/profile/presets.ts';

export interface Incumbent {
  readonly url: URL;
  stop(): Promise<void>;
}

/** incumbent.py with exactly the packages of a preset. Throws PythonMissing. */
export async function startIncumbent(preset: PresetName): Promise<Incumbent> {
  const python = await preparePython('FastAPI', join(import.meta.dirname, `${preset}.txt`));
  const child = spawn(python, [join(import.meta.dirname, 'incumbent.py')], { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([once(lines, 'line'), ended]);
  const port = Number(first[0]);
  if (child.exitCode !== null) throw new Error(`${preset} ended before it listened`);
  return {
    url: new URL(`http://127.0.0.1:${port}`),
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
