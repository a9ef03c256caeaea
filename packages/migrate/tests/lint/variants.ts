import { type LintCase, tx } from './dangerous.ts';

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
