import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sql } from 'drizzle-orm';
import { defineSql } from '../../src/database/query.ts';
import { createPooledDatabase } from '../support/pgbouncer.ts';
import { raceRefreshes } from './refresh-races.ts';

describe('refreshes that race through PgBouncer in transaction mode', () => {
  test('share few server connections, which change between transactions', async (t) => {
    const { db } = await createPooledDatabase(t, { poolMax: 20, poolMaxWaiting: 200 });
    const backend = defineSql<{ pid: number }>('backend_pid', sql`select pg_backend_pid() as pid, pg_sleep(0.01)`);

    const rows = await Promise.all(Array.from({ length: 100 }, () => db.run(backend, {})));

    const pids = new Set(rows.flat().map(({ pid }) => pid));
    assert.ok(pids.size > 1 && pids.size <= 4, `${pids.size} server connections`);
  });

  raceRefreshes(createPooledDatabase);
});
