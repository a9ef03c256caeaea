import { chmodSync, chownSync, copyFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findFreePort } from './free-port.ts';
import { runSql } from './postgres.ts';
import { startOwnServer, type TestServer } from './test-server.ts';

const certificates = join(import.meta.dirname, '../database/data/tls');
export const testCaFile = join(certificates, 'test-only-ca.pem');

export interface TlsServer extends TestServer {
  readonly port: number;
  /** Replaces pg_hba.conf; the socket stays open for tests. */
  allow(rules: string): Promise<void>;
  setTls(state: 'on' | 'off'): Promise<void>;
}

/** A server on 127.0.0.1 with a certificate for `localhost`, and a user `scram` whose password is `test-only`. */
export async function startTlsServer(): Promise<TlsServer> {
  const port = await findFreePort();
  const server = await startOwnServer({ settings: { listen_addresses: '127.0.0.1', port: String(port) } });
  const { uid, gid } = statSync(server.dataDir);
  for (const [name, mode] of [
    ['test-only-server.pem', 0o644],
    ['test-only-server.key', 0o600],
  ] as const) {
    const copy = join(server.dataDir, name);
    copyFileSync(join(certificates, name), copy);
    chmodSync(copy, mode);
    chownSync(copy, uid, gid);
  }
  await runSql(server.url, `create role scram login password 'test-only'`);
  await runSql(server.url, `alter system set ssl_cert_file = 'test-only-server.pem'`);
  await runSql(server.url, `alter system set ssl_key_file = 'test-only-server.key'`);
  const reload = () => runSql(server.url, 'select pg_reload_conf()');
  return {
    ...server,
    port,
    async allow(rules) {
      writeFileSync(join(server.dataDir, 'pg_hba.conf'), `local all all trust\n${rules}\n`);
      await reload();
    },
    async setTls(state) {
      await runSql(server.url, `alter system set ssl = ${state}`);
      await reload();
    },
  };
}
