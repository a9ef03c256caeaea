import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { findFreePort } from '../../tests/support/free-port.ts';

export interface ChaosServer {
  readonly url: string;
  /** Ended and started again on the same port: as by a deployment, or as by a crash. */
  restart(how: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** An hour ahead, then an hour behind, then right again. */
  stepClock(): void;
  stop(): Promise<void>;
}

const root = join(import.meta.dirname, '../..');
const startDeadlineMs = 60_000;

/** `serve` in a process of its own, on a database that it may upgrade. */
export async function startServer(env: Readonly<Record<string, string>>): Promise<ChaosServer> {
  const port = await findFreePort();
  const settings = { PATH: process.env.PATH ?? '', HOST: '127.0.0.1', PORT: String(port), ...env };
  let child = await launch(settings);
  return {
    url: `http://127.0.0.1:${port}`,
    async restart(how) {
      await end(child, how);
      child = await launch(settings);
    },
    stepClock: () => void child.kill('SIGUSR2'),
    stop: () => end(child, 'SIGTERM'),
  };
}

async function launch(env: Record<string, string>): Promise<ChildProcess> {
  const clock = join(import.meta.dirname, 'stepping-clock-child.ts');
  const command = ['--import', clock, join(root, 'scripts/bootstrap.mjs'), 'serve'];
  const child = spawn(process.execPath, command, { cwd: root, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const deadline = performance.now() + startDeadlineMs;
  while (!said.includes('Listening on')) {
    const isOver = child.exitCode !== null || child.signalCode !== null;
    if (isOver || performance.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`a server did not start:\n${said}`);
    }
    await pause(20);
  }
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
