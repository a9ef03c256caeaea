import { type LintCase, tx } from './dangerous.ts';

type SafeCase = Omit<LintCase, 'rules'>;

/** The forms that the rules ask for. None of them may be reported, not even as a notice. */
export const safe: readonly SafeCase[] = [
  { id: 'S01 concurrent index', steps: [['notx', 'CREATE INDEX CONCURRENTLY orders_total_i ON orders (total)']] },
  { id: 'S02 concurrent drop', steps: [['notx', 'DROP INDEX CONCURRENTLY orders_at']] },
  { id: 'S03 concurrent reindex', steps: [['notx rerun=safe', 'REINDEX INDEX CONCURRENTLY orders_at']] },
  {
    id: 'S04 index of a partitioned table',
    steps: [
      ['tx', 'CREATE INDEX events_id ON ONLY events (id)'],
      ['notx', 'CREATE INDEX CONCURRENTLY events_2025_id ON events_2025 (id)'],
      ['tx', 'ALTER INDEX events_id ATTACH PARTITION events_2025_id'],
    ],
  },
  {
    id: 'S05 columns without work',
    steps: tx(
      "ALTER TABLE orders ADD COLUMN a text, ADD COLUMN b int NOT NULL DEFAULT 0, ADD COLUMN c timestamptz NOT NULL DEFAULT now(), ADD COLUMN d jsonb DEFAULT '{}'::jsonb",
    ),
  },
  {
    id: 'S06 volatile default in three steps',
    steps: [
      ['tx', 'ALTER TABLE orders ADD COLUMN k uuid'],
      ['tx', 'ALTER TABLE orders ALTER COLUMN k SET DEFAULT gen_random_uuid()'],
      [
        'batch table=orders key=id',
        'UPDATE orders SET k = gen_random_uuid() WHERE id IN (SELECT id FROM batch_keys) AND k IS NULL',
      ],
    ],
  },
  {
    id: 'S07 not null by its ladder',
    steps: [
      ['tx', 'ALTER TABLE orders ADD CONSTRAINT orders_note_nn CHECK (note IS NOT NULL) NOT VALID'],
      ['tx', 'ALTER TABLE orders VALIDATE CONSTRAINT orders_note_nn'],
      ['tx', 'ALTER TABLE orders ALTER COLUMN note SET NOT NULL; ALTER TABLE orders DROP CONSTRAINT orders_note_nn'],
    ],
  },
  {
    id: 'S08 not null as a constraint',
    server: 18,
    steps: [
      ['tx', 'ALTER TABLE orders ADD CONSTRAINT nn NOT NULL note NOT VALID'],
      ['tx', 'ALTER TABLE orders VALIDATE CONSTRAINT nn'],
    ],
  },
  {
    id: 'S09 check',
    steps: [
      ['tx', 'ALTER TABLE orders ADD CONSTRAINT c CHECK (total < 9) NOT VALID'],
      ['tx', 'ALTER TABLE orders VALIDATE CONSTRAINT c'],
    ],
  },
  {
    id: 'S10 foreign key',
    steps: [
      ['tx', 'ALTER TABLE plain ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES shops (id) NOT VALID'],
      ['tx', 'ALTER TABLE plain VALIDATE CONSTRAINT f'],
    ],
  },
  {
    id: 'S11 unique',
    steps: [
      ['notx', 'CREATE UNIQUE INDEX CONCURRENTLY plain_a_key ON plain (a)'],
      ['tx', 'ALTER TABLE plain ADD CONSTRAINT plain_a_key UNIQUE USING INDEX plain_a_key'],
    ],
  },
  {
    id: 'S12 primary key',
    steps: [
      ['notx', 'CREATE UNIQUE INDEX CONCURRENTLY plain_pkey ON plain (id)'],
      ['tx', 'ALTER TABLE plain ADD CONSTRAINT plain_id_nn CHECK (id IS NOT NULL) NOT VALID'],
      ['tx', 'ALTER TABLE plain VALIDATE CONSTRAINT plain_id_nn'],
      [
        'tx',
        'ALTER TABLE plain ALTER id SET NOT NULL; ALTER TABLE plain ADD CONSTRAINT plain_pkey PRIMARY KEY USING INDEX plain_pkey',
      ],
    ],
  },
  { id: 'S13 wider varchar', steps: tx('ALTER TABLE orders ALTER COLUMN ref TYPE varchar(60)') },
  { id: 'S14 varchar to text', steps: tx('ALTER TABLE orders ALTER COLUMN ref TYPE text') },
  { id: 'S15 wider numeric', steps: tx('ALTER TABLE orders ALTER COLUMN net TYPE numeric(14, 2)') },
  { id: 'S16 timestamp to timestamptz in UTC', steps: tx('ALTER TABLE orders ALTER COLUMN due TYPE timestamptz') },
  {
    id: 'S17 defaults and nulls',
    steps: tx("ALTER TABLE orders ALTER note SET DEFAULT '', ALTER ref DROP DEFAULT, ALTER total DROP NOT NULL"),
  },
  {
    id: 'S18 enum value',
    steps: [
      ['tx', "ALTER TYPE state ADD VALUE 'paid' AFTER 'new'"],
      ['tx', "UPDATE orders SET state = 'paid' WHERE id = 1"],
    ],
  },
  {
    id: 'S19 domain rule',
    steps: [
      ['tx', 'ALTER DOMAIN mail ADD CONSTRAINT short CHECK (length(VALUE) < 99) NOT VALID'],
      ['tx', 'ALTER DOMAIN mail VALIDATE CONSTRAINT short'],
    ],
  },
  {
    id: 'S20 policies first',
    steps: tx('CREATE POLICY p ON orders USING (true); ALTER TABLE orders ENABLE ROW LEVEL SECURITY'),
  },
  {
    id: 'S21 options',
    steps: tx(
      "ALTER TABLE orders SET (fillfactor = 80), ALTER note SET STATISTICS 500; COMMENT ON TABLE orders IS 'x'",
    ),
  },
  {
    id: 'S22 attach with a proof',
    steps: [
      [
        'tx',
        "ALTER TABLE events_2026 ADD CONSTRAINT bounds CHECK (at IS NOT NULL AND at >= '2026-01-01' AND at < '2027-01-01') NOT VALID",
      ],
      ['tx', 'ALTER TABLE events_2026 VALIDATE CONSTRAINT bounds'],
      ['tx', "ALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')"],
    ],
  },
  {
    id: 'S23 new partition',
    steps: tx(
      "CREATE TABLE events_2027 (LIKE events INCLUDING ALL); ALTER TABLE events ATTACH PARTITION events_2027 FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')",
    ),
  },
  { id: 'S24 detach', steps: [['notx rerun=safe', 'ALTER TABLE events DETACH PARTITION events_2025 CONCURRENTLY']] },
  { id: 'S25 refresh', steps: tx('REFRESH MATERIALIZED VIEW CONCURRENTLY cached') },
  {
    id: 'S26 batch',
    steps: [
      [
        'batch table=orders key=id size=500 pause=10ms',
        "UPDATE orders SET note = '' WHERE id IN (SELECT id FROM batch_keys) AND note IS NULL",
      ],
    ],
  },
  {
    id: 'S27 a new table, whatever is done to it',
    steps: tx(
      'CREATE TABLE n (id bigint GENERATED ALWAYS AS IDENTITY, a int, o bigint); CREATE INDEX n_a ON n (a); ALTER TABLE n ADD PRIMARY KEY (id); ' +
        'ALTER TABLE n ALTER a SET NOT NULL; ALTER TABLE n ADD CHECK (a > 0); INSERT INTO n (a) SELECT g FROM generate_series(1, 9) g; UPDATE n SET a = 2; ' +
        'CREATE TRIGGER t BEFORE INSERT ON n FOR EACH ROW EXECUTE FUNCTION touch(); ALTER TABLE n RENAME a TO b',
    ),
  },
  {
    id: 'S28 a foreign key to a new table',
    steps: tx(
      'CREATE TABLE n (id bigint PRIMARY KEY); CREATE TABLE m (id bigint PRIMARY KEY, n_id bigint REFERENCES n)',
    ),
  },
  {
    id: 'S29 virtual column',
    server: 18,
    steps: tx('ALTER TABLE orders ADD COLUMN g numeric GENERATED ALWAYS AS (net * 2) VIRTUAL'),
  },
  {
    id: 'S30 named rows',
    steps: tx(
      "UPDATE orders SET note = 'x' WHERE id IN (1, 2, 3); DELETE FROM plain WHERE id = 4 AND a > 2; INSERT INTO shops VALUES (1, 'a')",
    ),
  },
  {
    id: 'S31 set aside',
    steps: [
      ['tx', "SELECT stanchion.soft_drop_column('orders', 'note', 'aaaa00000002')"],
      ['tx', "SELECT stanchion.soft_drop_table('plain', 'aaaa00000002')"],
    ],
  },
  { id: 'S32 storage', steps: tx('ALTER TABLE orders ALTER note SET STORAGE EXTERNAL') },
  {
    id: 'S33 a view',
    steps: tx(
      'CREATE VIEW recent AS SELECT * FROM orders WHERE at > now(); CREATE OR REPLACE VIEW recent AS SELECT id FROM orders',
    ),
  },
  {
    id: 'S34 functions and sequences',
    steps: tx(
      "CREATE FUNCTION f() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'; CREATE SEQUENCE s; SELECT setval('s', 9); GRANT SELECT ON orders TO PUBLIC",
    ),
  },
  {
    id: 'S35 a harmless block',
    steps: tx("DO $$ BEGIN IF (SELECT count(*) FROM orders) > 0 THEN RAISE EXCEPTION 'rows'; END IF; END $$"),
  },
  {
    id: 'S36 key NOT VALID on partitions',
    server: 18,
    steps: tx('ALTER TABLE events ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES shops (id) NOT VALID'),
  },
  {
    id: 'S37 not enforced',
    server: 18,
    steps: tx('ALTER TABLE orders ADD CONSTRAINT c CHECK (total < 9) NOT ENFORCED'),
  },
  {
    id: 'S38 rows that are written down',
    steps: tx("INSERT INTO shops SELECT * FROM (VALUES (7, 'a'), (8, 'b')) AS v (id, name)"),
  },
  {
    id: 'S39 a steady default',
    steps: tx(
      "ALTER TABLE orders ADD c timestamp(0) with time zone DEFAULT date_trunc('day', now() AT TIME ZONE 'UTC'), ADD d text[] DEFAULT '{}'",
    ),
  },
  {
    id: 'S40 a function that says it is stable',
    steps: tx(
      "CREATE FUNCTION v() RETURNS int LANGUAGE sql STABLE AS 'SELECT 1'; ALTER TABLE orders ADD c int DEFAULT v()",
    ),
  },
  {
    id: 'S41 a column that was set aside, or is new',
    steps: tx(
      "SELECT stanchion.take_back_column('orders', 'kept', 'aaaa00000002'); ALTER TABLE public.orders ADD COLUMN IF NOT EXISTS kept text",
    ),
  },
];
