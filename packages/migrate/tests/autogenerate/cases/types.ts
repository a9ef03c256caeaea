import type { MatrixCase } from '../case.ts';

const table = (column: string, rest = ''): string => `CREATE TABLE item (id bigint PRIMARY KEY, v ${column}); ${rest}`;
const mood = (...labels: string[]): string =>
  `CREATE TYPE mood AS ENUM (${labels.map((one) => `'${one}'`).join(', ')});`;
const feelings =
  'CREATE TABLE item (id int PRIMARY KEY, v mood NOT NULL, many mood[]); CREATE INDEX item_v ON item (v);';
const threePhases = ['expand', 'backfill', 'contract'];

export const typeCases: readonly MatrixCase[] = [
  {
    name: 'widen a varchar',
    before: table('varchar(10)'),
    rows: "INSERT INTO item VALUES (1, 'abc');",
    after: table('varchar(50)'),
  },
  {
    name: 'widen a varchar with an index and a check',
    before: table("varchar(10) CHECK (v <> '')", 'CREATE INDEX item_v ON item (v);'),
    rows: "INSERT INTO item VALUES (1, 'abc');",
    after: table("varchar(50) CHECK (v <> '')", 'CREATE INDEX item_v ON item (v);'),
  },
  {
    name: 'narrow a varchar',
    before: table('varchar(50)'),
    rows: "INSERT INTO item VALUES (1, 'abc'), (2, NULL);",
    after: table('varchar(5)'),
    phases: threePhases,
    contains: [/values of % would be lost/],
  },
  {
    name: 'varchar to text',
    before: table('varchar(10) NOT NULL'),
    rows: "INSERT INTO item VALUES (1, 'abc');",
    after: table('text NOT NULL'),
  },
  {
    name: 'numeric with more digits',
    before: table('numeric(8,2)'),
    rows: 'INSERT INTO item VALUES (1, 12.34);',
    after: table('numeric(12,2)'),
  },
  {
    name: 'numeric with fewer decimals',
    before: table('numeric(8,4)'),
    rows: 'INSERT INTO item VALUES (1, 12.34);',
    after: table('numeric(8,2)'),
    phases: threePhases,
  },
  {
    name: 'timestamp to timestamptz',
    before: table('timestamp'),
    rows: "INSERT INTO item VALUES (1, '2026-01-01 10:00');",
    after: table('timestamptz'),
    then: [["SELECT v = '2026-01-01 10:00+00' AS same FROM item", [{ same: true }]]],
  },
  {
    name: 'int to bigint with an index, a default and a check',
    before: table('int NOT NULL DEFAULT 7 CHECK (v > 0)', 'CREATE INDEX item_v ON item (v DESC) WHERE v > 3;'),
    rows: 'INSERT INTO item SELECT n, n * 2 FROM generate_series(1, 5) n;',
    after: table('bigint NOT NULL DEFAULT 7 CHECK (v > 0)', 'CREATE INDEX item_v ON item (v DESC) WHERE v > 3;'),
    phases: threePhases,
    contains: [/CREATE INDEX CONCURRENTLY item_v_next/, /soft_drop_column\('item', 'v'/],
    then: [['SELECT v FROM item WHERE id = 5', [{ v: '10' }]]],
  },
  {
    name: 'a serial primary key to bigint, with references and a view',
    before: `CREATE TABLE item (id serial PRIMARY KEY, name text);
      CREATE TABLE part (id int PRIMARY KEY, item_id int NOT NULL REFERENCES item (id));
      CREATE VIEW item_names AS SELECT id, name FROM item;`,
    rows: "INSERT INTO item (name) VALUES ('a'), ('b'); INSERT INTO part VALUES (1, 2);",
    after: `CREATE TABLE item (id bigserial PRIMARY KEY, name text);
      CREATE TABLE part (id int PRIMARY KEY, item_id int NOT NULL REFERENCES item (id));
      CREATE VIEW item_names AS SELECT id, name FROM item;`,
    phases: threePhases,
    then: [
      ["INSERT INTO item (name) VALUES ('c') RETURNING id", [{ id: '3' }]],
      ['DELETE FROM item WHERE id = 3', []],
    ],
  },
  {
    name: 'an identity key to bigint',
    before: 'CREATE TABLE item (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE);',
    rows: "INSERT INTO item (name) VALUES ('a'), ('b');",
    after: 'CREATE TABLE item (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE);',
    phases: threePhases,
    then: [
      ["INSERT INTO item (name) VALUES ('c') RETURNING id", [{ id: '3' }]],
      ["DELETE FROM item WHERE name = 'c'", []],
    ],
  },
  {
    name: 'a serial key and all that refers to it to bigint',
    before: `CREATE TABLE item (id serial PRIMARY KEY, above int REFERENCES item (id));
      CREATE TABLE part (id serial PRIMARY KEY, item_id int NOT NULL REFERENCES item (id) ON DELETE CASCADE);
      CREATE INDEX part_item_id ON part (item_id);`,
    rows: 'INSERT INTO item (above) VALUES (NULL), (1); INSERT INTO part (item_id) VALUES (1), (2);',
    after: `CREATE TABLE item (id bigserial PRIMARY KEY, above bigint REFERENCES item (id));
      CREATE TABLE part (id bigserial PRIMARY KEY, item_id bigint NOT NULL REFERENCES item (id) ON DELETE CASCADE);
      CREATE INDEX part_item_id ON part (item_id);`,
    phases: threePhases,
    contains: [
      /LOCK TABLE part, item IN/,
      /VALIDATE CONSTRAINT item_above_fkey/,
      /VALIDATE CONSTRAINT part_item_id_fkey/,
    ],
    then: [["SELECT count(*)::int AS n FROM pg_constraint WHERE contype = 'f' AND convalidated", [{ n: 2 }]]],
  },
  {
    name: 'two keys to bigint, with the table between them that a key, a check and an index hold together',
    before: `CREATE TABLE item (id serial PRIMARY KEY); CREATE TABLE label (id serial PRIMARY KEY);
      CREATE TABLE item_label (item_id int REFERENCES item (id), label_id int REFERENCES label (id), rank int, place int,
        PRIMARY KEY (item_id, label_id), CHECK (rank <= place));
      CREATE INDEX item_label_rank ON item_label (rank, place DESC);`,
    rows: 'INSERT INTO item DEFAULT VALUES; INSERT INTO label DEFAULT VALUES; INSERT INTO item_label VALUES (1, 1, 2, 3);',
    after: `CREATE TABLE item (id bigserial PRIMARY KEY); CREATE TABLE label (id bigserial PRIMARY KEY);
      CREATE TABLE item_label (item_id bigint REFERENCES item (id), label_id bigint REFERENCES label (id), rank bigint, place bigint,
        PRIMARY KEY (item_id, label_id), CHECK (rank <= place));
      CREATE INDEX item_label_rank ON item_label (rank, place DESC);`,
    phases: threePhases,
  },
  {
    name: 'a text key and what refers to it to uuid, with a new reference beside and one that goes',
    before: `CREATE TABLE item (id text PRIMARY KEY);
      CREATE TABLE part (id int PRIMARY KEY, item_id text NOT NULL REFERENCES item (id), old_id text REFERENCES item (id), new_id text);`,
    rows: `INSERT INTO item VALUES ('7b5f3d1e-0000-4000-8000-000000000001');
      INSERT INTO part SELECT 1, id, id, id FROM item;`,
    after: `CREATE TABLE item (id uuid PRIMARY KEY);
      CREATE TABLE part (id int PRIMARY KEY, item_id uuid NOT NULL REFERENCES item (id), old_id uuid, new_id uuid REFERENCES item (id));`,
    usings: {
      'item.id': 'id::uuid',
      'part.item_id': 'item_id::uuid',
      'part.old_id': 'old_id::uuid',
      'part.new_id': 'new_id::uuid',
    },
    usingsBack: {
      'item.id': 'id::text',
      'part.item_id': 'item_id::text',
      'part.old_id': 'old_id::text',
      'part.new_id': 'new_id::text',
    },
    phases: threePhases,
  },
  {
    name: 'a wider text key and what refers to it by two columns',
    before: `CREATE TABLE item (a int, b varchar(5), PRIMARY KEY (a, b));
      CREATE TABLE part (id int PRIMARY KEY, a int, b varchar(5), FOREIGN KEY (a, b) REFERENCES item (a, b));`,
    rows: "INSERT INTO item VALUES (1, 'x'); INSERT INTO part VALUES (1, 1, 'x');",
    after: `CREATE TABLE item (a int, b varchar(50), PRIMARY KEY (a, b));
      CREATE TABLE part (id int PRIMARY KEY, a int, b varchar(50), FOREIGN KEY (a, b) REFERENCES item (a, b));`,
  },
  {
    name: 'text to int',
    before: table('text'),
    rows: "INSERT INTO item VALUES (1, '42'), (2, NULL);",
    after: table('int'),
    phases: threePhases,
    then: [['SELECT v FROM item WHERE id = 1', [{ v: 42 }]]],
  },
  {
    name: 'text to an array',
    before: table('text'),
    after: table('text[]'),
    refused: { code: 'no_online_form', advice: /--using "item\.v=/ },
  },
  {
    name: 'text to an array when told how',
    before: table('text'),
    rows: "INSERT INTO item VALUES (1, 'a,b'), (2, NULL);",
    after: table('text[]'),
    usings: { 'item.v': "string_to_array(v, ',')" },
    usingsBack: { 'item.v': "array_to_string(v, ',')" },
    phases: threePhases,
    then: [['SELECT v FROM item WHERE id = 1', [{ v: ['a', 'b'] }]]],
  },
  {
    name: 'json to jsonb',
    before: table('json'),
    rows: `INSERT INTO item VALUES (1, '{"a":1}');`,
    after: table('jsonb'),
    phases: threePhases,
  },
  {
    name: 'a type change of a table without a key',
    before: 'CREATE TABLE log (line text, size int);',
    after: 'CREATE TABLE log (line text, size bigint);',
    refused: { code: 'no_online_form', advice: /primary key/ },
  },
  {
    name: 'a type change of a small table',
    before: 'CREATE TABLE log (line text, size int);',
    rows: "INSERT INTO log VALUES ('a', 1);",
    after: 'CREATE TABLE log (line text, size bigint);',
    plain: ['log'],
    phases: ['contract'],
  },
  {
    name: 'a type change under a view, a policy and a trigger',
    before: table(
      'int',
      `CREATE VIEW seen AS SELECT v + 1 AS more FROM item; CREATE VIEW seen_again AS SELECT more FROM seen;
      CREATE POLICY own ON item USING (v > 0); CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TRIGGER touched BEFORE UPDATE OF v ON item FOR EACH ROW EXECUTE FUNCTION touch();`,
    ),
    rows: 'INSERT INTO item VALUES (1, 5);',
    after: table(
      'bigint',
      `CREATE VIEW seen AS SELECT v + 1 AS more FROM item; CREATE VIEW seen_again AS SELECT more FROM seen;
      CREATE POLICY own ON item USING (v > 0); CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TRIGGER touched BEFORE UPDATE OF v ON item FOR EACH ROW EXECUTE FUNCTION touch();`,
    ),
    phases: threePhases,
    then: [['SELECT more FROM seen_again', [{ more: '6' }]]],
  },
  {
    name: 'a wider column under a view',
    before: table('varchar(5)', 'CREATE VIEW seen AS SELECT v FROM item;'),
    rows: "INSERT INTO item VALUES (1, 'abc');",
    after: table('varchar(9)', 'CREATE VIEW seen AS SELECT v FROM item;'),
  },
  {
    name: 'the collation of an indexed column',
    before: table('text', 'CREATE INDEX item_v ON item (v);'),
    rows: "INSERT INTO item VALUES (1, 'abc');",
    after: table('text COLLATE "C"', 'CREATE INDEX item_v ON item (v);'),
    phases: threePhases,
  },
  {
    name: 'a new enum with a column',
    before: 'CREATE TABLE item (id int PRIMARY KEY);',
    rows: 'INSERT INTO item VALUES (1);',
    after: `${mood('sad', 'ok')} CREATE TABLE item (id int PRIMARY KEY, v mood DEFAULT 'ok');`,
  },
  {
    name: 'an enum that goes with its column',
    before: `${mood('sad', 'ok')} CREATE TABLE item (id int PRIMARY KEY, v mood);`,
    rows: "INSERT INTO item VALUES (1, 'sad');",
    after: 'CREATE TABLE item (id int PRIMARY KEY);',
    phases: ['contract'],
  },
  {
    name: 'new labels of an enum, at their places',
    before: `${mood('sad', 'ok')} ${feelings}`,
    rows: "INSERT INTO item VALUES (1, 'sad', '{ok,sad}');",
    after: `${mood('awful', 'sad', 'so_so', 'ok', 'happy')} ${feelings}`,
    contains: [/ADD VALUE IF NOT EXISTS 'awful' BEFORE 'sad'/, /ADD VALUE IF NOT EXISTS 'so_so' AFTER 'sad'/],
  },
  {
    name: 'remove a label of an enum',
    before: `${mood('sad', 'ok', 'happy')} ${feelings}`,
    rows: "INSERT INTO item VALUES (1, 'sad', '{ok,sad}'), (2, 'ok', NULL);",
    after: `${mood('sad', 'ok')} ${feelings}`,
    phases: threePhases,
  },
  {
    name: 'remove a label of an enum that a check and an index name',
    before: `${mood('sad', 'ok', 'happy')} ${table("mood NOT NULL DEFAULT 'ok' CHECK (v <> 'sad')", "CREATE INDEX item_v ON item (v) WHERE v <> 'ok';")}`,
    rows: "INSERT INTO item VALUES (1, 'ok');",
    after: `${mood('sad', 'ok')} ${table("mood NOT NULL DEFAULT 'ok' CHECK (v <> 'sad')", "CREATE INDEX item_v ON item (v) WHERE v <> 'ok';")}`,
    phases: threePhases,
  },
  {
    name: 'reorder the labels of an enum',
    before: `${mood('sad', 'ok', 'happy')} ${feelings}`,
    rows: "INSERT INTO item VALUES (1, 'sad', '{ok,sad}'), (2, 'happy', NULL);",
    after: `${mood('happy', 'ok', 'sad')} ${feelings}`,
    phases: threePhases,
    then: [['SELECT id FROM item ORDER BY v', [{ id: 2 }, { id: 1 }]]],
  },
  {
    name: 'ask whether a label was renamed',
    before: `${mood('sad', 'ok')} ${feelings}`,
    after: `${mood('unhappy', 'ok')} ${feelings}`,
    refused: { code: 'rename_unclear', advice: /--rename mood\.sad:mood\.unhappy/ },
  },
  {
    name: 'rename a label when told so',
    before: `${mood('sad', 'ok')} ${feelings}`,
    rows: "INSERT INTO item VALUES (1, 'sad', NULL);",
    after: `${mood('unhappy', 'ok')} ${feelings}`,
    renames: [['mood.sad', 'mood.unhappy']],
    phases: ['contract'],
    then: [['SELECT v::text AS v FROM item', [{ v: 'unhappy' }]]],
  },
  {
    name: 'enum to text with a check',
    before: `${mood('sad', 'ok')} CREATE TABLE item (id int PRIMARY KEY, v mood NOT NULL);`,
    rows: "INSERT INTO item VALUES (1, 'sad');",
    after: "CREATE TABLE item (id int PRIMARY KEY, v text NOT NULL CHECK (v IN ('sad', 'ok')));",
    phases: threePhases,
  },
  {
    name: 'a domain, with another check, a default and nullable',
    before:
      'CREATE DOMAIN percent AS int NOT NULL CHECK (VALUE >= 0); CREATE TABLE item (id int PRIMARY KEY, v percent);',
    rows: 'INSERT INTO item VALUES (1, 50);',
    after:
      'CREATE DOMAIN percent AS int DEFAULT 10 CHECK (VALUE >= 0) CONSTRAINT percent_most CHECK (VALUE <= 100); CREATE TABLE item (id int PRIMARY KEY, v percent);',
    phases: ['expand', 'contract'],
    contains: [/ALTER DOMAIN percent ADD CONSTRAINT percent_most .* NOT VALID/, /VALIDATE CONSTRAINT percent_most/],
  },
  {
    name: 'a new domain and a composite type',
    before: 'CREATE TABLE item (id int PRIMARY KEY);',
    rows: 'INSERT INTO item VALUES (1);',
    after:
      'CREATE DOMAIN code AS text COLLATE "C" CHECK (VALUE ~ \'^[a-z]+$\'); CREATE TYPE point3 AS (x int, y int, z numeric(4,1)); CREATE TABLE item (id int PRIMARY KEY, v code, p point3);',
  },
  {
    name: 'a collation, and one that goes',
    before: `CREATE COLLATION old_one (provider = icu, locale = 'de'); ${table('text')}`,
    rows: "INSERT INTO item VALUES (1, 'a');",
    after: `CREATE COLLATION new_one (provider = icu, locale = 'sv', deterministic = false); ${table('text', 'CREATE TABLE word (w text COLLATE new_one);')}`,
    phases: ['expand', 'contract'],
  },
];
