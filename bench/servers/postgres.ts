import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { escapeIdentifier } from 'pg';
import { startOwnServer } from '../../tests/support/test-server.ts';
import { listFamily, readCpuTime } from './cpu-time.ts';
import { runSql, withDatabase } from './sql.ts';

export interface BenchPostgres {
  /** For people: which server this is, with its version. */
  readonly origin: string;
  /** A new database: empty, or a copy of another one that nobody is connected to. */
  createDatabase(name: string, copyOf?: string): Promise<string>;
  dropDatabase(name: string): Promise<void>;
  /** So that one round does not pay for the rows of the one before. */
  checkpoint(): Promise<void>;
  /** Undefined for a server that is not ours. */
  cpuTime(): number | undefined;
  /** Its processes of this moment; none for a server that is not ours. */
  processes(): number[];
  /** Drops what was created, and ends the server if it is ours. */
  stop(): Promise<void>;
}

/** As an installed server runs: what COMMIT acknowledges is on disk. */
const settings = { fsync: 'on', full_page_writes: 'on', shared_buffers: '256MB', max_wal_size: '4GB' };

/** `TEST_DATABASE_URL` (a superuser's), else an own server: PostgreSQL of this machine, else npm's. */
export async function startPostgres(): Promise<BenchPostgres> {
  const external = process.env['TEST_DATABASE_URL'];
  const own = external === undefined || external === '' ? await startOwnServer({ settings }) : undefined;
  const url = own?.url ?? external ?? '';
  const [version] = await runSql(url, 'SHOW server_version');
  const prefix = `stanchion_bench_${randomBytes(3).toString('hex')}_`;
  const created = new Set<string>();

  async function dropDatabase(name: string): Promise<void> {
    created.delete(name);
    await runSql(url, `DROP DATABASE IF EXISTS ${escapeIdentifier(prefix + name)} WITH (FORCE)`);
  }

  return {
    origin: `PostgreSQL ${String(version?.['server_version'])} (${own?.origin ?? 'TEST_DATABASE_URL'})`,
    async createDatabase(name, copyOf) {
      const template = copyOf === undefined ? 'template0' : prefix + copyOf;
      const statement = `CREATE DATABASE ${escapeIdentifier(prefix + name)} TEMPLATE ${escapeIdentifier(template)}`;
      await runSql(url, statement);
      created.add(name);
      return withDatabase(url, prefix + name);
    },
    dropDatabase,
    async checkpoint() {
      await runSql(url, 'CHECKPOINT');
    },
    cpuTime: () => (own ? readCpuTime(readPostmasterPid(own.dataDir)) : undefined),
    processes: () => (own ? listFamily(readPostmasterPid(own.dataDir)) : []),
    async stop() {
      for (const name of created) await dropDatabase(name);
      // The server does not keep this process alive, so something else must until it has ended.
      const alive = setInterval(() => undefined, 1000);
      await own?.stop();
      clearInterval(alive);
    },
  };
}

/** The first line of postmaster.pid (postgresql.org/docs/current/storage-file-layout.html). */
function readPostmasterPid(dataDir: string): number {
  return Number.parseInt(readFileSync(join(dataDir, 'postmaster.pid'), 'utf8'), 10);
}
