import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const checks = [
  { name: 'types', command: 'tsc', args: ['-p', 'tsconfig.json'] },
  { name: 'lint', command: 'oxlint', args: ['--type-aware'] },
  { name: 'format', command: 'biome', args: ['check', '--linter-enabled=false', '.'] },
  { name: 'unused code', command: 'knip', args: ['--no-progress'] },
];

/** Runs each tool, prints what the failing ones say, and counts them. */
export async function runStaticChecks(root: string, signal: AbortSignal): Promise<{ passed: number; failed: number }> {
  let failed = 0;
  for (const { name, command, args } of checks) {
    if (signal.aborted) break;
    const start = performance.now();
    const { isGood, output } = await runTool({ root, command, args, signal });
    if (!isGood) {
      failed += 1;
      console.log(output.trimEnd());
    }
    console.log(`${isGood ? 'ok' : 'FAILED'}: ${name} (${command} ${args.join(' ')}), ${seconds(start)} s`);
  }
  return { passed: checks.length - failed, failed };
}

interface Tool {
  root: string;
  command: string;
  args: string[];
  signal: AbortSignal;
}

async function runTool({ root, command, args, signal }: Tool): Promise<{ isGood: boolean; output: string }> {
  const child = spawn(join(root, 'node_modules/.bin', command), args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = () => child.kill();
  signal.addEventListener('abort', stop);
  try {
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { isGood: code === 0, output: `${stdout}${stderr}` };
  } catch (error) {
    return { isGood: false, output: String(error) };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function seconds(start: number): string {
  return ((performance.now() - start) / 1000).toFixed(1);
}
