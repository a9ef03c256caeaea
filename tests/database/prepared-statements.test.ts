import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sql } from 'drizzle-orm';
import { defineSql } from '../../src/database/query.ts';
import { transaction } from '../../src/database/transaction.ts';
import { createTestDatabase } from '../support/postgres.ts';

const one = defineSql<{ n: number }>('one', sql`select 1 as n`, { readOnly: true });

describe('prepared statements', () => {
  const change = 'alter table plans alter column n type text';

  for (const preparedStatements of [true, false]) {
    test(`are ${preparedStatements ? '' : 'not '}used when the configuration says so`, async (t) => {
      const { db } = await createTestDatabase(t, { content: 'empty', config: { preparedStatements, poolMax: 1 } });
      const names = defineSql<{ name: string }>('names', sql`select name from pg_prepared_statements`);
      const found = await db.run(names, {});
      assert.deepEqual(
        found.map(({ name }) => name),
        preparedStatements ? ['names'] : [],
      );
    });
  }

  test('are replaced when a migration changed what they return', async (t) => {
    const { db, sql: run } = await createTestDatabase(t, { content: 'empty', config: { poolMax: 1 } });
    await run('create table plans (n int); insert into plans values (7)');
    const query = defineSql<{ n: unknown }>('plans_all', sql`select n from plans`);
    assert.deepEqual(await db.run(query, {}), [{ n: 7 }]);
    await run(change);
    assert.deepEqual(await db.run(query, {}), [{ n: '7' }]);
    assert.deepEqual(await db.run(query, {}), [{ n: '7' }]);
  });

  test('are replaced inside a transaction, by running it again', async (t) => {
    const { db, sql: run } = await createTestDatabase(t, { content: 'empty', config: { poolMax: 1 } });
    await run('create table plans (n int); insert into plans values (7)');
    const query = defineSql<{ n: unknown }>('plans_all', sql`select n from plans`);
    await db.run(query, {});
    await run(change);
    assert.deepEqual(await transaction(db, (tx) => tx.run(query, {})), [{ n: '7' }]);
  });

  test('are refused when two queries have one name', async (t) => {
    const { db } = await createTestDatabase(t, { content: 'empty', config: { poolMax: 1 } });
    await db.run(one, {});
    const twin = defineSql<never>('one', sql`select 2 as n`);
    await assert.rejects(db.run(twin, {}), /Prepared statements must be unique/);
    assert.deepEqual(await db.run(one, {}), [{ n: 1 }]);
  });

  test('are given up behind a pooler that loses them', async (t) => {
    const { db } = await createTestDatabase(t, { content: 'empty', config: { poolMax: 1 } });
    const forget = defineSql<never>('forget', sql`deallocate all`);
    await db.run(one, {});
    await db.run(forget, {});
    assert.deepEqual(await db.run(one, {}), [{ n: 1 }]);
    assert.deepEqual(await db.run(forget, {}), []);
    assert.deepEqual(await db.run(one, {}), [{ n: 1 }]);
  });
});
