import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, chownSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { DatabaseConfig } from '../../src/config/types.ts';
import { createDatabase } from '../../src/database/database.ts';
import { findServerUser } from '../../src/database/embedded/server-user.ts';
import { findFreePort } from './free-port.ts';
import { createTestDatabase, parseTestUrl, type TestDatabase, testDatabaseConfig } from './postgres.ts';

/** The program: what PGBOUNCER names, else in PATH or where Debian and Homebrew put it; undefined: there is none. */
export function findPgBouncer(): string | undefined {
  const named = process.env.PGBOUNCER;
  if (named !== undefined && named !== '') return isExecutable(named) ? named : undefined;
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin'];
  return folders.map((folder) => join(folder, 'pgbouncer')).find(isExecutable);
}

/**
 * A migrated database whose `db` goes through PgBouncer in transaction mode: few server connections, no session state,
 * no prepared statements, as before release 1.21. `sql` goes around it.
 */
export async function createPooledDatabase(
  t: TestContext,
  config: Partial<DatabaseConfig> = {},
): Promise<TestDatabase> {
  const direct = await createTestDatabase(t);
  const url = await startPgBouncer(t, direct);
  const database = createDatabase({
    config: testDatabaseConfig({ preparedStatements: false, ...config }),
    connection: parseTestUrl(url),
    log: { info: () => undefined, warn: () => undefined },
  });
  t.after(() => database.close({ timeoutMs: 100 }));
  return { ...direct, url, database, db: database.db };
}

const serverConnections = 4;

async function startPgBouncer(t: TestContext, { connection }: TestDatabase): Promise<string> {
  const program = findPgBouncer();
  if (program === undefined) throw new Error('there is no pgbouncer: apt-get install pgbouncer');
  const user = findServerUser();
  const folder = mkdtempSync(join(tmpdir(), 'stanchion-pgbouncer-'));
  if (user) chownSync(folder, user.uid, user.gid);
  const port = await findFreePort();
  const target = [
    `host=${connection.unixSocketDir ?? connection.host} port=${connection.port} dbname=${connection.database}`,
    `user=${connection.user}${connection.password ? ` password=${connection.password}` : ''}`,
  ].join(' ');
  const settings = [
    ...['[databases]', `pooled = ${target}`, '[pgbouncer]', 'pool_mode = transaction', 'auth_type = any'],
    ...['listen_addr = 127.0.0.1', `listen_port = ${port}`, 'unix_socket_dir =', 'max_client_conn = 500'],
    ...[`default_pool_size = ${serverConnections}`, 'server_reset_query_always = 0', 'stats_period = 3600'],
  ];
  const file = join(folder, 'pgbouncer.ini');
  writeFileSync(file, `${settings.join('\n')}\n`);
  if (user) chownSync(file, user.uid, user.gid);
  const child = spawn(program, [file], { ...user, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const end = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGTERM'); // At once, with clients or without.
    await end;
    rmSync(folder, { recursive: true, force: true });
  });
  await untilListening(port, () => (child.exitCode === null ? undefined : said));
  return `postgresql://${connection.user}@127.0.0.1:${port}/pooled`;
}

async function untilListening(port: number, failure: () => string | undefined): Promise<void> {
  for (let attempt = 0; attempt < 250; attempt += 1) {
    const reason = failure();
    if (reason !== undefined) throw new Error(`pgbouncer ended:\n${reason}`);
    if (await accepts(port)) return;
    await pause(20);
  }
  throw new Error('pgbouncer does not listen');
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
