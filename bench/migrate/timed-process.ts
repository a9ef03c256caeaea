import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readEndedChildrenTime } from '../servers/cpu-time.ts';

export interface ProcessToTime {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Beside PATH, HOME and TZ. */
  readonly env: Readonly<Record<string, string>>;
  /** Exit codes other than 0 that are an answer, too. */
  readonly alsoFine?: readonly number[];
}

export interface ProcessTime {
  readonly wallMs: number;
  /** User and system, in steps of 10 ms; undefined without proc(5). */
  readonly cpuMs: number | undefined;
}

const timeoutMs = 120_000;

/** Runs a process to its end, one at a time. Throws with what it printed unless it ended as it should. */
export async function timeProcess({ command, args, cwd, env, alsoFine = [] }: ProcessToTime): Promise<ProcessTime> {
  const cpuBefore = readEndedChildrenTime();
  const began = performance.now();
  const child = spawn(command, args, {
    cwd,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TZ: 'UTC', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      printed += String(chunk);
    });
  }
  const [code] = await once(child, 'close');
  const wallMs = performance.now() - began;
  if (code !== 0 && !alsoFine.includes(Number(code))) {
    throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${printed.slice(-4000)}`);
  }
  const cpuAfter = readEndedChildrenTime();
  const cpuMs = cpuBefore === undefined || cpuAfter === undefined ? undefined : (cpuAfter - cpuBefore) / 1000;
  return { wallMs, cpuMs };
}
