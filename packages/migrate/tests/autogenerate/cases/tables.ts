import type { MatrixCase } from '../case.ts';

const items = 'CREATE TABLE item (id bigint PRIMARY KEY, name text NOT NULL, note text);';
const rows =
  "INSERT INTO item SELECT n, 'name ' || n, CASE WHEN n % 2 = 0 THEN 'note ' || n END FROM generate_series(1, 5) n;";

export const tableCases: readonly MatrixCase[] = [
  {
    name: 'add a table with keys, checks, indexes, a serial and a comment',
    before: items,
    rows,
    after: `${items}
      CREATE TABLE part (id serial PRIMARY KEY, item_id bigint NOT NULL REFERENCES item (id) ON DELETE CASCADE, weight numeric(8,2) DEFAULT 1.5 CHECK (weight > 0),
        code varchar(10) UNIQUE, made_at timestamptz NOT NULL DEFAULT now());
      CREATE INDEX part_made_at ON part (made_at DESC) WHERE weight > 1;
      COMMENT ON TABLE part IS 'It''s a part'; COMMENT ON COLUMN part.code IS 'as printed on it';`,
    contains: [/FOREIGN KEY .* NOT VALID;/, /VALIDATE CONSTRAINT part_item_id_fkey;/],
  },
  {
    name: 'drop a table that another refers to',
    before: `${items} CREATE TABLE part (id int PRIMARY KEY, item_id bigint REFERENCES item (id)); CREATE INDEX part_item ON part (item_id);`,
    rows: `${rows} INSERT INTO part VALUES (1, 1), (2, NULL);`,
    after: 'CREATE TABLE part (id int PRIMARY KEY, item_id bigint); CREATE INDEX part_item ON part (item_id);',
    phases: ['expand', 'contract'],
    contains: [/soft_drop_table\('item'/],
  },
  {
    name: 'rename a table when told so',
    before: `${items} CREATE INDEX item_note ON item (note); CREATE TABLE part (id serial PRIMARY KEY, item_id bigint REFERENCES item (id));`,
    rows: `${rows} INSERT INTO part (item_id) VALUES (2);`,
    after: `${items.replace('item', 'thing')} CREATE INDEX item_note ON thing (note); CREATE TABLE part (id serial PRIMARY KEY, item_id bigint REFERENCES thing (id));`,
    renames: [['item', 'thing']],
    phases: ['expand', 'contract'],
    contains: [/security_invoker/],
  },
  {
    name: 'rename a table with a serial',
    before: 'CREATE TABLE item (id serial PRIMARY KEY, name text);',
    rows: "INSERT INTO item (name) VALUES ('a');",
    after: 'CREATE TABLE thing (id serial PRIMARY KEY, name text);',
    renames: [['item', 'thing']],
    phases: ['expand', 'contract'],
    then: [
      ["INSERT INTO thing (name) VALUES ('b') RETURNING id", [{ id: 2 }]],
      ['DELETE FROM thing WHERE id = 2', []],
    ],
  },
  {
    name: 'rename a table and a column of it',
    before: items,
    rows,
    after: items.replace('item', 'thing').replace('note', 'remark'),
    renames: [
      ['item', 'thing'],
      ['thing.note', 'thing.remark'],
    ],
    phases: ['expand', 'backfill', 'contract'],
    then: [['SELECT remark FROM thing WHERE id = 2', [{ remark: 'note 2' }]]],
  },
  {
    name: 'rename a table and widen a column of it',
    before: 'CREATE TABLE item (id bigint PRIMARY KEY, code varchar(5));',
    rows: "INSERT INTO item VALUES (1, 'a');",
    after: 'CREATE TABLE thing (id bigint PRIMARY KEY, code varchar(50), size int);',
    renames: [['item', 'thing']],
    refused: { code: 'no_online_form', advice: /under the old name of thing .* revision of its own/ },
  },
  {
    name: 'rename what must be quoted',
    before: 'CREATE TABLE "Item" ("Id" bigint PRIMARY KEY, "Note ü" text);',
    rows: `INSERT INTO "Item" VALUES (1, 'a');`,
    after: 'CREATE TABLE "Thing" ("Id" bigint PRIMARY KEY, "Remark" text);',
    renames: [
      ['Item', 'Thing'],
      ['Thing.Note ü', 'Thing.Remark'],
    ],
    phases: ['expand', 'backfill', 'contract'],
    then: [['SELECT "Remark" FROM "Thing"', [{ Remark: 'a' }]]],
  },
  {
    name: 'ask with a flag that can be pasted whether something quoted was renamed',
    before: 'CREATE TABLE "Item" ("Id" bigint PRIMARY KEY, note text);',
    after: 'CREATE TABLE "Thing" ("Id" bigint PRIMARY KEY, note text);',
    refused: { code: 'rename_unclear', advice: /--rename '"Item":"Thing"' if so/ },
  },
  {
    name: 'a table that is to be in another schema',
    before: `CREATE SCHEMA app; ${items}`,
    after: `CREATE SCHEMA app; ${items.replace('item', 'app.item')}`,
    renames: [['item', 'app.item']],
    refused: { code: 'no_online_form', advice: /ALTER TABLE item SET SCHEMA app/ },
  },
  {
    name: 'ask whether a table was renamed',
    before: items,
    after: items.replace('item', 'thing'),
    refused: { code: 'rename_unclear', advice: /--rename item:thing if so, --no-rename if not/ },
  },
  {
    name: 'take a similar table as another one when told so',
    before: items,
    rows,
    after: items.replace('item', 'thing'),
    noRename: true,
    phases: ['expand', 'contract'],
  },
  {
    name: 'a table in a new schema',
    before: items,
    rows,
    after: `${items} CREATE SCHEMA "Shop"; CREATE TABLE "Shop"."Order Line" (id int PRIMARY KEY, "Select" text); CREATE INDEX ON "Shop"."Order Line" ("Select");`,
  },
  {
    name: 'drop a schema with its table',
    before: `${items} CREATE SCHEMA shop; CREATE TABLE shop.line (id int PRIMARY KEY, item_id bigint);`,
    rows: `${rows} INSERT INTO shop.line VALUES (1, 1);`,
    after: items,
    phases: ['contract'],
  },
  {
    name: 'add a partitioned table with partitions',
    before: items,
    rows,
    after: `${items} CREATE TABLE event (id bigint, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE INDEX event_at ON event (at);
      CREATE TABLE event_2026 PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');`,
  },
  {
    name: 'add a partition to a table that has some',
    before: `CREATE TABLE event (id bigint, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE TABLE event_2026 PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');`,
    rows: "INSERT INTO event VALUES (1, '2026-05-05');",
    after: `CREATE TABLE event (id bigint, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE TABLE event_2026 PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
      CREATE TABLE event_2027 PARTITION OF event FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');`,
    contains: [/ATTACH PARTITION/],
  },
  {
    name: 'partition a table that is not',
    before: 'CREATE TABLE event (id bigint, at date NOT NULL);',
    after: 'CREATE TABLE event (id bigint, at date NOT NULL) PARTITION BY RANGE (at);',
    refused: { code: 'no_online_form', advice: /new table/ },
  },
  {
    name: 'make a table unlogged',
    before: items,
    after: items.replace('TABLE', 'UNLOGGED TABLE'),
    refused: { code: 'no_online_form', advice: /--plain item/ },
  },
  {
    name: 'make a small table unlogged',
    before: items,
    rows,
    after: items.replace('TABLE', 'UNLOGGED TABLE'),
    plain: ['item'],
    phases: ['contract'],
  },
  {
    name: 'storage parameters of a table',
    before: `${items} ALTER TABLE item SET (fillfactor = 90);`,
    rows,
    after: `${items} ALTER TABLE item SET (autovacuum_vacuum_scale_factor = 0.05);`,
  },
  {
    name: 'comments on everything',
    before: `${items} CREATE INDEX item_note ON item (note); COMMENT ON TABLE item IS 'old';`,
    rows,
    after: `${items} CREATE INDEX item_note ON item (note); COMMENT ON COLUMN item.name IS 'its name'; COMMENT ON INDEX item_note IS 'for the list';
      COMMENT ON CONSTRAINT item_pkey ON item IS 'key';`,
  },
];
