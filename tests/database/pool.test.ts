import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sql } from 'drizzle-orm';
import { createDatabase } from '../../src/database/database.ts';
import { createPool } from '../../src/database/pool.ts';
import { defineSql } from '../../src/database/query.ts';
import { transaction } from '../../src/database/transaction.ts';
import type { Db } from '../../src/database/types.ts';
import { createTestDatabase, testDatabaseConfig } from '../support/postgres.ts';
import { createProxiedDatabase } from '../support/proxied-database.ts';
import { startOwnServer } from '../support/test-server.ts';

const one = defineSql<{ n: number }>('one', sql`select 1 as n`, { readOnly: true });
const nap = defineSql<never>('nap', sql`select pg_sleep(${sql.placeholder('seconds')}::float8)`, { readOnly: true });
const backend = defineSql<{ pid: number }>('backend', sql`select pg_backend_pid() as pid`);
const alive = defineSql(
  'alive',
  sql`select pid from pg_stat_activity where pid = any (${sql.placeholder('pids')}::int[])`,
);
const setting = defineSql<{ value: string }>(
  'setting',
  sql`select current_setting(${sql.placeholder('name')}) as value`,
);
const silent = { info: () => undefined, warn: () => undefined };

/** A transaction that keeps its connection until it is told. */
function holdConnection(db: Db): { held: Promise<void>; letGo: () => Promise<void> } {
  const taken = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const over = transaction(db, async (tx) => {
    await tx.run(one, {});
    taken.resolve();
    await end.promise;
  });
  const letGo = () => {
    end.resolve();
    return over;
  };
  return { held: taken.promise, letGo };
}

async function waitFor(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error('it did not come to pass within 10 s');
    await new Promise(setImmediate);
  }
}

describe('the pool', () => {
  test('refuses at once when too many wait, and serves those in line', async (t) => {
    const { db, database } = await createTestDatabase(t, {
      content: 'empty',
      config: { poolMax: 1, poolMaxWaiting: 2 },
    });
    const holder = holdConnection(db);
    await holder.held;
    const waiting = [db.run(one, {}), db.run(one, {})];
    assert.equal(database.stats().waiting, 2);
    await assert.rejects(db.run(one, {}), { code: 'overloaded', reason: 'pool_queue_full', retryAfterSeconds: 1 });
    await holder.letGo();
    assert.deepEqual(await Promise.all(waiting), [[{ n: 1 }], [{ n: 1 }]]);
    assert.deepEqual({ ...database.stats() }, { max: 1, total: 1, idle: 1, inUse: 0, waiting: 0 });
  });

  test('refuses a request that waited too long, and keeps its place for nobody', async (t) => {
    const { db, database } = await createTestDatabase(t, {
      content: 'empty',
      config: { poolMax: 1, acquireTimeoutMs: 50 },
    });
    const holder = holdConnection(db);
    await holder.held;
    await assert.rejects(db.run(one, {}), { code: 'overloaded', reason: 'pool_wait_timeout' });
    await holder.letGo();
    assert.deepEqual(await db.run(one, {}), [{ n: 1 }]);
    assert.equal(database.stats().inUse, 0);
  });

  test('passes a connection on to the first in line, and for no longer than a second', async (t) => {
    const { connection } = await createTestDatabase(t, { content: 'empty' });
    const clock = { nowMs: 0 };
    const config = testDatabaseConfig({ poolMax: 1 });
    const pool = createPool({ config, connection, log: silent, monotonicMs: () => clock.nowMs });
    t.after(() => pool.close(1000));
    const first = await pool.acquire();
    const waiting = [pool.acquire(), pool.acquire()];
    clock.nowMs = 999;
    first.release({ evict: false });
    assert.equal(pool.stats().idle, 0);
    assert.throws(() => first.release({ evict: false }), /released twice/);
    const second = await waiting[0];
    clock.nowMs = 1000;
    second?.release({ evict: false });
    assert.equal(pool.stats().idle, 1);
    const third = await waiting[1];
    assert.equal(third?.client, first.client);
    third?.release({ evict: false });
    assert.deepEqual({ ...pool.stats() }, { max: 1, total: 1, idle: 1, inUse: 0, waiting: 0 });
  });

  test('passes no connection on that was lost behind its last answer', async (t) => {
    const { connection } = await createTestDatabase(t, { content: 'empty' });
    const pool = createPool({ config: testDatabaseConfig({ poolMax: 1 }), connection, log: silent });
    t.after(() => pool.close(1000));
    const first = await pool.acquire();
    const waiting = pool.acquire();
    // As when the server's farewell comes with the end of an answer: pg says so, and no query fails.
    first.client.connection.emit('error', new Error('terminating connection due to administrator command'));
    first.release({ evict: false });
    const second = await waiting;
    assert.notEqual(second.client, first.client);
    assert.equal((await second.client.query('select 1 as n')).rowCount, 1);
    second.release({ evict: false });
  });

  test('survives the loss of idle connections, reports it, and opens new ones', async (t) => {
    const plain = await createTestDatabase(t, { content: 'empty' });
    let lost = 0;
    const hooks = { onConnectionError: () => (lost += 1) };
    const database = createDatabase({ config: testDatabaseConfig(), connection: plain.connection, log: silent, hooks });
    t.after(() => database.close());
    const [before] = await database.db.run(backend, {});
    await plain.sql('select pg_terminate_backend($1)', [before?.pid]);
    await waitFor(() => lost === 1);
    const [after] = await database.db.run(backend, {});
    assert.notEqual(after?.pid, before?.pid);
  });

  test('repeats a read once whose backend was terminated', async (t) => {
    const { db, sql: run, connection } = await createTestDatabase(t, { content: 'empty', config: { poolMax: 1 } });
    const reading = db.run(nap, { seconds: 0.3 });
    const victim = `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1
      and query like '%pg_sleep($1%' and pid <> pg_backend_pid()`;
    await waitFor(async () => (await run(victim, [connection.database])).length === 1);
    assert.equal((await reading).length, 1);
  });

  test('calls an autocommit write in doubt whose backend was terminated, and does not repeat it', async (t) => {
    const { db, sql: run, connection } = await createTestDatabase(t, { content: 'empty' });
    await run('create table runs (); create sequence started');
    const write = defineSql<never>('slow_write', sql`select nextval('started'), pg_sleep(10)`);
    const writing = db.run(write, {});
    const victim = `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and query like '%pg_sleep(10)%'
      and wait_event = 'PgSleep'`;
    const failed = assert.rejects(writing, { code: 'write_in_doubt', reason: 'transient:57P01' });
    await waitFor(async () => (await run(victim, [connection.database])).length === 1);
    await failed;
    assert.deepEqual(await run('select last_value::int as starts from started'), [{ starts: 1 }]);
  });

  test('ends a query that takes too long, with its connection, and stays usable', async (t) => {
    const { db, database } = await createTestDatabase(t, {
      content: 'empty',
      config: { queryTimeoutMs: 100, poolMax: 1 },
    });
    await assert.rejects(db.run(nap, { seconds: 5 }), { code: 'request_timeout' });
    assert.deepEqual(await db.run(one, {}), [{ n: 1 }]);
    assert.equal(database.stats().total, 1);
  });

  test('lets the server end a statement and a lock wait', async (t) => {
    const config = { statementTimeoutMs: 150, lockTimeoutMs: 50 };
    const { db, sql: run } = await createTestDatabase(t, { content: 'empty', config });
    await run('create table locked (id int)');
    await assert.rejects(db.run(nap, { seconds: 5 }), { code: 'request_timeout', reason: 'timeout:57014' });

    const lock = defineSql<never>('lock', sql`lock table locked`);
    const holder = transaction(db, async (tx) => {
      await tx.run(lock, {});
      await assert.rejects(
        transaction(db, (other) => other.run(lock, {})),
        { code: 'overloaded', reason: 'shed:55P03' },
      );
    });
    await holder;
  });

  // On its own: who waits for a lock beside an idle transaction may wait longer than that may be idle.
  test('lets the server end an idle transaction, and stays usable', async (t) => {
    const config = { idleInTransactionTimeoutMs: 100 };
    const { db, sql: run } = await createTestDatabase(t, { content: 'empty', config });

    const idle = transaction(db, async (tx) => {
      const [row] = await tx.run(backend, {});
      const gone = async () => (await run('select from pg_stat_activity where pid = $1', [row?.pid])).length === 0;
      await waitFor(gone);
    });
    await assert.rejects(idle, { code: 'database_unavailable' });
    assert.deepEqual(await db.run(one, {}), [{ n: 1 }]);
  });

  test('gives a session of its own its timeouts, and a pooled one only within transactions', async (t) => {
    const { db, connection } = await createTestDatabase(t, { content: 'empty', config: { lockTimeoutMs: 4321 } });
    assert.deepEqual(await db.run(setting, { name: 'lock_timeout' }), [{ value: '4321ms' }]);

    const config = testDatabaseConfig({ lockTimeoutMs: 4321 });
    const pooled = createDatabase({ config, connection: { ...connection, isPooler: true }, log: silent });
    t.after(() => pooled.close());
    const before = await pooled.db.run(setting, { name: 'lock_timeout' });
    const within = await transaction(pooled.db, (tx) => tx.run(setting, { name: 'lock_timeout' }));
    const after = await pooled.db.run(setting, { name: 'lock_timeout' });
    assert.deepEqual([before, within, after], [[{ value: '0' }], [{ value: '4321ms' }], [{ value: '0' }]]);
  });

  test('goes on reading a read-only database and says that it is one', async (t) => {
    const { db, sql: run, connection } = await createTestDatabase(t, { content: 'empty' });
    await run('create table notes (id int)');
    await run(`alter database "${connection.database}" set default_transaction_read_only = on`);
    const insert = defineSql<never>('insert_note', sql`insert into notes values (1)`);
    await assert.rejects(db.run(insert, {}), { code: 'read_only', reason: 'read_only:25006', retryAfterSeconds: 30 });
    await assert.rejects(
      transaction(db, (tx) => tx.run(insert, {})),
      { code: 'read_only' },
    );
    assert.deepEqual(await db.run(one, {}), [{ n: 1 }]);
  });

  test('answers a missing database as unavailable, for longer than an outage', async (t) => {
    const { connection } = await createTestDatabase(t, { content: 'empty' });
    const missing = createDatabase({
      config: testDatabaseConfig(),
      connection: { ...connection, database: 'no_such_database' },
      log: silent,
    });
    t.after(() => missing.close());
    await assert.rejects(missing.db.run(one, {}), {
      code: 'database_unavailable',
      reason: 'config:3D000',
      retryAfterSeconds: 30,
    });
  });

  test('refuses everything once it is closed, after what was under way', async (t) => {
    const { db, database } = await createTestDatabase(t, { content: 'empty' });
    const last = db.run(nap, { seconds: 0.1 });
    const closing = database.close();
    await assert.rejects(db.run(one, {}), { code: 'database_unavailable', reason: 'pool_closed' });
    assert.equal((await last).length, 1);
    await closing;
    assert.equal(database.stats().total, 0);
  });

  test('has ended every connection when it is closed: whoever stops the database next cuts nothing off', async (t) => {
    const { db, connection } = await createTestDatabase(t, { content: 'empty' });
    // Several times: a server that happens to be quick would hide it once.
    for (let round = 0; round < 12; round += 1) {
      const pooled = createDatabase({ config: testDatabaseConfig(), connection, log: silent });
      const opened = await Promise.all(Array.from({ length: 5 }, () => pooled.db.run(backend, {})));
      const pids = opened.flat().map(({ pid }) => pid);
      assert.equal((await db.run(alive, { pids })).length, 5);

      await pooled.close();

      assert.deepEqual(await db.run(alive, { pids }), []);
    }
  });

  test('cuts off what does not end in time when it closes', async (t) => {
    const { db, database } = await createTestDatabase(t, { content: 'empty' });
    const endless = assert.rejects(db.run(nap, { seconds: 60 }), { code: 'database_unavailable' });
    await waitFor(() => database.stats().inUse === 1 && database.stats().total === 1);
    await database.close({ timeoutMs: 50 });
    await endless;
  });
});

describe('the pool behind a failing network', () => {
  test('answers within the connect timeout when nothing comes back', async (t) => {
    const { proxy, database } = await createProxiedDatabase(t, { connectTimeoutMs: 100, acquireTimeoutMs: 300 });
    proxy.set({ kind: 'blackhole' });
    await assert.rejects(database.db.run(one, {}), { code: 'database_unavailable' });
    assert.equal(database.stats().inUse, 0);
    proxy.set({ kind: 'none' });
    assert.deepEqual(await database.db.run(one, {}), [{ n: 1 }]);
  });

  test('evicts a connection that goes silent in the middle of a query', async (t) => {
    const { proxy, database } = await createProxiedDatabase(t, { queryTimeoutMs: 200, poolMax: 1 });
    await database.db.run(one, {});
    proxy.set({ kind: 'blackhole' });
    await assert.rejects(database.db.run(one, {}), { code: 'request_timeout' });
    proxy.set({ kind: 'none' });
    assert.deepEqual(await database.db.run(one, {}), [{ n: 1 }]);
  });

  test('is unavailable while connections are refused, and back at once afterwards', async (t) => {
    const { proxy, database } = await createProxiedDatabase(t, { acquireTimeoutMs: 200 });
    proxy.set({ kind: 'refuse' });
    await assert.rejects(database.db.run(one, {}), { code: 'database_unavailable', retryAfterSeconds: 1 });
    await assert.rejects(database.ping(1000), { code: 'database_unavailable' });
    proxy.set({ kind: 'none' });
    await database.ping(1000);
  });

  test('survives bytes that are no answer', async (t) => {
    const { proxy, database } = await createProxiedDatabase(t, { queryTimeoutMs: 300, poolMax: 1 });
    await database.db.run(one, {});
    proxy.set({ kind: 'garbage', bytes: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n') });
    await assert.rejects(database.db.run(one, {}));
    proxy.set({ kind: 'none' });
    assert.deepEqual(await database.db.run(one, {}), [{ n: 1 }]);
  });

  test('bounds a ping', async (t) => {
    const { proxy, database } = await createProxiedDatabase(t);
    await database.ping(1000);
    proxy.set({ kind: 'latency', milliseconds: 300 });
    await assert.rejects(database.ping(20), { code: 'request_timeout' });
    await waitFor(() => database.stats().inUse === 0);
  });
});

describe('the pool and a server that restarts under load', () => {
  for (const mode of ['fast', 'immediate'] as const) {
    test(`loses and doubles no acknowledged write when it ends ${mode === 'fast' ? 'in order' : 'in a crash'}`, async (t) => {
      const server = await startOwnServer({ settings: { fsync: 'on' } });
      t.after(() => server.stop());
      const connection = {
        ...{ host: server.socketDir, unixSocketDir: server.socketDir, port: 5432 },
        ...{ user: 'postgres', database: 'postgres', isLoopback: true, isPooler: false },
      };
      const database = createDatabase({ config: testDatabaseConfig(), connection, log: silent });
      t.after(() => database.close({ timeoutMs: 100 }));
      const create = defineSql<never>('create', sql`create table ledger (id int not null)`);
      const insert = defineSql<never>('insert', sql`insert into ledger values (${sql.placeholder('id')}::int)`);
      const read = defineSql<{ id: number }>('read', sql`select id from ledger`, { readOnly: true });
      await database.db.run(create, {});

      const acknowledged: number[] = [];
      const codes = new Set<string>();
      let next = 0;
      const end = new AbortController();
      const writer = async () => {
        while (!end.signal.aborted) {
          const id = next++;
          try {
            await transaction(database.db, (tx) => tx.run(insert, { id }));
            acknowledged.push(id);
          } catch (error) {
            codes.add(error instanceof Error && 'code' in error ? String(error.code) : String(error));
          }
        }
      };
      const writers = Array.from({ length: 8 }, writer);
      await waitFor(() => acknowledged.length > 100);
      await server.halt(mode);
      await server.resume();
      const before = acknowledged.length;
      await waitFor(() => acknowledged.length > before + 100);
      end.abort();
      await Promise.all(writers);

      const rows = (await database.db.run(read, {})).map(({ id }) => id);
      const stored = new Set(rows);
      assert.equal(stored.size, rows.length);
      assert.deepEqual(
        acknowledged.filter((id) => !stored.has(id)),
        [],
      );
      const allowed = ['database_unavailable', 'write_in_doubt'];
      assert.deepEqual(
        [...codes].filter((code) => !allowed.includes(code)),
        [],
      );
    });
  }
});
