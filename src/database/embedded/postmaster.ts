import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Binaries } from './binaries.ts';
import type { DataFolder } from './data-folder.ts';
import { EmbeddedDatabaseError, folderFull } from './errors.ts';
import { isProcessAlive } from './processes.ts';
import { serverPort, superuserClient } from './superuser-client.ts';

const startTimeoutMs = 60_000;
const dyingPatienceMs = 10_000;

/** Whether a server answers for this folder. Waits while it starts, recovers or shuts down. */
export async function isAnswering(folder: DataFolder): Promise<boolean> {
  const deadline = Date.now() + startTimeoutMs;
  while (Date.now() < deadline) {
    const answer = await knock(folder);
    if (answer !== 'busy') return answer === 'ready';
    await sleep(50);
  }
  return false;
}

/** Starts the server and waits until it answers. Throws EmbeddedDatabaseError with the server's last words. */
export async function launch(folder: DataFolder, binaries: Binaries): Promise<void> {
  await outlastDyingServer(folder);
  removeForeignLocks(folder);
  rotate(folder.logFile);
  const ended = Promise.withResolvers<'ended'>();
  const child = spawnServer(folder, binaries);
  child.on('exit', () => ended.resolve('ended'));
  child.on('error', (error) => ended.reject(error)); // Not even started: missing loader, no right to execute.
  const deadline = Date.now() + startTimeoutMs;
  try {
    while (Date.now() < deadline) {
      if ((await knock(folder)) === 'ready') return;
      if ((await Promise.race([ended.promise, sleep(20)])) === 'ended') break;
    }
  } catch (error) {
    throw new EmbeddedDatabaseError('start_failed', `the database server cannot be run: ${String(error)}`, {
      cause: error,
    });
  }
  // Two of us started at once: PostgreSQL let one server in, and it serves both.
  if (await isAnswering(folder)) return;
  throw startError(folder);
}

/** A fast shutdown: sessions end, data is flushed. An immediate one when that takes too long; recovery mends it. */
export async function stopPostmaster(folder: DataFolder): Promise<boolean> {
  const pid = findPid(pidFileOf(folder));
  if (pid === undefined || !isServer(pid)) return false;
  for (const [signal, patienceMs] of [
    ['SIGINT', 10_000],
    ['SIGQUIT', 5000],
  ] as const) {
    send(pid, signal);
    if (await isGone(folder, { pid, patienceMs })) return true;
  }
  throw new EmbeddedDatabaseError('start_failed', `the database server (process ${pid}) does not stop`, { pid });
}

/** The last lines that the server wrote. */
export function readLogTail(logFile: string): string {
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-8).join('\n');
  } catch {
    return '';
  }
}

/** The error that the server's own words amount to. */
export function startError(folder: DataFolder): EmbeddedDatabaseError {
  const tail = readLogTail(folder.logFile);
  // The server tells a full disk by words alone; LC_ALL=C keeps them stable.
  if (/No space left on device/.test(tail)) return folderFull(folder.configured);
  if (/Read-only file system|Permission denied/.test(tail)) {
    return new EmbeddedDatabaseError('data_folder_read_only', `the data folder cannot be written:\n${tail}`);
  }
  if (/incompatible with server/.test(tail)) {
    return new EmbeddedDatabaseError('data_folder_version', `the data folder does not fit this PostgreSQL:\n${tail}`);
  }
  return new EmbeddedDatabaseError('start_failed', `the database did not start (${folder.logFile}):\n${tail}`);
}

/** Nothing of ours goes to the server: PG* variables would change it, and messages stay in plain English. */
export const serverEnvironment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', LANG: 'C', TZ: 'UTC' };

function spawnServer(folder: DataFolder, binaries: Binaries): ChildProcess {
  const settings = {
    listen_addresses: '',
    unix_socket_directories: folder.socketDir,
    unix_socket_permissions: '0700',
    port: String(serverPort),
    max_connections: '100',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Our own timeouts are per session; these two stop what no session of ours would do.
    idle_in_transaction_session_timeout: '5min',
    client_connection_check_interval: process.platform === 'linux' ? '10s' : '0',
  };
  const log = openSync(folder.logFile, 'a', 0o600);
  const child = spawn(
    join(binaries.folder, 'postgres'),
    ['-D', folder.cluster, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    // In its own process group: Ctrl-C is for us, and we stop the server once nobody needs it.
    { ...folder.user, cwd: '/', env: serverEnvironment, detached: true, stdio: ['ignore', log, log] },
  );
  closeSync(log);
  child.unref();
  return child;
}

type Answer = 'ready' | 'busy' | 'absent';

async function knock(folder: DataFolder): Promise<Answer> {
  const client = superuserClient(folder, 'stanchion start');
  try {
    await client.connect();
    await client.end();
    return 'ready';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return 'absent';
    return 'busy'; // 57P03: starting, recovering or shutting down; or cut off in the middle of it.
  }
}

/** One that was killed a moment ago answers nobody, but may still be there, and PostgreSQL would refuse to start beside it. */
async function outlastDyingServer(folder: DataFolder): Promise<void> {
  const deadline = Date.now() + dyingPatienceMs;
  for (let pid = findPid(pidFileOf(folder)); pid !== undefined && isServer(pid); pid = findPid(pidFileOf(folder))) {
    // Or it has only just begun: then both of us will use it.
    if (Date.now() > deadline || (await knock(folder)) !== 'absent') return;
    await sleep(20);
  }
}

/**
 * After a crash the number in a lock file may belong to a stranger, or to a zombie that nobody reaps, and PostgreSQL, which
 * only asks whether such a process answers signals, would refuse to start for ever.
 */
function removeForeignLocks(folder: DataFolder): void {
  for (const file of [pidFileOf(folder), join(folder.socketDir, `.s.PGSQL.${serverPort}.lock`)]) {
    const pid = findPid(file);
    if (pid !== undefined && !isServer(pid)) rmSync(file, { force: true });
  }
}

function pidFileOf(folder: DataFolder): string {
  return join(folder.cluster, 'postmaster.pid');
}

function findPid(file: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a living process is a PostgreSQL server; where that cannot be told, PostgreSQL's own check decides. */
function isServer(pid: number): boolean {
  if (!isProcessAlive(pid)) return false;
  if (process.platform !== 'linux') return true;
  try {
    // proc(5): `pid (name) state …`. A zombie is dead, but answers signals until somebody reaps it.
    return /^\d+ \(postgres\) [^ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended between the look and the signal.
  }
}

/** A server that is no child of ours cannot be waited for; its pid file goes last. */
async function isGone(folder: DataFolder, { pid, patienceMs }: { pid: number; patienceMs: number }): Promise<boolean> {
  const deadline = Date.now() + patienceMs;
  while (Date.now() < deadline) {
    if (findPid(pidFileOf(folder)) !== pid || !isServer(pid)) return true;
    await sleep(20);
  }
  return false;
}

function rotate(logFile: string): void {
  if ((statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) > 10_000_000) renameSync(logFile, `${logFile}.1`);
}
