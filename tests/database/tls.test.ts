import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { sql } from 'drizzle-orm';
import type { ConnectionTarget } from '../../src/database/connection.ts';
import { createDatabase } from '../../src/database/database.ts';
import { defineSql } from '../../src/database/query.ts';
import { testDatabaseConfig } from '../support/postgres.ts';
import { startTlsServer, type TlsServer, testCaFile } from '../support/tls-server.ts';

const session = defineSql<{ encrypted: boolean }>(
  'session',
  sql`select ssl as encrypted from pg_stat_ssl where pid = pg_backend_pid()`,
);

describe('TLS to the database', () => {
  let server: TlsServer;
  before(async () => {
    server = await startTlsServer();
  });
  after(() => server.stop());
  beforeEach(async () => {
    await server.setTls('on');
    await server.allow('hostssl all all all scram-sha-256');
  });

  /** As if `localhost` were a host across the network. */
  async function connect(changes: Partial<ConnectionTarget> = {}, config = {}): Promise<boolean | undefined> {
    const database = createDatabase({
      config: testDatabaseConfig({ caFile: testCaFile, acquireTimeoutMs: 500, ...config }),
      connection: {
        ...{ host: 'localhost', port: server.port, user: 'scram', password: 'test-only', database: 'postgres' },
        ...{ isLoopback: false, isPooler: false },
        ...changes,
      },
      log: { info: () => undefined, warn: () => undefined },
    });
    try {
      return (await database.db.run(session, {}))[0]?.encrypted;
    } finally {
      await database.close();
    }
  }

  test('is verified against the given CA, whatever the URL says', async () => {
    for (const sslmode of [null, 'require', 'prefer', 'disable', 'no-verify', 'verify-full']) {
      assert.equal(await connect({ sslmode }), true, String(sslmode));
    }
  });

  test('refuses a CA that the system does not know', async () => {
    for (const sslmode of [null, 'no-verify', 'require']) {
      await assert.rejects(connect({ sslmode }, { caFile: null }), {
        code: 'database_unavailable',
        reason: 'config:UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      });
    }
  });

  test('refuses a certificate for another host', async () => {
    await assert.rejects(connect({ host: '127.0.0.1' }), { reason: 'config:ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  test('tells a wrong password from an outage', async () => {
    await assert.rejects(connect({ password: 'test-only-wrong' }), {
      code: 'database_unavailable',
      reason: 'config:28P01',
      retryAfterSeconds: 30,
    });
  });

  test('refuses a server without TLS instead of talking in the clear', async () => {
    await server.allow('host all all all trust');
    await server.setTls('off');
    for (const sslmode of [null, 'prefer', 'disable']) {
      await assert.rejects(connect({ sslmode }), { code: 'database_unavailable', reason: 'config' });
    }
  });

  test('is left out only by the named override together with the URL', async () => {
    await server.allow('host all all all scram-sha-256');
    assert.equal(await connect({ sslmode: 'disable' }, { allowInsecureTls: true }), false);
    assert.equal(await connect({ sslmode: 'no-verify' }, { allowInsecureTls: true, caFile: null }), true);
    assert.equal(await connect({}, { allowInsecureTls: true }), true);
  });

  test('binds the password to the channel when the URL demands it', async () => {
    assert.equal(await connect({ channelBinding: 'require' }), true);
  });

  test('refuses a login that does not bind the channel although the URL demands it', async () => {
    for (const method of ['trust', 'password']) {
      await server.allow(`hostssl all all all ${method}`);
      await assert.rejects(
        connect({ channelBinding: 'require' }),
        { reason: 'config:ERR_TLS_CHANNEL_BINDING' },
        method,
      );
    }
    assert.equal(await connect({ channelBinding: 'prefer' }), true);
  });
});
