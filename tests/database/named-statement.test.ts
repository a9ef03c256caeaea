import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { sql } from 'drizzle-orm';
import { Client, types } from 'pg';
import { NamedStatement } from '../../src/database/named-statement.ts';
import { defineSql } from '../../src/database/query.ts';
import { createStatements } from '../../src/database/statements.ts';
import type { Query, QueryParams } from '../../src/database/types.ts';
import { clientConfigOf, createTestDatabase } from '../support/postgres.ts';

const doubled = defineSql<{ n: number }>('doubled', sql`select ${sql.placeholder('n')}::int * 2 as n`);

/** One connection, and how often the server describes on it what a statement returns. */
async function connect(t: TestContext, { isOurs = true }: { isOurs?: boolean } = {}) {
  const { url } = await createTestDatabase(t, { content: 'empty' });
  const client = new Client(clientConfigOf(url));
  client.on('error', () => undefined);
  await client.connect();
  t.after(() => client.end());
  const seen = { descriptions: 0 };
  client.connection.on('rowDescription', () => {
    seen.descriptions += 1;
  });
  const statements = createStatements({ named: true, queryTimeoutMs: 10_000 });
  const run = <Row>(query: Query<Row>, params: QueryParams = {}) => statements.run({ client, isOurs }, query, params);
  return { client, seen, run };
}

describe('a named statement', () => {
  test('is described once in a session of our own', async (t) => {
    const { seen, run } = await connect(t);
    for (const n of [1, 2, 3]) assert.deepEqual(await run(doubled, { n }), [{ n: 2 * n }]);
    assert.equal(seen.descriptions, 1);
  });

  test('is described each time in a session that a pooler lends: the next one may be another', async (t) => {
    const { seen, run } = await connect(t, { isOurs: false });
    for (const n of [1, 2, 3]) assert.deepEqual(await run(doubled, { n }), [{ n: 2 * n }]);
    assert.equal(seen.descriptions, 3);
  });

  test('is described by its second use when its first one was refused before that', async (t) => {
    const { seen, run } = await connect(t);
    await assert.rejects(run(doubled, { n: 'no number' }), { code: '22P02' });
    assert.equal(seen.descriptions, 0);
    assert.deepEqual(await run(doubled, { n: 4 }), [{ n: 8 }]);
    assert.deepEqual(await run(doubled, { n: 5 }), [{ n: 10 }]);
    assert.equal(seen.descriptions, 1);
  });

  test('has no rows when the statement returns none', async (t) => {
    const { client, run } = await connect(t);
    await client.query('create temporary table pens (n int)');
    const insert = defineSql<never>('pens_insert', sql`insert into pens values (${sql.placeholder('n')})`);
    for (const n of [1, 2]) assert.deepEqual(await run(insert, { n }), []);
    const { rows } = await client.query('select n from pens order by n');
    assert.deepEqual(rows, [{ n: 1 }, { n: 2 }]);
  });

  test('binds null, bytes, lists, objects and numbers as pg does', async (t) => {
    const { run } = await connect(t);
    const query = defineSql(
      'kinds',
      [
        sql`select ${sql.placeholder('none')}::text as none, ${sql.placeholder('bytes')}::bytea as bytes,`,
        sql`${sql.placeholder('list')}::text[] as list, ${sql.placeholder('object')}::jsonb as object,`,
        sql`${sql.placeholder('big')}::bigint as big, ${sql.placeholder('yes')}::boolean as yes`,
      ].reduce((all, part) => sql`${all} ${part}`),
    );
    const values = { bytes: Buffer.from([0, 255]), list: ['a"b', 'ü'], object: { a: [1] }, big: 9007199254740993n };
    const expected = { none: null, ...values, yes: true };
    assert.deepEqual(await run(query, expected), [expected]);
    assert.deepEqual(await run(query, expected), [expected]);
  });

  test('sends nothing when a value cannot be written', async (t) => {
    const { run } = await connect(t);
    const cyclic: unknown[] = [];
    cyclic.push({
      toPostgres: () => {
        throw new TypeError('no text of it');
      },
    });
    await assert.rejects(run(doubled, { n: cyclic }), /no text of it/);
    assert.deepEqual(await run(doubled, { n: 1 }), [{ n: 2 }]);
  });

  test('answers with the fault of a value that cannot be read, once its connection is ready again', async () => {
    const answers: [Error | null, unknown[]][] = [];
    const done = (error: Error | null, rows: unknown[]) => answers.push([error, rows]);
    const statement = new NamedStatement({ name: 'big', text: '', values: [], describedOnce: true, done });
    const bigint = { name: 'n', dataTypeID: types.builtins.INT8 };
    const rest = { tableID: 0, columnID: 0, dataTypeSize: 8, dataTypeModifier: -1, format: 'text' };
    statement.handleRowDescription({ fields: [{ ...bigint, ...rest }] });
    for (const text of ['1', 'x', '2']) statement.handleDataRow({ fields: [text] });
    assert.equal(answers.length, 0);
    statement.handleReadyForQuery();
    assert.match(String(answers[0]?.[0]), /Cannot convert x to a BigInt/);
  });
});
