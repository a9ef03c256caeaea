export interface LintCase {
  readonly id: string;
  /** Up sections of the revision under test: one text a step. */
  readonly steps: readonly (readonly [mode: string, sql: string])[];
  /** The rules that have to speak. */
  readonly rules: readonly string[];
  readonly server?: number;
}

export const tx = (sql: string): LintCase['steps'] => [['tx', sql]];

/** What every case finds in the database: created by a revision before. */
export const schema = `
  CREATE TYPE state AS ENUM ('new', 'sent');
  CREATE DOMAIN mail AS text CONSTRAINT mail_at CHECK (VALUE LIKE '%@%');
  CREATE TABLE shops (id bigint PRIMARY KEY, name varchar(40) NOT NULL);
  CREATE TABLE orders (id bigint PRIMARY KEY, shop_id bigint, ref varchar(20), total int, net numeric(10, 2), note text,
    state state, mail mail, extra json, at timestamp, due timestamp, CONSTRAINT orders_total CHECK (total >= 0),
    CONSTRAINT orders_shop FOREIGN KEY (shop_id) REFERENCES shops (id), CONSTRAINT orders_ref_key UNIQUE (ref));
  CREATE TABLE plain (id bigint, a int, b text);
  CREATE INDEX orders_at ON orders (at);
  CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);
  CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
  CREATE TABLE events_2026 (id bigint, at date NOT NULL);
  CREATE TABLE logs (id bigint, at date NOT NULL) PARTITION BY RANGE (at);
  CREATE TABLE logs_other PARTITION OF logs DEFAULT;
  CREATE VIEW totals AS SELECT shop_id, sum(total) AS total FROM orders GROUP BY 1;
  CREATE MATERIALIZED VIEW cached AS SELECT shop_id, sum(total) AS total FROM orders GROUP BY 1;
  CREATE UNIQUE INDEX cached_shop ON cached (shop_id);
  CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TRIGGER touch BEFORE UPDATE ON shops FOR EACH ROW EXECUTE FUNCTION touch();`;

/** One for each row of the rule list with a danger, and several for those that linters are used to miss. */
export const dangerous: readonly LintCase[] = [
  { id: 'D01 index', steps: tx('CREATE INDEX orders_total_i ON orders (total)'), rules: ['ST001'] },
  { id: 'D02 drop index', steps: tx('DROP INDEX orders_at'), rules: ['ST003'] },
  { id: 'D03 reindex', steps: [['notx rerun=safe', 'REINDEX TABLE orders']], rules: ['ST004'] },
  { id: 'D04 index on a partitioned table', steps: tx('CREATE INDEX ON events (id)'), rules: ['ST002'] },
  {
    id: 'D05 volatile default',
    steps: tx('ALTER TABLE orders ADD COLUMN k uuid DEFAULT gen_random_uuid()'),
    rules: ['ST010'],
  },
  { id: 'D06 serial', steps: tx('ALTER TABLE plain ADD COLUMN no bigserial'), rules: ['ST011'] },
  {
    id: 'D07 stored column',
    steps: tx('ALTER TABLE orders ADD COLUMN gross numeric GENERATED ALWAYS AS (net * 2) STORED'),
    rules: ['ST012'],
  },
  {
    id: 'D08 constrained domain',
    steps: tx("ALTER TABLE shops ADD COLUMN contact mail DEFAULT 'a@b'"),
    rules: ['ST013'],
  },
  {
    id: 'D09 column with foreign key',
    steps: tx('ALTER TABLE plain ADD COLUMN shop_id bigint REFERENCES shops'),
    rules: ['ST014'],
  },
  { id: 'D10 unique column', steps: tx('ALTER TABLE orders ADD COLUMN code text UNIQUE'), rules: ['ST015'] },
  { id: 'D11 required column', steps: tx('ALTER TABLE orders ADD COLUMN code text NOT NULL'), rules: ['ST017'] },
  { id: 'D12 set not null', steps: tx('ALTER TABLE orders ALTER COLUMN note SET NOT NULL'), rules: ['ST018'] },
  { id: 'D13 drop column', steps: tx('ALTER TABLE orders DROP COLUMN note'), rules: ['ST019'] },
  { id: 'D14 rename column', steps: tx('ALTER TABLE orders RENAME COLUMN note TO remark'), rules: ['ST020'] },
  { id: 'D15 rename table', steps: tx('ALTER TABLE orders RENAME TO purchases'), rules: ['ST052'] },
  { id: 'D16 int to bigint', steps: tx('ALTER TABLE orders ALTER COLUMN total TYPE bigint'), rules: ['ST021'] },
  { id: 'D17 check', steps: tx('ALTER TABLE orders ADD CONSTRAINT c CHECK (total < 9)'), rules: ['ST030'] },
  {
    id: 'D18 foreign key',
    steps: tx('ALTER TABLE plain ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES shops (id)'),
    rules: ['ST031'],
  },
  { id: 'D19 unique', steps: tx('ALTER TABLE plain ADD CONSTRAINT u UNIQUE (a)'), rules: ['ST037'] },
  {
    id: 'D20 exclusion',
    steps: tx('ALTER TABLE plain ADD CONSTRAINT e EXCLUDE USING btree (a WITH =)'),
    rules: ['ST039'],
  },
  { id: 'D21 drop foreign key', steps: tx('ALTER TABLE orders DROP CONSTRAINT orders_shop'), rules: ['ST034'] },
  { id: 'D22 drop table with foreign key', steps: tx('DROP TABLE orders'), rules: ['ST050'] },
  {
    id: 'D23 create table with foreign key',
    steps: tx('CREATE TABLE notes (id bigint PRIMARY KEY, order_id bigint REFERENCES orders)'),
    rules: ['ST035'],
  },
  { id: 'D24 rename enum value', steps: tx("ALTER TYPE state RENAME VALUE 'new' TO 'fresh'"), rules: ['ST067'] },
  {
    id: 'D25 domain rule',
    steps: tx('ALTER DOMAIN mail ADD CONSTRAINT short CHECK (length(VALUE) < 99)'),
    rules: ['ST042'],
  },
  {
    id: 'D26 create trigger',
    steps: tx('CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION touch()'),
    rules: ['ST070'],
  },
  { id: 'D27 disable trigger', steps: tx('ALTER TABLE shops DISABLE TRIGGER touch'), rules: ['ST070'] },
  { id: 'D28 row security', steps: tx('ALTER TABLE orders ENABLE ROW LEVEL SECURITY'), rules: ['ST072'] },
  { id: 'D29 policy', steps: tx('CREATE POLICY p ON orders USING (true)'), rules: ['ST073'] },
  { id: 'D30 set unlogged', steps: tx('ALTER TABLE orders SET UNLOGGED'), rules: ['ST055'] },
  { id: 'D31 vacuum full', steps: [['notx rerun=safe', 'VACUUM FULL orders']], rules: ['ST056'] },
  { id: 'D32 cluster', steps: tx('CLUSTER orders USING orders_pkey'), rules: ['ST056'] },
  { id: 'D33 truncate', steps: tx('TRUNCATE orders'), rules: ['ST051'] },
  {
    id: 'D34 attach partition',
    steps: tx("ALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')"),
    rules: ['ST060'],
  },
  {
    id: 'D35 partition of',
    steps: tx("CREATE TABLE events_2027 PARTITION OF events FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')"),
    rules: ['ST061'],
  },
  { id: 'D36 detach partition', steps: tx('ALTER TABLE events DETACH PARTITION events_2025'), rules: ['ST062'] },
  { id: 'D37 refresh', steps: tx('REFRESH MATERIALIZED VIEW cached'), rules: ['ST076'] },
  {
    id: 'D38 replace view',
    steps: tx('CREATE OR REPLACE VIEW totals AS SELECT shop_id, sum(total) AS total FROM orders GROUP BY 1'),
    rules: ['ST074'],
  },
  { id: 'D39 drop view cascade', steps: tx('DROP VIEW totals CASCADE'), rules: ['ST054', 'ST075'] },
  { id: 'D40 unbounded update', steps: tx("UPDATE orders SET note = ''"), rules: ['ST080'] },
  { id: 'D41 unbounded delete', steps: tx('DELETE FROM orders WHERE true'), rules: ['ST080'] },
  { id: 'D42 lock table', steps: tx('LOCK TABLE orders'), rules: ['ST057'] },
  {
    id: 'D43 rows and schema',
    steps: tx("ALTER TABLE orders ADD COLUMN c text; UPDATE orders SET c = '' WHERE id = 1"),
    rules: ['ST083'],
  },
  { id: 'D44 json', steps: tx('ALTER TABLE plain ADD COLUMN j json'), rules: ['ST100'] },
  { id: 'D45 char', steps: tx('ALTER TABLE plain ADD COLUMN c char(2)'), rules: ['ST101'] },
  { id: 'D46 timestamp', steps: tx('ALTER TABLE plain ADD COLUMN t timestamp'), rules: ['ST102'] },
  {
    id: 'D47 int key',
    steps: tx('CREATE TABLE n (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY)'),
    rules: ['ST103'],
  },
  {
    id: 'D48 two tables locked',
    steps: tx('ALTER TABLE orders ADD COLUMN c text; ALTER TABLE shops ADD COLUMN c text'),
    rules: ['ST090'],
  },
  {
    id: 'D49 validated in one transaction',
    steps: tx(
      'ALTER TABLE orders ADD CONSTRAINT c CHECK (total < 9) NOT VALID; ALTER TABLE orders VALIDATE CONSTRAINT c',
    ),
    rules: ['ST033'],
  },
  {
    id: 'D50 lock behind a scan',
    steps: tx('ALTER TABLE orders VALIDATE CONSTRAINT orders_total; ALTER TABLE orders ADD COLUMN c text'),
    rules: ['ST092'],
  },
  {
    id: 'D51 not valid key on partitions',
    steps: tx('ALTER TABLE events ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES shops (id) NOT VALID'),
    rules: ['ST032'],
  },
  {
    id: 'D52 enforced',
    steps: tx('ALTER TABLE orders ALTER CONSTRAINT orders_shop NOT ENFORCED'),
    rules: ['ST036'],
    server: 18,
  },
  {
    id: 'D53 set expression',
    steps: tx('ALTER TABLE orders ALTER COLUMN net SET EXPRESSION AS (total * 3)'),
    rules: ['ST022'],
    server: 17,
  },
  { id: 'D54 primary key', steps: tx('ALTER TABLE plain ADD PRIMARY KEY (id)'), rules: ['ST038'] },
  {
    id: 'D55 enum value used at once',
    steps: tx("ALTER TYPE state ADD VALUE 'paid' AFTER 'new'; UPDATE orders SET state = 'paid' WHERE id = 1"),
    rules: ['ST066'],
  },
  { id: 'D56 set schema', steps: tx('ALTER TABLE orders SET SCHEMA archive'), rules: ['ST053'] },
  {
    id: 'D57 identity',
    steps: tx('ALTER TABLE plain ADD COLUMN no bigint GENERATED BY DEFAULT AS IDENTITY'),
    rules: ['ST011'],
  },
  { id: 'D58 catalog', steps: tx("DELETE FROM pg_enum WHERE enumlabel = 'new'"), rules: ['ST068'] },
  { id: 'D59 enum value without place', steps: tx("ALTER TYPE state ADD VALUE 'paid'"), rules: ['ST065'] },
  {
    id: 'D60 definer',
    steps: tx("CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'"),
    rules: ['ST077'],
  },
];
