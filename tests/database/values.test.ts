import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sql } from 'drizzle-orm';
import { defineSql } from '../../src/database/query.ts';
import type { Db } from '../../src/database/types.ts';
import { toWireTimestamp, toWireTimestampTz } from '../../src/database/values.ts';
import { createTestDatabase } from '../support/postgres.ts';

const parameter = sql.placeholder('value');
const asTimestamp = defineSql<{ x: string }>('as_timestamp', sql`select ${parameter}::timestamp as x`);
const asTimestamptz = defineSql<{ x: string }>('as_timestamptz', sql`select ${parameter}::timestamptz as x`);
const asText = defineSql<{ x: unknown }>('as_text', sql`select ${parameter}::timestamp::text as x`);

async function read(db: Db, query: typeof asTimestamp, value: string): Promise<string | undefined> {
  return (await db.run(query, { value }))[0]?.x;
}

describe('values from the database', async () => {
  const { db } = await createTestDatabase(undefined, { content: 'empty' });

  test('keep microseconds, and have six digits of fraction or none', async () => {
    for (const [value, wire] of [
      ['2024-05-01T10:00:00.123456', '2024-05-01T10:00:00.123456'],
      ['2024-05-01T10:00:00.1', '2024-05-01T10:00:00.100000'],
      ['2024-05-01T10:00:00.000010', '2024-05-01T10:00:00.000010'],
      ['2024-05-01T10:00:00', '2024-05-01T10:00:00'],
      ['0001-01-01T00:00:00', '0001-01-01T00:00:00'],
      ['9999-12-31T23:59:59.999999', '9999-12-31T23:59:59.999999'],
    ] as const) {
      assert.equal(await read(db, asTimestamp, value), wire);
      assert.equal(await read(db, asTimestamptz, `${value}Z`), `${wire}Z`);
    }
  });

  test('are text that does not crash for what no wire form exists', async () => {
    for (const [value, text] of [
      ['infinity', 'infinity'],
      ['-infinity', '-infinity'],
      ['10000-01-01 00:00:00.5', '10000-01-01T00:00:00.500000'],
      ['294276-12-31 23:59:59.999999', '294276-12-31T23:59:59.999999'],
      ['0044-03-15 12:00:00 BC', '0044-03-15 12:00:00 BC'],
      ['0044-03-15 12:00:00.5 BC', '0044-03-15 12:00:00.5 BC'],
    ] as const) {
      assert.equal(await read(db, asTimestamp, value), text);
    }
  });

  test('convert timestamptz to UTC', async () => {
    assert.equal(await read(db, asTimestamptz, '2024-05-01T10:00:00+05:00'), '2024-05-01T05:00:00Z');
    assert.equal(await read(db, asTimestamptz, 'infinity'), 'infinity');
  });

  test('are integers where they fit, bigint where they do not, and text for numeric', async () => {
    const query = defineSql<Record<string, unknown>>(
      'numbers',
      sql`select count(*) as count, 9007199254740991::bigint as safe, 9007199254740993::bigint as big,
        '-9223372036854775808'::bigint as least, 1.10::numeric as exact, '2024-02-29'::date as day, null::timestamp as nothing`,
    );
    assert.deepEqual(await db.run(query, {}), [
      {
        count: 1,
        safe: 9007199254740991,
        big: 9007199254740993n,
        least: -9223372036854775808n,
        exact: '1.10',
        day: '2024-02-29',
        nothing: null,
      },
    ]);
  });

  test('do not depend on the zone and the date style that the server gives to new sessions', async (t) => {
    const strange = await createTestDatabase(t, { content: 'empty' });
    await strange.sql(`alter database "${strange.connection.database}" set timezone = 'Asia/Karachi'`);
    await strange.sql(`alter database "${strange.connection.database}" set datestyle = 'German'`);
    const seenByOthers = await strange.sql(
      `select current_setting('TimeZone') as zone, '2024-05-01'::date::text as day`,
    );
    assert.deepEqual(seenByOthers, [{ zone: 'Asia/Karachi', day: '01.05.2024' }]);

    assert.equal(await read(strange.db, asTimestamptz, '2024-05-01T10:00:00Z'), '2024-05-01T10:00:00Z');
    assert.equal(await read(strange.db, asTimestamp, '2024-05-01T10:00:00'), '2024-05-01T10:00:00');
    assert.deepEqual(await strange.db.run(asText, { value: '2024-05-01T10:00:00' }), [{ x: '2024-05-01 10:00:00' }]);
    const zone = defineSql<{ zone: string }>('zone', sql`select current_setting('TimeZone') as zone`);
    assert.deepEqual(await strange.db.run(zone, {}), [{ zone: 'UTC' }]);
  });
});

describe('toWireTimestamp', () => {
  test('pads every length of fraction', () => {
    const fractions = ['1', '12', '123', '1234', '12345', '123456'];
    const padded = fractions.map((fraction) => toWireTimestamp(`2024-05-01 10:00:00.${fraction}`).slice(20));
    assert.deepEqual(padded, ['100000', '120000', '123000', '123400', '123450', '123456']);
  });

  test('leaves an offset that is not UTC as it is', () => {
    assert.equal(toWireTimestampTz('2024-05-01 10:00:00+05'), '2024-05-01 10:00:00+05');
  });
});
