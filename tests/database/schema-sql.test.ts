import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sql } from 'drizzle-orm';
import {
  bigint,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  numeric,
  pgEnum,
  pgPolicy,
  pgSchema,
  pgTable,
  primaryKey,
  serial,
  text,
  timestamp,
  unique,
  uniqueIndex,
  varchar,
} from 'drizzle-orm/pg-core';
import { renderSchemaSql } from '../../src/database/schema-sql.ts';
import { createTestDatabase } from '../support/postgres.ts';

const mood = pgEnum('mood', ["it's", 'ok']);
const shop = pgSchema('Shop');
const shops = shop.table('shop', {
  id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity({ startWith: 100 }),
});

const orders = pgTable(
  'order',
  {
    id: serial().primaryKey(),
    shop_id: bigint({ mode: 'number' }).notNull(),
    parent_id: integer(),
    state: mood().notNull().default('ok'),
    moods: mood().array(),
    code: varchar({ length: 12 }).unique(),
    total: numeric({ precision: 10, scale: 2 }).notNull().default('0.00'),
    facts: jsonb()
      .notNull()
      .default({ "it's": [1] }),
    label: text().generatedAlwaysAs(sql`upper(code)`),
    made_at: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (order) => [
    foreignKey({ columns: [order.shop_id], foreignColumns: [shops.id], name: 'order_of_shop' }).onDelete('cascade'),
    foreignKey({ columns: [order.parent_id], foreignColumns: [order.id] }),
    unique('order_twice').on(order.shop_id, order.code).nullsNotDistinct(),
    check('order_total', sql`${order.total} >= 0`),
    index('order_made').on(order.made_at.desc().nullsFirst(), order.id),
    uniqueIndex('order_low').on(sql`lower(${order.code})`).where(sql`${order.total} > 1`),
    index('order_facts').using('gin', order.facts),
    index('order_pattern').on(order.code.op('varchar_pattern_ops')).with({ fillfactor: 80 }),
    pgPolicy('order_seen', { for: 'select', using: sql`${order.total} < 100` }),
  ],
);
const lines = pgTable('line', { a: integer(), b: integer() }, (line) => [primaryKey({ columns: [line.a, line.b] })]);

describe('the SQL of models', () => {
  test('makes in PostgreSQL what the tables say', async (t) => {
    const database = await createTestDatabase(t, { content: 'empty' });

    await database.sql(
      renderSchemaSql({ tables: [shops, orders, lines], objects: 'CREATE VIEW seen AS SELECT id FROM "order";' }),
    );

    const constraints = await database.sql(
      `SELECT conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
        WHERE conrelid IN ('"order"'::regclass, 'line'::regclass) AND contype <> 'n' ORDER BY 1`,
    );
    assert.deepEqual(Object.fromEntries(constraints.map(({ name, definition }) => [name, definition])), {
      line_pkey: 'PRIMARY KEY (a, b)',
      order_code_unique: 'UNIQUE (code)',
      order_of_shop: 'FOREIGN KEY (shop_id) REFERENCES "Shop".shop(id) ON DELETE CASCADE',
      order_parent_id_fkey: 'FOREIGN KEY (parent_id) REFERENCES "order"(id)',
      order_pkey: 'PRIMARY KEY (id)',
      order_total: 'CHECK ((total >= (0)::numeric))',
      order_twice: 'UNIQUE NULLS NOT DISTINCT (shop_id, code)',
    });
    const indexes = await database.sql(
      `SELECT indexname AS name, regexp_replace(indexdef, '.* USING ', '') AS definition FROM pg_indexes
        WHERE tablename = 'order' AND indexname IN ('order_made', 'order_low', 'order_facts', 'order_pattern') ORDER BY 1`,
    );
    assert.deepEqual(Object.fromEntries(indexes.map(({ name, definition }) => [name, definition])), {
      order_facts: 'gin (facts)',
      order_low: 'btree (lower((code)::text)) WHERE (total > (1)::numeric)',
      order_made: 'btree (made_at DESC, id)',
      order_pattern: "btree (code varchar_pattern_ops) WITH (fillfactor='80')",
    });
    const columns = await database.sql(
      `SELECT attname AS name, format_type(atttypid, atttypmod) AS type, pg_get_expr(adbin, adrelid) AS default, attgenerated AS generated
         FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attrelid = '"order"'::regclass AND attname IN ('state', 'moods', 'facts', 'label', 'total') ORDER BY 1`,
    );
    assert.deepEqual(columns, [
      { name: 'facts', type: 'jsonb', default: `'{"it''s": [1]}'::jsonb`, generated: '' },
      { name: 'label', type: 'text', default: 'upper((code)::text)', generated: 's' },
      { name: 'moods', type: 'mood[]', default: null, generated: '' },
      { name: 'state', type: 'mood', default: "'ok'::mood", generated: '' },
      { name: 'total', type: 'numeric(10,2)', default: '0.00', generated: '' },
    ]);
    const [policy] = await database.sql(
      'SELECT polname AS name, relrowsecurity AS on FROM pg_policy JOIN pg_class c ON c.oid = polrelid',
    );
    assert.deepEqual(policy, { name: 'order_seen', on: true });
    assert.deepEqual(await database.sql('INSERT INTO "Shop".shop DEFAULT VALUES RETURNING id'), [{ id: '100' }]);
  });
});
