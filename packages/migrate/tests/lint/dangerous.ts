export interface LintCase {
  readonly id: string;
  /** Up sections of the revision under test: one text a step. */
  readonly steps: readonly (readonly [mode: string, sql: string])[];
  /** The rules that have to speak. */
  readonly rules: readonly string[];
  readonly server?: number;
}

const tx = (sql: string): LintCase['steps'] => [['tx', sql]];

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

/** The same dangers, spelled otherwise. */
export const variants: readonly LintCase[] = [
  {
    id: 'V01 quoted, qualified, IF EXISTS',
    steps: tx('ALTER TABLE IF EXISTS ONLY "public"."orders" ADD COLUMN "k" uuid DEFAULT public.gen_random_uuid()'),
    rules: ['ST010'],
  },
  {
    id: 'V02 third of three actions',
    steps: tx('ALTER TABLE orders ADD COLUMN a text, ADD COLUMN b text, ALTER note SET NOT NULL'),
    rules: ['ST018'],
  },
  {
    id: 'V03 second statement',
    steps: tx("COMMENT ON TABLE orders IS 'é;';\n/* ; */ ALTER TABLE orders DROP note"),
    rules: ['ST019'],
  },
  {
    id: 'V04 in a DO block',
    steps: tx('DO $$ BEGIN\n  IF true THEN\n    ALTER TABLE orders DROP COLUMN note;\n  END IF;\nEND $$'),
    rules: ['ST019'],
  },
  {
    id: 'V05 EXECUTE in a DO block',
    steps: tx("DO $x$ BEGIN EXECUTE 'DROP TABLE ' || 'orders'; END $x$"),
    rules: ['ST093'],
  },
  { id: 'V06 another language', steps: tx("DO LANGUAGE plpython3u 'pass'"), rules: ['ST093'] },
  { id: 'V07 call', steps: tx('CALL rebuild()'), rules: ['ST093'] },
  {
    id: 'V08 function of the revisions',
    steps: tx("CREATE FUNCTION boom() RETURNS void LANGUAGE sql AS 'DROP TABLE orders'; SELECT boom()"),
    rules: ['ST093'],
  },
  {
    id: 'V09 delete in WITH',
    steps: tx('WITH gone AS (DELETE FROM orders RETURNING id) SELECT count(*) FROM gone'),
    rules: ['ST080'],
  },
  { id: 'V10 always true', steps: tx("UPDATE orders SET note = '' WHERE 1 = 1 OR id = 3"), rules: ['ST080'] },
  {
    id: 'V11 a condition that many rows meet',
    steps: tx("UPDATE orders SET note = '' WHERE note IS NULL"),
    rules: ['ST081'],
  },
  { id: 'V12 a boolean is no key', steps: tx("UPDATE orders SET note = '' WHERE done = true"), rules: ['ST081'] },
  {
    id: 'V13 merge',
    steps: tx('MERGE INTO orders o USING plain p ON o.id = p.id WHEN MATCHED THEN DELETE'),
    rules: ['ST081'],
  },
  {
    id: 'V14 insert from a query',
    steps: tx('INSERT INTO plain SELECT id, total, note FROM orders'),
    rules: ['ST081'],
  },
  {
    id: 'V15 batch without keys',
    steps: [['batch table=orders key=id', "UPDATE orders SET note = '' WHERE note IS NULL"]],
    rules: ['ST082'],
  },
  { id: 'V16 using', steps: tx('ALTER TABLE orders ALTER ref TYPE varchar(30) USING upper(ref)'), rules: ['ST021'] },
  {
    id: 'V17 narrower',
    steps: tx('ALTER TABLE orders ALTER COLUMN ref SET DATA TYPE character varying(10)'),
    rules: ['ST021'],
  },
  { id: 'V18 scale', steps: tx('ALTER TABLE orders ALTER net TYPE numeric(12, 4)'), rules: ['ST021'] },
  { id: 'V19 enum to text', steps: tx('ALTER TABLE orders ALTER state TYPE text'), rules: ['ST021'] },
  {
    id: 'V20 json to jsonb',
    steps: tx('ALTER TABLE orders ALTER extra TYPE jsonb USING extra::jsonb'),
    rules: ['ST021'],
  },
  { id: 'V21 array', steps: tx('ALTER TABLE orders ALTER note TYPE text[] USING ARRAY[note]'), rules: ['ST021'] },
  { id: 'V22 unknown column', steps: tx('ALTER TABLE elsewhere ALTER c TYPE text'), rules: ['ST021'] },
  { id: 'V23 alter index', steps: tx('ALTER INDEX orders_at SET TABLESPACE fast'), rules: ['ST055'] },
  {
    id: 'V24 unnamed index',
    steps: tx('CREATE UNIQUE INDEX ON public.orders USING btree (lower(note)) WHERE note IS NOT NULL'),
    rules: ['ST001'],
  },
  { id: 'V25 several indexes', steps: tx('DROP INDEX IF EXISTS orders_at, public.other'), rules: ['ST003'] },
  {
    id: 'V26 reindex options',
    steps: [['notx rerun=safe', 'REINDEX (VERBOSE, CONCURRENTLY false) INDEX orders_at']],
    rules: ['ST004'],
  },
  { id: 'V27 vacuum options', steps: [['notx rerun=safe', 'VACUUM (FULL true, ANALYZE) orders']], rules: ['ST056'] },
  {
    id: 'V28 force row security',
    steps: tx('ALTER TABLE orders FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY'),
    rules: ['ST072'],
  },
  {
    id: 'V29 constraint trigger',
    steps: tx(
      'CREATE CONSTRAINT TRIGGER t AFTER INSERT ON orders FROM shops DEFERRABLE FOR EACH ROW EXECUTE FUNCTION touch()',
    ),
    rules: ['ST070'],
  },
  { id: 'V30 all triggers', steps: tx('ALTER TABLE orders DISABLE TRIGGER ALL'), rules: ['ST070'] },
  { id: 'V31 lock of two tables', steps: tx('LOCK orders, shops IN SHARE MODE'), rules: ['ST057'] },
  {
    id: 'V32 table-level foreign key',
    steps: tx(
      'CREATE TABLE IF NOT EXISTS n (id bigint PRIMARY KEY, o bigint, FOREIGN KEY (o) REFERENCES public.orders)',
    ),
    rules: ['ST035'],
  },
  { id: 'V33 drop schema', steps: tx('DROP SCHEMA app CASCADE'), rules: ['ST058', 'ST054'] },
  { id: 'V34 drop table in a list', steps: tx('DROP TABLE IF EXISTS plain, orders'), rules: ['ST050'] },
  {
    id: 'V35 foreign key that the name tells',
    steps: tx('ALTER TABLE elsewhere DROP CONSTRAINT elsewhere_a_fkey'),
    rules: ['ST034'],
  },
  {
    id: 'V36 constraint that nothing tells',
    steps: tx('ALTER TABLE elsewhere DROP CONSTRAINT strange'),
    rules: ['ST040'],
  },
  {
    id: 'V37 not null constraint',
    steps: tx('ALTER TABLE orders ADD CONSTRAINT nn NOT NULL note'),
    rules: ['ST041'],
    server: 18,
  },
  { id: 'V38 too new', steps: tx('ALTER TABLE orders ADD CONSTRAINT nn NOT NULL note NOT VALID'), rules: ['ST112'] },
  {
    id: 'V39 virtual before 18',
    steps: tx('ALTER TABLE orders ADD COLUMN g numeric GENERATED ALWAYS AS (net) VIRTUAL'),
    rules: ['ST112'],
    server: 17,
  },
  {
    id: 'V40 check proven only later',
    steps: tx(
      'ALTER TABLE orders ADD CONSTRAINT nn CHECK (note IS NOT NULL) NOT VALID; ALTER TABLE orders ALTER note SET NOT NULL',
    ),
    rules: ['ST018'],
  },
  {
    id: 'V41 primary key over nullable columns',
    steps: [
      ['notx', 'CREATE UNIQUE INDEX CONCURRENTLY plain_a ON plain (a)'],
      ['tx', 'ALTER TABLE plain ADD CONSTRAINT plain_pkey PRIMARY KEY USING INDEX plain_a'],
    ],
    rules: ['ST038'],
  },
  { id: 'V42 setting', steps: tx("SET LOCAL lock_timeout = '1h'"), rules: ['ST095'] },
  { id: 'V43 reset', steps: tx('RESET ALL'), rules: ['ST095'] },
  { id: 'V45 twice', steps: tx("UPDATE orders SET note = 'a', note = 'b' WHERE id = 1"), rules: ['ST085'] },
  { id: 'V46 column check', steps: tx('ALTER TABLE orders ADD COLUMN c int CHECK (c > 0)'), rules: ['ST016'] },
  { id: 'V47 domain not null', steps: tx('ALTER DOMAIN mail SET NOT NULL'), rules: ['ST042'] },
  {
    id: 'V48 cascade of a column',
    steps: tx('ALTER TABLE orders DROP COLUMN note CASCADE'),
    rules: ['ST054', 'ST019'],
  },
  { id: 'V49 rename by ALTER VIEW', steps: tx('ALTER VIEW totals RENAME TO sums'), rules: ['ST059'] },
  { id: 'V50 rename schema', steps: tx('ALTER SCHEMA app RENAME TO old'), rules: ['ST058'] },
  { id: 'V51 for update', steps: tx('SELECT id FROM orders FOR UPDATE'), rules: ['ST086'] },
  { id: 'V52 explain', steps: tx('EXPLAIN ANALYZE DELETE FROM orders'), rules: ['ST080'] },
  { id: 'V53 syntax', steps: tx('ALTER TABEL orders ADD c int'), rules: ['ST113'] },
  { id: 'V54 disable row security', steps: tx('ALTER TABLE orders DISABLE ROW LEVEL SECURITY'), rules: ['ST072'] },
  {
    id: 'V55 index behind a lock',
    steps: tx('ALTER TABLE orders ADD COLUMN c text; ALTER TABLE orders VALIDATE CONSTRAINT orders_total'),
    rules: ['ST091'],
  },
  {
    id: 'V56 key by ALTER TABLE ADD PRIMARY KEY USING',
    steps: tx('ALTER TABLE plain ADD COLUMN k bigint PRIMARY KEY'),
    rules: ['ST015'],
  },
  { id: 'V57 drop rule', steps: tx('DROP RULE r ON orders'), rules: ['ST071'] },
  { id: 'V58 drop trigger', steps: tx('DROP TRIGGER IF EXISTS touch ON public.shops'), rules: ['ST071'] },
  { id: 'V59 drop policy', steps: tx('DROP POLICY p ON orders'), rules: ['ST073'] },
  {
    id: 'V61 index of another operator class',
    steps: tx('ALTER TABLE orders ALTER at TYPE timestamptz'),
    rules: ['ST021'],
  },
  { id: 'V60 domain without default', steps: tx('ALTER TABLE shops ADD COLUMN contact mail'), rules: ['ST013'] },
  { id: 'V62 copy', steps: tx("COPY plain FROM '/srv/rows.csv'"), rules: ['ST081'] },
  {
    id: 'V63 collation of an index',
    steps: tx('ALTER TABLE orders ALTER ref TYPE varchar(20) COLLATE "C"'),
    rules: ['ST021'],
  },
  { id: 'V64 role', steps: tx('SET ROLE admin'), rules: ['ST095'] },
  {
    id: 'V65 validated by the same statement',
    steps: tx('ALTER TABLE orders ADD CONSTRAINT c CHECK (total < 9) NOT VALID, VALIDATE CONSTRAINT c'),
    rules: ['ST033'],
  },
  { id: 'V66 clock', steps: tx('ALTER TABLE orders ADD c timestamptz DEFAULT clock_timestamp()'), rules: ['ST010'] },
  {
    id: 'V67 volatile function of the revisions',
    steps: tx("CREATE FUNCTION v() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER TABLE orders ADD c int DEFAULT v()"),
    rules: ['ST010'],
  },
  {
    id: 'V68 column and NOT NULL at once',
    steps: tx('ALTER TABLE orders ADD c int DEFAULT 0, ALTER c SET NOT NULL'),
    rules: ['ST018'],
  },
  { id: 'V69 drop of a key', steps: tx('ALTER TABLE orders DROP CONSTRAINT IF EXISTS orders_pkey'), rules: ['ST040'] },
  {
    id: 'V70 a column that takes its key along',
    steps: tx('ALTER TABLE orders DROP shop_id; ALTER TABLE plain ADD c int'),
    rules: ['ST019', 'ST090'],
  },
  {
    id: 'V71 truncate in a list',
    steps: tx('TRUNCATE TABLE ONLY public.orders, plain RESTART IDENTITY CASCADE'),
    rules: ['ST051'],
  },
  {
    id: 'V72 default partition',
    steps: tx('ALTER TABLE events ATTACH PARTITION events_2026 DEFAULT'),
    rules: ['ST060'],
  },
  {
    id: 'V73 access method',
    steps: tx('ALTER TABLE orders SET ACCESS METHOD heap2, SET TABLESPACE fast'),
    rules: ['ST055'],
  },
  {
    id: 'V74 concurrent on a partitioned table',
    steps: [['notx', 'CREATE INDEX CONCURRENTLY e ON events (id)']],
    rules: ['ST002'],
  },
  {
    id: 'V75 beside a default partition',
    steps: tx(
      "CREATE TABLE l (LIKE logs); ALTER TABLE logs ATTACH PARTITION l FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
    ),
    rules: ['ST060'],
  },
];
