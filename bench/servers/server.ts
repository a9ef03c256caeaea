import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '../../tests/support/free-port.ts';
import { readCpuTime } from './cpu-time.ts';

export interface ServerProgram {
  /** Also the name of its log file. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment besides PATH; nothing else is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** How it is told its port. */
  readonly withPort: (port: number) => { args?: readonly string[]; env?: Readonly<Record<string, string>> };
  /** Answers 200 when requests may come. */
  readonly readyPath: string;
}

export interface RunningServer {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  /** Rejects when the process ends by itself, or the run is broken off: without one of its servers it measures nothing. */
  readonly ended: Promise<never>;
  cpuTime(): number | undefined;
  /** Bytes logged since the last call; the file is emptied. */
  takeLogSize(): number;
  stop(): Promise<void>;
}

const startTimeoutMs = 60_000;
const stopTimeoutMs = 30_000;

export interface ServerSurroundings {
  /** What the server prints goes to a file there, as it would go to a collector. */
  readonly logFolder: string;
  /** Breaks the run off. */
  readonly signal: AbortSignal;
}

/** Throws with the end of what it printed when it does not start. */
export async function startServer(
  program: ServerProgram,
  { logFolder, signal }: ServerSurroundings,
): Promise<RunningServer> {
  const port = await findFreePort();
  const { args = [], env = {} } = program.withPort(port);
  const logFile = join(logFolder, `${program.name}.log`);
  const log = openSync(logFile, 'a');
  const child = spawn(program.command, [...program.args, ...args], {
    cwd: program.cwd,
    env: { PATH: process.env['PATH'], TZ: 'UTC', ...program.env, ...env },
    stdio: ['ignore', log, log],
  });
  const end = watchEnd(child, () => `${program.name}:\n${readFileSync(logFile, 'utf8').slice(-4000)}`);
  signal.addEventListener('abort', () => end.breakOff(signal.reason), { once: true });
  if (signal.aborted) end.breakOff(signal.reason);
  const waiting = new AbortController();
  try {
    await Promise.race([waitUntilReady(port, program.readyPath, waiting.signal), end.unexpected]);
  } catch (error) {
    child.kill('SIGKILL');
    closeSync(log);
    throw error;
  } finally {
    waiting.abort();
  }
  const { pid } = child;
  if (pid === undefined) throw new TypeError('a running process without an id');
  return {
    name: program.name,
    port,
    pid,
    ended: end.unexpected,
    cpuTime: () => readCpuTime(pid),
    takeLogSize() {
      const { size } = statSync(logFile);
      ftruncateSync(log);
      return size;
    },
    async stop() {
      end.expect();
      child.kill('SIGTERM');
      await Promise.race([end.any, sleep(stopTimeoutMs, undefined, { ref: false })]);
      child.kill('SIGKILL');
      await end.any;
      closeSync(log);
    },
  };
}

function watchEnd(child: ChildProcess, describe: () => string) {
  const any = Promise.withResolvers<void>();
  const unexpected = Promise.withResolvers<never>();
  unexpected.promise.catch(() => undefined);
  let expected = false;
  const settle = (why: string) => {
    any.resolve();
    if (!expected) unexpected.reject(new Error(`${why} ${describe()}`));
  };
  child.once('error', (error) => settle(error.message));
  child.once('exit', (code, signal) => settle(`a server ended (${signal ?? code}):`));
  return {
    any: any.promise,
    unexpected: unexpected.promise,
    breakOff: (reason: unknown) => unexpected.reject(reason),
    expect: () => {
      expected = true;
    },
  };
}

async function waitUntilReady(port: number, path: string, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  let last = 'no answer';
  while (Date.now() < deadline && !signal.aborted) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      const body = await response.text();
      if (response.ok) return;
      last = `${response.status} ${body}`;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    await sleep(50);
  }
  throw new Error(`${path} on port ${port} was not ready in ${startTimeoutMs / 1000} s: ${last}`);
}
