import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type SQL, sql } from 'drizzle-orm';
import { isUniqueViolation } from '../../src/database/faults.ts';
import { defineSql } from '../../src/database/query.ts';
import { transaction } from '../../src/database/transaction.ts';
import type { Tx } from '../../src/database/types.ts';
import { createTestDatabase } from '../support/postgres.ts';

const value = sql.placeholder('value');
const insert = defineSql<{ id: number }>(
  'items_insert',
  sql`insert into items (id) values (${value}::int) returning id`,
);
const readCounter = defineSql<{ n: number }>('counter_read', sql`select n from counter where id = 1`, {
  readOnly: true,
});
const writeCounter = defineSql<never>('counter_write', sql`update counter set n = ${value}::int where id = 1`);
const setting = (name: string): SQL => sql`select current_setting(${name}) as value`;

describe('transaction', async () => {
  const { db, sql: run, database } = await createTestDatabase(undefined, { content: 'empty', config: { poolMax: 10 } });
  await run(`create table items (id int primary key, parent int references items deferrable initially deferred);
    create table counter (id int primary key, n int not null); insert into counter values (1, 0)`);
  const count = async (id: number) => (await run('select from items where id = $1', [id])).length;

  test('commits and returns the result', async () => {
    const result = await transaction(db, async (tx) => (await tx.run(insert, { value: 1 }))[0]?.id);
    assert.equal(result, 1);
    assert.equal(await count(1), 1);
  });

  test('rolls back on any throw and passes it on', async () => {
    const failure = new Error('no');
    const failing = transaction(db, async (tx) => {
      await tx.run(insert, { value: 2 });
      throw failure;
    });
    await assert.rejects(failing, (error) => error === failure);
    assert.equal(await count(2), 0);
    assert.equal(database.stats().inUse, 0);
  });

  test('passes constraint violations through, with their constraint', async () => {
    const twice = transaction(db, async (tx) => {
      await tx.run(insert, { value: 3 });
      await tx.run(insert, { value: 3 });
    });
    await assert.rejects(
      twice,
      (error) => isUniqueViolation(error, 'items_pkey') && !isUniqueViolation(error, 'other'),
    );
    assert.equal(await count(3), 0);
  });

  test('is an error when a failed statement was swallowed, with that statement as its cause', async () => {
    const swallowed = transaction(db, async (tx) => {
      await tx.run(insert, { value: 4 });
      await tx.run(insert, { value: 4 }).catch(() => undefined);
    });
    await assert.rejects(
      swallowed,
      (error: Error) => /swallowed/.test(error.message) && isUniqueViolation(error.cause),
    );
    assert.equal(await count(4), 0);
  });

  test('passes on what only COMMIT can refuse', async () => {
    const orphan = defineSql<never>('items_orphan', sql`insert into items (id, parent) values (5, 999)`);
    await assert.rejects(
      transaction(db, (tx) => tx.run(orphan, {})),
      { code: '23503' },
    );
    assert.equal(await count(5), 0);
    assert.equal(database.stats().inUse, 0);
  });

  test('runs statements that were started together one after the other', async () => {
    const ids = await transaction(db, async (tx) => Promise.all([6, 7, 8].map((value) => tx.run(insert, { value }))));
    assert.deepEqual(ids.flat(), [{ id: 6 }, { id: 7 }, { id: 8 }]);
  });

  test('waits for statements that nobody awaited, and fails if they fail', async () => {
    const careless = transaction(db, (tx) => {
      void tx.run(insert, { value: 9 });
      tx.run(insert, { value: 9 }).catch(() => undefined);
      return Promise.resolve();
    });
    await assert.rejects(careless, /swallowed/);
    assert.equal(await count(9), 0);
  });

  test('refuses statements after its end', async () => {
    let leaked: Tx | undefined;
    await transaction(db, (tx) => {
      leaked = tx;
      return Promise.resolve();
    });
    await assert.rejects(leaked?.run(insert, { value: 10 }) ?? Promise.resolve(), /the transaction is over/);
    assert.equal(await count(10), 0);
  });

  test('refuses to be nested', async () => {
    const nested = transaction(db, (tx) =>
      // @ts-expect-error a Tx is no place to begin a transaction
      transaction(tx, () => Promise.resolve()),
    );
    await assert.rejects(nested, /not inside a transaction/);
  });

  test('retries serialization failures until the sum is right', async () => {
    const increment = () =>
      transaction(
        db,
        async (tx) => {
          const [row] = await tx.run(readCounter, {});
          await tx.run(writeCounter, { value: (row?.n ?? 0) + 1 });
        },
        { isolation: 'serializable', retries: 50 },
      );
    await Promise.all(Array.from({ length: 50 }, increment));
    assert.deepEqual(await run('select n from counter'), [{ n: 50 }]);
  });

  test('waits between its tries with full jitter, and answers "overloaded" when they are used up', async () => {
    const pauses: number[] = [];
    let runs = 0;
    const conflict = defineSql<never>('conflict', sql`do $$ begin raise exception 'x' using errcode = '40001'; end $$`);
    const failing = transaction(
      db,
      async (tx) => {
        runs += 1;
        await tx.run(conflict, {});
      },
      { random: () => 0.5, sleep: (milliseconds) => Promise.resolve(pauses.push(milliseconds)) },
    );
    await assert.rejects(failing, { code: 'overloaded', retryAfterSeconds: 1, reason: 'conflict:40001' });
    assert.equal(runs, 4);
    assert.deepEqual(pauses, [20, 30, 50]);
  });

  test('retries a conflict that the function swallowed', async () => {
    let runs = 0;
    const conflict = defineSql<never>('deadlock', sql`do $$ begin raise exception 'x' using errcode = '40P01'; end $$`);
    const result = await transaction(db, async (tx) => {
      runs += 1;
      if (runs === 1) await tx.run(conflict, {}).catch(() => undefined);
      return runs;
    });
    assert.equal(result, 2);
  });

  test('retries a serialization failure that COMMIT itself reports', async () => {
    await run('create table skew (id int primary key, n int); insert into skew values (1, 1), (2, 1)');
    const sum = defineSql<{ sum: number }>('skew_sum', sql`select sum(n)::int as sum from skew`, { readOnly: true });
    const zero = defineSql<never>('skew_zero', sql`update skew set n = 0 where id = ${value}::int`);
    // Each reads both rows and clears its own if the sum allows it: together they would break "the sum stays above 0".
    const bothRead = Promise.withResolvers<void>();
    let readers = 0;
    const clear = (id: number) =>
      transaction(
        db,
        async (tx) => {
          const [row] = await tx.run(sum, {});
          readers += 1;
          if (readers === 2) bothRead.resolve();
          await bothRead.promise;
          if ((row?.sum ?? 0) > 1) await tx.run(zero, { value: id });
        },
        { isolation: 'serializable' },
      );
    await Promise.all([clear(1), clear(2)]);
    assert.deepEqual(await run('select sum(n)::int as sum from skew'), [{ sum: 1 }]);
    assert.equal(readers, 3);
  });

  test('does not write when it is read-only', async () => {
    const writing = transaction(db, (tx) => tx.run(insert, { value: 11 }), { readOnly: true });
    await assert.rejects(writing, { code: 'read_only' });
    assert.equal(await count(11), 0);
  });

  test('runs at the isolation level that was asked for, with timeouts', async () => {
    const level = defineSql<{ value: string }>('level', setting('transaction_isolation'));
    const timeout = defineSql<{ value: string }>('timeout', setting('idle_in_transaction_session_timeout'));
    const seen = await transaction(db, async (tx) => [await tx.run(level, {}), await tx.run(timeout, {})], {
      isolation: 'repeatable read',
    });
    assert.deepEqual(seen.flat(), [{ value: 'repeatable read' }, { value: '20s' }]);
  });
});
