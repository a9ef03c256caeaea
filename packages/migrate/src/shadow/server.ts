import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type ClientConfig } from 'pg';
import { MigrationError } from '../errors.ts';
import { completeBinaries, findAccount, isReachable, type ServerAccount } from './server-account.ts';

export interface ThrowAwayServer {
  /** Of the maintenance database, as its superuser. */
  readonly connection: ClientConfig;
  stop(): Promise<void>;
}

/**
 * A cluster on a Unix socket in the temporary folder, without fsync, run by an unprivileged account when we are root. It
 * ends with this process, however that ends: a watcher on a pipe removes what is left. Throws `shadow_unavailable`.
 */
export async function startThrowAwayServer(binaries: string): Promise<ThrowAwayServer> {
  const account = findAccount();
  const folder = makeFolder(account);
  const watcher = watch(folder, account);
  const stop = async (child?: ChildProcess): Promise<void> => {
    if (child && child.exitCode === null && child.signalCode === null) {
      child.ref();
      const ended = once(child, 'exit');
      child.kill('SIGQUIT');
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
    watcher.stdin?.end();
  };
  try {
    const usable = completeBinaries(binaries, { account, spare: join(folder, 'binaries') });
    const place: Place = { binaries: usable, folder, account };
    initialise(place);
    const child = await launch(place);
    return { connection: connectionOf(folder), stop: async () => stop(child) };
  } catch (error) {
    await stop();
    throw error instanceof MigrationError ? error : failed(`${binaries}: ${wordsOf(error)}`, error);
  }
}

interface Place {
  binaries: string;
  folder: string;
  account: ServerAccount | undefined;
}

/** Short, because a socket's path is limited to about a hundred characters. */
function makeFolder(account: ServerAccount | undefined): string {
  const parent = isReachable(account, join(tmpdir(), 'x')) && tmpdir().length < 70 ? tmpdir() : '/tmp';
  const folder = mkdtempSync(join(parent, 'st-shadow-'));
  account?.own(folder);
  return folder;
}

const watcherScript = `
cat >/dev/null
pidfile="$1/data/postmaster.pid"
[ -f "$pidfile" ] && kill -QUIT "$(head -n 1 "$pidfile")"
tries=0
while [ -f "$pidfile" ] && [ "$tries" -lt 100 ]; do sleep 0.05; tries=$((tries + 1)); done
rm -rf "$1"
`;

/** In its own process group, so that Ctrl-C reaches us and not it; our end, even by SIGKILL, closes its input. */
function watch(folder: string, account: ServerAccount | undefined): ChildProcess {
  const child = spawn('sh', ['-c', watcherScript, 'sh', folder], {
    ...account?.ids,
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.unref();
  child.stdin?.on('error', () => undefined);
  // A pipe is a socket here, but its type does not say so.
  if (child.stdin && 'unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref();
  return child;
}

/** Nothing of ours goes to the server: PG* variables would change it, and messages stay in plain English. */
const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', LANG: 'C', TZ: 'UTC' };

function initialise({ binaries, folder, account }: Place): void {
  const options = ['-U', 'postgres', '--auth=trust', '-E', 'UTF8', '--no-locale', '--no-sync', '--no-instructions'];
  execFileSync(join(binaries, 'initdb'), ['-D', join(folder, 'data'), ...options], {
    ...account?.ids,
    cwd: '/',
    env: environment,
    stdio: 'pipe',
    timeout: 120_000,
  });
}

const settings = {
  listen_addresses: '',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '100',
  shared_buffers: '32MB',
  autovacuum: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

async function launch({ binaries, folder, account }: Place): Promise<ChildProcess> {
  const logFile = join(folder, 'server.log');
  const log = openSync(logFile, 'a');
  const all = Object.entries({ ...settings, unix_socket_directories: folder });
  const child = spawn(
    join(binaries, 'postgres'),
    ['-D', join(folder, 'data'), ...all.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...account?.ids, cwd: '/', env: environment, detached: true, stdio: ['ignore', log, log] },
  );
  closeSync(log);
  child.unref();
  const ended = { error: undefined as Error | undefined };
  child.on('error', (error) => {
    ended.error = error;
  });
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline && child.exitCode === null && !ended.error) {
    if (await answers(folder)) return child;
    await sleep(20);
  }
  child.kill('SIGQUIT');
  throw failed(`the server did not start: ${readFileSync(logFile, 'utf8').slice(-2000)}`, ended.error);
}

async function answers(folder: string): Promise<boolean> {
  const client = new Client(connectionOf(folder));
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function connectionOf(folder: string): ClientConfig {
  return { host: folder, port: 5432, user: 'postgres', password: 'none', database: 'postgres' };
}

function wordsOf(error: unknown): string {
  const words = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
  return words === '' ? String(error) : words;
}

function failed(message: string, cause: unknown): MigrationError {
  return new MigrationError({ code: 'shadow_unavailable', message }, { cause });
}
