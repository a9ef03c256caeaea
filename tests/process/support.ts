import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { removeDataFolders } from '../support/data-folder.ts';
import { findFreePort } from '../support/free-port.ts';
import type { TestDatabase } from '../support/postgres.ts';

export const repository = join(import.meta.dirname, '../..');
export const testSecret = 'test-secret-only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ';

export interface ServerProcess {
  readonly child: ChildProcess;
  readonly port: number;
  readonly url: string;
  /** What it has printed so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Waits until it has printed that it listens. Throws when it ends before. */
  untilListening(): Promise<void>;
  /** Waits for its end. */
  readonly end: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

const startDeadlineMs = 60_000;

/** `serve` in a process of its own, with nothing but PATH and the given environment; killed at the end of the test. */
export async function startServerProcess(
  t: TestContext,
  env: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  const port = env.PORT === undefined ? await findFreePort() : Number(env.PORT);
  const child = spawn(process.execPath, [join(repository, 'scripts/bootstrap.mjs'), 'serve'], {
    env: { PATH: process.env.PATH ?? '', HOST: '127.0.0.1', PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (printed.stderr += text));
  const end = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  t.after(async () => {
    child.kill('SIGKILL');
    await end;
  });
  return {
    child,
    port,
    url: `http://127.0.0.1:${port}`,
    stdout: () => printed.stdout,
    stderr: () => printed.stderr,
    end,
    async untilListening() {
      const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
      await eventually(() => hasEnded() || printed.stderr.includes('Listening on'), startDeadlineMs);
      if (hasEnded()) throw new Error(`it ended before it listened:\n${printed.stdout}${printed.stderr}`);
    },
  };
}

/** Asks again and again until the answer is right. Throws after `withinMs`. */
export async function eventually(isRight: () => Promise<boolean> | boolean, withinMs = 20_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await isRight())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms`);
    await pause(20);
  }
}

/** A folder that is gone at the end of the test. */
export function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'stanchion-process-'));
  t.after(() => removeDataFolders(folder));
  return folder;
}

/** Settings of a server on a test's database, as a development machine has them. */
export function developmentOn({ url }: Pick<TestDatabase, 'url'>): Record<string, string> {
  return {
    ENVIRONMENT: 'development',
    DATABASE_URL: url,
    JWT_SECRET: testSecret,
    LOG_FORMAT: 'json',
    RATE_LIMITS: 'off',
  };
}

/** The settings that production insists on. */
export function productionOn({ url }: Pick<TestDatabase, 'url'>): Record<string, string> {
  return {
    ...{ ENVIRONMENT: 'production', DATABASE_URL: url, JWT_SECRET: testSecret, DRAIN_DELAY_MS: '0' },
    ...{ ALLOWED_ORIGINS: 'https://app.example.com', AUTH_SECRET: `other-${testSecret}` },
  };
}

/** Whether there is no such process (any more). */
export function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}
