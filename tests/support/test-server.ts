import {
  startThrowAwayServer,
  type ThrowAwayOptions,
  type ThrowAwayServer,
} from '@stanchion/migrate/throw-away-server';
import { getServerBinaries } from './server-binaries.ts';

export interface TestServer extends Pick<ThrowAwayServer, 'halt' | 'resume' | 'stop'> {
  /** Of the maintenance database `postgres`, as its superuser. */
  readonly url: string;
  /** For people: which PostgreSQL this is. */
  readonly origin: string;
  readonly socketDir: string;
  readonly dataDir: string;
}

/** What a server of the real life has, but for what costs time and saves nothing: a test's data may be lost with the machine. */
const testSettings = { max_connections: '200', synchronous_commit: 'on', autovacuum: 'on' };

/** A throw-away cluster on a Unix socket, without fsync. It ends with this process, however that ends. */
export async function startOwnServer({ settings, ...options }: ThrowAwayOptions = {}): Promise<TestServer> {
  const binaries = getServerBinaries();
  const server = await startThrowAwayServer(binaries.folder, {
    ...options,
    settings: { ...testSettings, ...settings },
  });
  const { folder, dataFolder, connection, halt, resume, stop } = server;
  return {
    url: `postgresql://postgres@/postgres?host=${encodeURIComponent(folder)}&port=${connection.port ?? 5432}`,
    origin: binaries.origin,
    socketDir: folder,
    dataDir: dataFolder,
    ...{ halt, resume, stop },
  };
}
