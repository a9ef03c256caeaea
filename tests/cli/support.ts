import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { main } from '../../src/cli/main.ts';
import { loadConfig } from '../../src/config/load.ts';

export const repository = dirname(dirname(import.meta.dirname));

export interface Outcome {
  readonly code: number | null;
  readonly signal?: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process, in a folder of its own and with nothing but the given environment. */
export async function runCli(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const rootDir = mkdtempSync(join(tmpdir(), 'stanchion-cli-'));
  const printed = { stdout: '', stderr: '' };
  try {
    const code = await main({
      args,
      rootDir,
      // A copy: reading the configuration takes the secrets out of what it is given.
      loadConfig: (input) => loadConfig({ ...input, env: { ...env } }),
      streams: {
        out: (text) => (printed.stdout += text),
        err: (text) => (printed.stderr += text),
      },
    });
    return { code, ...printed };
  } finally {
    rmSync(rootDir, { recursive: true, force: true });
  }
}

/** A child process that is waited for, with all that it printed. */
export function collect(child: ChildProcess): Promise<Outcome> {
  const printed = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (printed.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (printed.stderr += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, ...printed }));
  });
}

/** Runs ./stanchion of this repository with nothing but PATH and the given environment. */
export function runStanchion(args: readonly string[], env: Record<string, string>): Promise<Outcome> {
  const child = spawn(join(repository, 'stanchion'), args, { env: { PATH: process.env.PATH ?? '', ...env } });
  return collect(child);
}

/** A project of its own around a copy of the bootstrap, with an npm that only writes down that it was called. */
export interface Project {
  readonly root: string;
  readonly start: (args: readonly string[], env?: Record<string, string>) => ChildProcess;
  readonly run: (args: readonly string[], env?: Record<string, string>) => Promise<Outcome>;
  readonly write: (path: string, text: string, mode?: number) => void;
  readonly countInstalls: () => number;
  readonly environment: Record<string, string>;
  readonly remove: () => void;
}

const fakeNpm = `#!/bin/sh
echo "$*" >> npm-calls
echo "npm's own progress"
[ -n "$FAKE_NPM_FAILS" ] && { echo "npm error network" >&2; exit 1; }
while [ -n "$FAKE_NPM_WAITS" ] && [ ! -e "$FAKE_NPM_WAITS" ]; do sleep 0.05; done
mkdir -p node_modules
`;

const program = `import { writeSync } from 'node:fs';
const [verb, value] = process.argv.slice(2);
// Listens before it says that it runs: a test signals it as soon as it has said so.
if (verb === 'serve') process.on('SIGTERM', () => { writeSync(1, 'SIGTERM\\n'); process.exit(0); });
console.log(JSON.stringify(process.argv.slice(2)));
if (verb === 'exit') process.exit(Number(value));
if (verb === 'die') process.kill(process.pid, 'SIGKILL');
if (verb === 'serve') setInterval(() => {}, 1000);
`;

export function makeProject(): Project {
  const root = mkdtempSync(join(tmpdir(), 'stanchion-bootstrap-'));
  const write = (path: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    chmodSync(join(root, path), mode);
  };
  write('package-lock.json', lockfile('1.0.0'));
  write('bin/npm', fakeNpm, 0o755);
  write('src/cli/main.ts', program);
  mkdirSync(join(root, 'scripts'));
  copyFileSync(join(repository, 'scripts/bootstrap.mjs'), join(root, 'scripts/bootstrap.mjs'));
  copyFileSync(join(repository, 'stanchion'), join(root, 'stanchion'));

  const environment = { PATH: `${join(root, 'bin')}:${dirname(process.execPath)}:/usr/bin:/bin` };
  const start = (args: readonly string[], env: Record<string, string> = {}) =>
    spawn(process.execPath, [join(root, 'scripts/bootstrap.mjs'), ...args], { env: { ...environment, ...env } });
  return {
    root,
    start,
    run: (args, env) => collect(start(args, env)),
    write,
    countInstalls: () => readOrEmpty(join(root, 'npm-calls')).split('\n').length - 1,
    environment,
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** A lockfile with one package, and npm's own record of having installed it. */
export function lockfile(version: string): string {
  const entry = { version, integrity: 'sha512-of-a-test' };
  return JSON.stringify({ lockfileVersion: 3, packages: { '': { name: 'x' }, 'node_modules/one': entry } });
}

/** Waits until a child has printed a text. */
export function untilPrinted(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      if (seen.includes(text)) resolve();
    });
    child.once('close', () => reject(new Error(`ended without printing ${text}: ${seen}`)));
  });
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
