import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { findServerUser, isReachableFor, type ServerUser } from '../../src/database/embedded/server-user.ts';
import { getServerBinaries } from './server-binaries.ts';

export interface TestServer {
  /** Of the maintenance database `postgres`, as its superuser. */
  readonly url: string;
  /** For people: which PostgreSQL this is. */
  readonly origin: string;
  readonly socketDir: string;
  readonly dataDir: string;
  /** Stops and removes everything. */
  stop(): Promise<void>;
  /** Only on a server of our own: `fast` is a restart by an administrator, `immediate` a crash. */
  halt(mode: 'fast' | 'immediate'): Promise<void>;
  resume(): Promise<void>;
}

export interface TestServerOptions {
  /** As in postgresql.conf; with `port`, also the port of the socket. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The folder that its own folder is made in; default: the temporary one. */
  readonly parent?: string;
}

/**
 * A throw-away cluster on a Unix socket, without fsync. It ends with this process, however that
 * ends: a watcher on a pipe removes what is left.
 */
export async function startOwnServer({
  settings = {},
  parent = tmpdir(),
}: TestServerOptions = {}): Promise<TestServer> {
  const binaries = getServerBinaries();
  const user = findServerUser();
  const folder = makeFolder(parent, user);
  const place = { binaries: binaries.folder, folder, dataDir: join(folder, 'data'), user };
  const watcher = watch(place);
  initialise(place);
  const postmaster = { process: await launch(place, settings) };
  const halt = async (mode: 'fast' | 'immediate') => {
    postmaster.process.ref();
    const ended = once(postmaster.process, 'exit');
    postmaster.process.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await ended;
  };
  return {
    url: `postgresql://postgres@/postgres?host=${encodeURIComponent(folder)}&port=${settings.port ?? 5432}`,
    origin: binaries.origin,
    socketDir: folder,
    dataDir: place.dataDir,
    halt,
    async resume() {
      postmaster.process = await launch(place, settings);
    },
    async stop() {
      if (postmaster.process.exitCode === null && postmaster.process.signalCode === null) await halt('immediate');
      rmSync(folder, { recursive: true, force: true });
      watcher.stdin?.end();
    },
  };
}

interface Place {
  readonly binaries: string;
  readonly folder: string;
  readonly dataDir: string;
  readonly user: ServerUser | undefined;
}

function makeFolder(parent: string, user: ServerUser | undefined): string {
  const reachable = isReachableFor(user, join(parent, 'x')) ? parent : '/tmp';
  const folder = mkdtempSync(join(reachable, 'stanchion-test-'));
  if (user) chownSync(folder, user.uid, user.gid);
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
function watch({ folder, user }: Place): ChildProcess {
  const child = spawn('sh', ['-c', watcherScript, 'sh', folder], {
    ...user,
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

function initialise({ binaries, dataDir, user }: Place): void {
  const options = ['-U', 'postgres', '--auth=trust', '-E', 'UTF8', '--no-locale', '--no-sync', '--no-instructions'];
  execFileSync(join(binaries, 'initdb'), ['-D', dataDir, ...options], { ...user, cwd: '/', stdio: 'pipe' });
}

async function launch(place: Place, settings: Readonly<Record<string, string>>): Promise<ChildProcess> {
  const all = {
    listen_addresses: '',
    unix_socket_directories: place.folder,
    fsync: 'off',
    full_page_writes: 'off',
    max_connections: '200',
    shared_buffers: '32MB',
    ...settings,
  };
  const logFile = join(place.folder, 'server.log');
  const log = openSync(logFile, 'a');
  const child = spawn(
    join(place.binaries, 'postgres'),
    ['-D', place.dataDir, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...place.user, cwd: '/', detached: true, stdio: ['ignore', log, log] },
  );
  closeSync(log);
  child.unref();
  await waitUntilReady(place, { child, logFile, port: Number(settings.port ?? 5432) });
  return child;
}

async function waitUntilReady(
  place: Place,
  { child, logFile, port }: { child: ChildProcess; logFile: string; port: number },
): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) break;
    const client = new Client({
      host: place.folder,
      port,
      user: 'postgres',
      database: 'postgres',
      password: 'none',
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.end();
      return;
    } catch {
      await sleep(20);
    }
  }
  throw new Error(`the test server did not start:\n${readFileSync(logFile, 'utf8').slice(-2000)}`);
}
