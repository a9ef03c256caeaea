import { chmodSync, existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The temporary folder and the mark that all processes of one run share, so that what they leave is found. */
export interface RunFolder {
  readonly environment: { TMPDIR: string; STANCHION_TEST_RUN: string };
  /** Waits a moment for what is just ending; then what is left: folders, and (on Linux) processes. */
  findLeftovers(): Promise<string[]>;
  /** Ends the processes that are left, and removes everything. */
  remove(): Promise<void>;
}

const patienceMs = 5000;

export function openRunFolder(parent: string): RunFolder {
  // Short: sockets are made below it, and their paths hold about a hundred characters.
  const folder = mkdtempSync(join(parent, 'st-'));
  chmodSync(folder, 0o755); // PostgreSQL runs as another account when we are root.
  const find = () => [...readdirSync(folder).map((name) => join(folder, name)), ...findProcesses(folder).map(describe)];
  return {
    environment: { TMPDIR: folder, STANCHION_TEST_RUN: folder },
    async findLeftovers() {
      await waitUntil(() => find().length === 0);
      return find();
    },
    async remove() {
      // At once, with PostgreSQL's children, and with patience; then for good.
      for (const pid of [...findProcesses(folder), ...findServers(folder)]) end(pid, 'SIGQUIT');
      await waitUntil(() => findProcesses(folder).length === 0 && findServers(folder).length === 0);
      for (const pid of [...findProcesses(folder), ...findServers(folder)]) end(pid, 'SIGKILL');
      for (const moved of findMovedFolders(folder)) rmSync(moved, { recursive: true, force: true });
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

async function waitUntil(isDone: () => boolean): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!isDone() && Date.now() < deadline) await sleep(50);
}

/** Processes inherit the mark in their environment. */
function findProcesses(folder: string): number[] {
  if (!existsSync('/proc/self/environ')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => read(`/proc/${pid}/environ`).split('\0').includes(`STANCHION_TEST_RUN=${folder}`));
}

function describe(pid: number): string {
  return `process ${pid}: ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')}`;
}

/** Database servers run with an environment of their own. */
function findServers(folder: string): number[] {
  const homes = [folder, ...findMovedFolders(folder)];
  return homes
    .flatMap((home) => globSync(join(home, '**/postmaster.pid')))
    .map((file) => Number.parseInt(read(file), 10))
    .filter((pid) => pid > 0);
}

/** Where an embedded database lives that the server's account could not reach here. */
function findMovedFolders(folder: string): string[] {
  return globSync(join(folder, '**/moved-to')).map((file) => read(file).trim());
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // It ended meanwhile, or belongs to somebody else.
  }
}

function end(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended meanwhile.
  }
}
