import type { LockMode } from '../../src/lint/operation.ts';

/** What the documentation of the rules says of a statement: held against a real server of each version. */
export interface LockCase {
  readonly sql: string;
  /** In the transaction before it. */
  readonly before?: string;
  readonly locks: Readonly<Record<string, LockMode>>;
  readonly rewritten?: readonly string[];
  readonly scanned?: readonly string[];
  readonly indexed?: readonly string[];
  /** Only on these; left out: on all. */
  readonly since?: number;
  readonly until?: number;
  /** Not told by the file alone: no prediction is compared. */
  readonly isUnpredictable?: true;
}

const ael = 'ACCESS EXCLUSIVE';
const sre = 'SHARE ROW EXCLUSIVE';
const sue = 'SHARE UPDATE EXCLUSIVE';

export const lockCases: readonly LockCase[] = [
  { sql: 'CREATE INDEX i ON orders (total)', locks: { orders: 'SHARE' }, indexed: ['orders'] },
  { sql: 'DROP INDEX orders_at', locks: { orders: ael } },
  { sql: 'REINDEX TABLE orders', locks: { orders: 'SHARE' }, indexed: ['orders'] },
  { sql: 'CREATE INDEX i ON ONLY events (id)', locks: { events: 'SHARE' } },
  {
    sql: 'CREATE INDEX i ON events (id)',
    locks: { events: 'SHARE', events_2025: 'SHARE' },
    indexed: ['events_2025'],
    isUnpredictable: true,
  },
  { sql: 'ALTER TABLE orders ADD COLUMN c text', locks: { orders: ael } },
  { sql: "ALTER TABLE orders ADD COLUMN c text NOT NULL DEFAULT 'x'", locks: { orders: ael } },
  { sql: 'ALTER TABLE orders ADD COLUMN c timestamptz DEFAULT now()', locks: { orders: ael } },
  {
    sql: 'ALTER TABLE orders ADD COLUMN c uuid DEFAULT gen_random_uuid()',
    locks: { orders: ael },
    rewritten: ['orders'],
  },
  { sql: 'ALTER TABLE plain ADD COLUMN c bigserial', locks: { plain: ael }, rewritten: ['plain'] },
  {
    sql: 'ALTER TABLE plain ADD COLUMN c bigint GENERATED ALWAYS AS IDENTITY',
    locks: { plain: ael },
    rewritten: ['plain'],
  },
  {
    sql: 'ALTER TABLE orders ADD COLUMN c numeric GENERATED ALWAYS AS (net * 2) STORED',
    locks: { orders: ael },
    rewritten: ['orders'],
  },
  {
    sql: 'ALTER TABLE orders ADD COLUMN c numeric GENERATED ALWAYS AS (net * 2) VIRTUAL',
    locks: { orders: ael },
    since: 18,
  },
  { sql: "ALTER TABLE shops ADD COLUMN c mail DEFAULT 'a@b'", locks: { shops: ael }, rewritten: ['shops'] },
  { sql: 'ALTER TABLE shops ADD COLUMN c mail', locks: { shops: ael }, rewritten: ['shops'] },
  { sql: 'ALTER TABLE plain ADD COLUMN c bigint REFERENCES shops', locks: { plain: ael, shops: sre } },
  { sql: 'ALTER TABLE orders ADD COLUMN c text UNIQUE', locks: { orders: ael }, indexed: ['orders'] },
  { sql: 'ALTER TABLE orders ADD COLUMN c int CHECK (c > 0)', locks: { orders: ael }, scanned: ['orders'] },
  { sql: 'ALTER TABLE orders ALTER note SET NOT NULL', locks: { orders: ael }, scanned: ['orders'] },
  {
    before: 'ALTER TABLE orders ADD CONSTRAINT nn CHECK (note IS NOT NULL)',
    sql: 'ALTER TABLE orders ALTER note SET NOT NULL',
    locks: {},
  },
  { sql: 'ALTER TABLE orders ADD CONSTRAINT nn NOT NULL note NOT VALID', locks: { orders: ael }, since: 18 },
  { sql: 'ALTER TABLE orders ADD CONSTRAINT nn NOT NULL note', locks: { orders: ael }, scanned: ['orders'], since: 18 },
  { sql: 'ALTER TABLE orders DROP COLUMN note', locks: { orders: ael } },
  { sql: 'ALTER TABLE orders DROP COLUMN later', locks: { orders: ael, shops: ael } },
  { sql: 'ALTER TABLE orders RENAME COLUMN note TO n', locks: { orders: ael } },
  { sql: 'ALTER TABLE orders RENAME TO o', locks: { orders: ael } },
  { sql: 'ALTER TABLE orders ALTER ref TYPE varchar(90)', locks: { orders: ael } },
  { sql: 'ALTER TABLE orders ALTER ref TYPE text', locks: { orders: ael } },
  { sql: 'ALTER TABLE orders ALTER note TYPE varchar', locks: { orders: ael } },
  { sql: 'ALTER TABLE orders ALTER net TYPE numeric(14, 2)', locks: { orders: ael } },
  { sql: 'ALTER TABLE orders ALTER due TYPE timestamptz', locks: { orders: ael } },
  { sql: 'ALTER TABLE orders ALTER at TYPE timestamptz', locks: { orders: ael }, indexed: ['orders'] },
  {
    before: "SET LOCAL TimeZone = 'Europe/Paris'",
    sql: 'ALTER TABLE orders ALTER due TYPE timestamptz',
    locks: { orders: ael },
    rewritten: ['orders'],
    isUnpredictable: true,
  },
  { sql: 'ALTER TABLE plain ALTER a TYPE bigint', locks: { plain: ael }, rewritten: ['plain'] },
  { sql: 'ALTER TABLE orders ALTER ref TYPE varchar(5)', locks: { orders: ael }, rewritten: ['orders'] },
  { sql: 'ALTER TABLE orders ALTER net TYPE numeric(14, 4)', locks: { orders: ael }, rewritten: ['orders'] },
  { sql: 'ALTER TABLE orders ALTER extra TYPE jsonb', locks: { orders: ael }, rewritten: ['orders'] },
  { sql: 'ALTER TABLE orders ALTER state TYPE text', locks: { orders: ael }, rewritten: ['orders'] },
  { sql: 'ALTER TABLE orders ADD CONSTRAINT c CHECK (total < 9)', locks: { orders: ael }, scanned: ['orders'] },
  { sql: 'ALTER TABLE orders ADD CONSTRAINT c CHECK (total < 9) NOT VALID', locks: { orders: ael } },
  { sql: 'ALTER TABLE orders ADD CONSTRAINT c CHECK (total < 9) NOT ENFORCED', locks: { orders: ael }, since: 18 },
  {
    sql: 'ALTER TABLE plain ADD FOREIGN KEY (id) REFERENCES shops (id)',
    locks: { plain: sre, shops: sre },
    scanned: ['plain', 'shops'],
  },
  { sql: 'ALTER TABLE plain ADD FOREIGN KEY (id) REFERENCES shops (id) NOT VALID', locks: { plain: sre, shops: sre } },
  {
    sql: 'ALTER TABLE events ADD FOREIGN KEY (id) REFERENCES shops (id) NOT VALID',
    locks: { events: sre, shops: sre, events_2025: sre },
    since: 18,
    isUnpredictable: true,
  },
  {
    sql: 'ALTER TABLE orders VALIDATE CONSTRAINT orders_later',
    locks: { orders: sue, shops: 'ROW SHARE' },
    scanned: ['orders'],
  },
  { sql: 'ALTER TABLE orders DROP CONSTRAINT orders_shop', locks: { orders: ael, shops: ael } },
  { sql: 'ALTER TABLE orders DROP CONSTRAINT orders_total', locks: { orders: ael } },
  {
    sql: 'ALTER TABLE orders ALTER CONSTRAINT orders_shop NOT ENFORCED',
    locks: { orders: ael, shops: ael },
    since: 18,
  },
  { sql: 'ALTER TABLE orders ALTER CONSTRAINT orders_shop DEFERRABLE', locks: { orders: ael }, isUnpredictable: true },
  { sql: 'CREATE TABLE n (id bigint PRIMARY KEY, o bigint REFERENCES orders)', locks: { orders: sre } },
  { sql: 'DROP TABLE leaf', locks: { leaf: ael, shops: ael } },
  { sql: 'ALTER TABLE plain ADD UNIQUE (a)', locks: { plain: ael }, indexed: ['plain'] },
  { sql: 'ALTER TABLE plain ADD PRIMARY KEY (id)', locks: { plain: ael }, indexed: ['plain'], isUnpredictable: true },
  {
    before: 'CREATE UNIQUE INDEX u ON plain (a)',
    sql: 'ALTER TABLE plain ADD CONSTRAINT u UNIQUE USING INDEX u',
    locks: { plain: ael },
  },
  {
    before: 'CREATE UNIQUE INDEX u ON plain (id)',
    sql: 'ALTER TABLE plain ADD CONSTRAINT u PRIMARY KEY USING INDEX u',
    locks: { plain: ael },
    scanned: ['plain'],
  },
  { sql: 'ALTER TABLE plain ADD EXCLUDE USING btree (a WITH =)', locks: { plain: ael }, indexed: ['plain'] },
  { sql: "ALTER TABLE orders ALTER note SET DEFAULT 'x'", locks: { orders: ael } },
  { sql: 'ALTER TABLE shops ALTER name DROP NOT NULL', locks: { shops: ael } },
  { sql: 'ALTER TABLE shops ALTER id ADD GENERATED ALWAYS AS IDENTITY', locks: { shops: ael } },
  { sql: 'ALTER TABLE orders REPLICA IDENTITY FULL', locks: { orders: ael } },
  { sql: "ALTER TYPE state ADD VALUE 'paid' AFTER 'new'", locks: {} },
  { sql: "ALTER TYPE state RENAME VALUE 'new' TO 'fresh'", locks: {} },
  {
    sql: 'ALTER DOMAIN mail ADD CONSTRAINT short CHECK (length(VALUE) < 99)',
    locks: { orders: 'SHARE' },
    scanned: ['orders'],
    isUnpredictable: true,
  },
  { sql: 'ALTER DOMAIN mail ADD CONSTRAINT short CHECK (length(VALUE) < 99) NOT VALID', locks: {} },
  { sql: 'CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION touch()', locks: { orders: sre } },
  { sql: 'ALTER TABLE shops DISABLE TRIGGER touch', locks: { shops: sre } },
  { sql: 'DROP TRIGGER touch ON shops', locks: { shops: ael } },
  { sql: 'ALTER TABLE orders ENABLE ROW LEVEL SECURITY', locks: { orders: ael } },
  { sql: 'CREATE POLICY p ON orders USING (true)', locks: { orders: ael } },
  { sql: 'ALTER TABLE orders SET (fillfactor = 80)', locks: { orders: sue } },
  { sql: 'ALTER TABLE orders ALTER note SET STATISTICS 500', locks: { orders: sue } },
  { sql: 'ALTER TABLE orders ALTER note SET STORAGE EXTERNAL', locks: { orders: ael } },
  { sql: 'ALTER TABLE plain SET UNLOGGED', locks: { plain: ael }, rewritten: ['plain'] },
  { sql: 'CLUSTER shops USING shops_pkey', locks: { shops: ael }, rewritten: ['shops'], isUnpredictable: true },
  { sql: 'TRUNCATE plain', locks: { plain: ael }, rewritten: ['plain'], isUnpredictable: true },
  {
    sql: "ALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
    locks: { events: sue, events_2026: ael },
    scanned: ['events_2026'],
  },
  {
    before:
      "ALTER TABLE events_2026 ADD CONSTRAINT bounds CHECK (at IS NOT NULL AND at >= '2026-01-01' AND at < '2027-01-01')",
    sql: "ALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
    locks: { events: sue },
  },
  {
    sql: "CREATE TABLE e PARTITION OF events FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')",
    locks: { events: ael },
  },
  {
    sql: "CREATE TABLE l PARTITION OF logs FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')",
    locks: { logs: ael, logs_other: ael },
    scanned: ['logs_other'],
  },
  { sql: 'ALTER TABLE events DETACH PARTITION events_2025', locks: { events: ael, events_2025: ael } },
  {
    sql: 'REFRESH MATERIALIZED VIEW cached',
    locks: { cached: ael, orders: 'ACCESS SHARE' },
    rewritten: ['cached'],
    scanned: ['orders'],
    isUnpredictable: true,
  },
  {
    sql: 'CREATE OR REPLACE VIEW totals AS SELECT shop_id, sum(total) AS total FROM orders GROUP BY 1',
    locks: { totals: ael, orders: 'ACCESS SHARE' },
    isUnpredictable: true,
  },
  { sql: 'DROP VIEW totals', locks: { totals: ael } },
  { sql: 'DELETE FROM plain', locks: { plain: 'ROW EXCLUSIVE' }, scanned: ['plain'], isUnpredictable: true },
  { sql: 'LOCK TABLE orders IN SHARE MODE', locks: { orders: 'SHARE' } },
  { sql: "COMMENT ON TABLE orders IS 'x'", locks: { orders: sue }, isUnpredictable: true },
];

/** Outside of transactions. */
export const outsideCases: readonly LockCase[] = [
  { sql: 'CREATE INDEX CONCURRENTLY i ON orders (total)', locks: { orders: sue }, indexed: ['orders'] },
  { sql: 'REINDEX INDEX CONCURRENTLY i', locks: { orders: sue }, indexed: ['orders'] },
  { sql: 'DROP INDEX CONCURRENTLY i', locks: { orders: sue } },
  { sql: 'ALTER TABLE events DETACH PARTITION events_2025 CONCURRENTLY', locks: { events: sue, events_2025: ael } },
  { sql: 'VACUUM FULL plain', locks: { plain: ael }, rewritten: ['plain'] },
];
