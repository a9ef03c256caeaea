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
  /** Where its socket is. */
  readonly folder: string;
  readonly dataFolder: string;
  /** `fast` is an administrator's stop, `immediate` a crash; `resume` starts it again. */
  readonly halt: (mode: 'fast' | 'immediate') => Promise<void>;
  readonly resume: () => Promise<void>;
  /** Stops it and removes everything. */
  readonly stop: () => Promise<void>;
}

export interface ThrowAwayOptions {
  /** As in postgresql.conf, over ours; with `port`, also that of the socket. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The folder that its own one is made in; left out: the temporary one. */
  readonly parent?: string;
}

/**
 * A cluster on a Unix socket in the temporary folder, without fsync, run by an unprivileged account when we are root. It
 * ends with this process, however that ends: a watcher on a pipe removes what is left. Throws `shadow_unavailable`.
 */
export async function startThrowAwayServer(
  binaries: string,
  { settings = {}, parent = tmpdir() }: ThrowAwayOptions = {},
): Promise<ThrowAwayServer> {
  const account = findAccount();
  const folder = makeFolder(account, parent);
  const watcher = watch(folder, account);
  let child: ChildProcess | undefined;
  const end = async (signal: 'SIGINT' | 'SIGQUIT'): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.ref();
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  const stop = async (): Promise<void> => {
    await end('SIGQUIT');
    rmSync(folder, { recursive: true, force: true });
    watcher.stdin?.end();
  };
  try {
    const usable = completeBinaries(binaries, { account, spare: join(folder, 'binaries') });
    const place: Place = { binaries: usable, folder, account, settings: { ...defaults, ...settings } };
    initialise(place);
    child = await launch(place);
    return {
      ...{ connection: connectionOf(place), folder, dataFolder: join(folder, 'data'), stop },
      halt: async (mode) => end(mode === 'fast' ? 'SIGINT' : 'SIGQUIT'),
      async resume() {
        child = await launch(place);
      },
    };
  } catch (error) {
    await stop();
    throw error instanceof MigrationError ? error : failed(`${binaries}: ${wordsOf(error)}`, error);
  }
}

interface Place {
  binaries: string;
  folder: string;
  account: ServerAccount | undefined;
  settings: Readonly<Record<string, string>>;
}

/** Short, because a socket's path is limited to about a hundred characters. */
function makeFolder(account: ServerAccount | undefined, wanted: string): string {
  const parent = isReachable(account, join(wanted, 'x')) && wanted.length < 70 ? wanted : '/tmp';
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

const defaults: Readonly<Record<string, string>> = {
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

async function launch(place: Place): Promise<ChildProcess> {
  const { binaries, folder, account, settings } = place;
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
    if (await answers(place)) return child;
    await sleep(20);
  }
  child.kill('SIGQUIT');
  throw failed(`the server did not start: ${readFileSync(logFile, 'utf8').slice(-2000)}`, ended.error);
}

async function answers(place: Place): Promise<boolean> {
  const client = new Client(connectionOf(place));
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

function connectionOf({ folder, settings }: Place): ClientConfig {
  const port = Number(settings['port'] ?? 5432);
  return { host: folder, port, user: 'postgres', password: 'none', database: 'postgres' };
}

function wordsOf(error: unknown): string {
  const words = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
  return words === '' ? String(error) : words;
}

function failed(message: string, cause: unknown): MigrationError {
  return new MigrationError({ code: 'shadow_unavailable', message }, { cause });
}
