import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sql } from 'drizzle-orm';
import { defineSql } from '../../src/database/query.ts';
import { transaction } from '../../src/database/transaction.ts';
import { createProxiedDatabase } from '../support/proxied-database.ts';

const insert = defineSql<never>('insert', sql`insert into items (id) values (${sql.placeholder('id')}::int)`);
const count = defineSql<{ n: number }>('count', sql`select count(*)::int as n from items`, { readOnly: true });

/** The same error for the client, and opposite truths on the server: only asking tells them apart. */
const cases = [
  { when: 'before-request', rows: 0 },
  { when: 'before-reply', rows: 1 },
] as const;

describe('a connection that is lost around COMMIT', () => {
  for (const { when, rows } of cases) {
    test(`leaves the write in doubt and is not repeated when it breaks ${when}`, async (t) => {
      const { proxy, database, direct } = await createProxiedDatabase(t);
      await direct.sql('create table items (id int primary key)');
      proxy.set({ kind: 'cut', on: 'COMMIT', when });
      let runs = 0;
      const writing = transaction(database.db, async (tx) => {
        runs += 1;
        await tx.run(insert, { id: 1 });
      });
      await assert.rejects(writing, { code: 'write_in_doubt', retryAfterSeconds: undefined });
      assert.deepEqual([runs, proxy.cuts], [1, 1]);
      assert.equal((await direct.sql('select from items')).length, rows);
      proxy.set({ kind: 'none' });
      assert.deepEqual(await database.db.run(count, {}), [{ n: rows }]);
    });

    test(`leaves an autocommit write in doubt when it breaks ${when}`, async (t) => {
      const { proxy, database, direct } = await createProxiedDatabase(t);
      await direct.sql('create table items (id int primary key)');
      proxy.set({ kind: 'cut', on: 'insert into items', when });
      await assert.rejects(database.db.run(insert, { id: 1 }), { code: 'write_in_doubt' });
      assert.equal(proxy.cuts, 1);
      assert.equal((await direct.sql('select from items')).length, rows);
    });

    test(`repeats a read once when it breaks ${when}`, async (t) => {
      const { proxy, database, direct } = await createProxiedDatabase(t);
      await direct.sql('create table items (id int primary key)');
      proxy.set({ kind: 'cut', on: 'count(*)', when });
      await assert.rejects(database.db.run(count, {}), { code: 'database_unavailable' });
      assert.equal(proxy.cuts, 2);
    });
  }

  test('is only "unavailable" before COMMIT was sent, with nothing written', async (t) => {
    const { proxy, database, direct } = await createProxiedDatabase(t);
    await direct.sql('create table items (id int primary key)');
    const writing = transaction(database.db, async (tx) => {
      await tx.run(insert, { id: 1 });
      proxy.cutAll();
      await tx.run(insert, { id: 2 });
    });
    await assert.rejects(writing, { code: 'database_unavailable', retryAfterSeconds: 1 });
    assert.equal((await direct.sql('select from items')).length, 0);
    assert.equal(database.stats().inUse, 0);
  });

  test('is only "unavailable" for a transaction that could not write', async (t) => {
    const { proxy, database, direct } = await createProxiedDatabase(t);
    await direct.sql('create table items (id int primary key)');
    proxy.set({ kind: 'cut', on: 'COMMIT', when: 'before-reply' });
    const reading = transaction(database.db, (tx) => tx.run(count, {}), { readOnly: true });
    await assert.rejects(reading, { code: 'database_unavailable' });
  });

  test('replaces a connection that died in the pool, before anything was sent', async (t) => {
    const { proxy, database, direct } = await createProxiedDatabase(t, { poolMax: 1 });
    await direct.sql('create table items (id int primary key)');
    await database.db.run(count, {});
    proxy.cutAll();
    await transaction(database.db, (tx) => tx.run(insert, { id: 1 }));
    assert.equal((await direct.sql('select from items')).length, 1);
  });
});
