import type { MatrixCase } from '../case.ts';

const item = (rest = '', columns = ''): string =>
  `CREATE TABLE item (id int NOT NULL, code text NOT NULL, size int, at int${columns}${rest});`;
const key = ', CONSTRAINT item_pkey PRIMARY KEY (id)';
const rows = "INSERT INTO item (id, code, size, at) SELECT n, 'c' || n, n * 2, n FROM generate_series(1, 5) n;";
const parent = 'CREATE TABLE parent (id int PRIMARY KEY);';
const parentRows = `INSERT INTO parent SELECT n FROM generate_series(1, 10) n; ${rows}`;
const fk = (rest = ''): string => `, CONSTRAINT item_size_fkey FOREIGN KEY (size) REFERENCES parent (id)${rest}`;

export const constraintCases: readonly MatrixCase[] = [
  {
    name: 'add a check',
    before: item(key),
    rows,
    after: item(`${key}, CONSTRAINT item_size CHECK (size > 0)`),
    phases: ['contract'],
    contains: [/CHECK \(size > 0\) NOT VALID/, /VALIDATE CONSTRAINT item_size/],
  },
  {
    name: 'change a check',
    before: item(`${key}, CONSTRAINT item_size CHECK (size > 0)`),
    rows,
    after: item(`${key}, CONSTRAINT item_size CHECK (size > 1)`),
    phases: ['contract'],
    contains: [/RENAME CONSTRAINT item_size_next TO item_size/],
  },
  { name: 'drop a check', before: item(`${key}, CONSTRAINT item_size CHECK (size > 0)`), rows, after: item(key) },
  {
    name: 'add a unique constraint',
    before: item(key),
    rows,
    after: item(`${key}, CONSTRAINT item_code UNIQUE (code)`),
    phases: ['contract'],
    contains: [/CREATE UNIQUE INDEX CONCURRENTLY item_code/, /UNIQUE USING INDEX item_code/],
  },
  {
    name: 'a unique constraint of more columns, deferrable, without equal nulls',
    before: item(`${key}, CONSTRAINT item_code UNIQUE (code)`),
    rows,
    after: item(`${key}, CONSTRAINT item_code UNIQUE NULLS NOT DISTINCT (code, size) DEFERRABLE INITIALLY DEFERRED`),
    phases: ['contract'],
  },
  {
    name: 'a composite primary key',
    before: item(),
    rows,
    after: item(', CONSTRAINT item_pkey PRIMARY KEY (id, code)'),
    phases: ['contract'],
  },
  {
    name: 'another primary key',
    before: item(key),
    rows,
    after: item(', CONSTRAINT item_pkey PRIMARY KEY (code, id)'),
    phases: ['contract'],
    contains: [/DROP CONSTRAINT item_pkey;\nALTER TABLE item ADD CONSTRAINT item_pkey PRIMARY KEY USING INDEX/],
  },
  {
    name: 'another key that foreign keys stand on',
    before: `${item(key)} CREATE TABLE part (item_id int REFERENCES item (id));`,
    after: `CREATE TABLE item (id int NOT NULL, code text NOT NULL, size int, at int, CONSTRAINT item_pkey PRIMARY KEY (id, code), UNIQUE (id)); CREATE TABLE part (item_id int);`,
    refused: { code: 'no_online_form', advice: /under another name, move them to it/ },
  },
  {
    name: 'add a foreign key',
    before: parent + item(key),
    rows: parentRows,
    after: parent + item(key + fk()),
    phases: ['contract'],
    contains: [/NOT VALID;/, /VALIDATE CONSTRAINT item_size_fkey/],
  },
  { name: 'drop a foreign key', before: parent + item(key + fk()), rows: parentRows, after: parent + item(key) },
  {
    name: 'another action of a foreign key',
    before: parent + item(key + fk()),
    rows: parentRows,
    after: parent + item(key + fk(' ON DELETE SET NULL')),
    phases: ['contract'],
  },
  {
    name: 'a deferrable foreign key',
    before: parent + item(key + fk()),
    rows: parentRows,
    after: parent + item(key + fk(' DEFERRABLE INITIALLY DEFERRED')),
    phases: ['contract'],
  },
  {
    name: 'a foreign key to itself',
    before: item(key),
    rows,
    after: item(`${key}, CONSTRAINT item_at_fkey FOREIGN KEY (at) REFERENCES item (id)`),
    phases: ['contract'],
  },
  {
    name: 'a column with a foreign key',
    before: parent + item(key),
    rows: parentRows,
    after: parent + item(key, ', parent_id int REFERENCES parent (id)'),
  },
  {
    name: 'a foreign key that is not valid yet',
    before:
      parent +
      item(key + fk()).replace(fk(), '') +
      'ALTER TABLE item ADD CONSTRAINT item_size_fkey FOREIGN KEY (size) REFERENCES parent (id) NOT VALID;',
    rows: parentRows,
    after: parent + item(key + fk()),
    phases: ['contract'],
  },
  {
    name: 'an exclusion constraint',
    before: item(key),
    after: item(`${key}, CONSTRAINT item_at EXCLUDE USING btree (at WITH =)`),
    refused: { code: 'no_online_form', advice: /new table with it|--plain item/ },
  },
  {
    name: 'an exclusion constraint of a small table',
    before: item(key),
    rows,
    after: item(`${key}, CONSTRAINT item_at EXCLUDE USING btree (at WITH =)`),
    plain: ['item'],
    phases: ['contract'],
  },
  {
    name: 'a foreign key of a partitioned table',
    until: 17,
    before: `${parent} CREATE TABLE event (id int, p int) PARTITION BY LIST (id);`,
    after: `${parent} CREATE TABLE event (id int, p int REFERENCES parent (id)) PARTITION BY LIST (id);`,
    refused: { code: 'no_online_form', advice: /each partition/ },
  },
  {
    name: 'add an index',
    before: item(key),
    rows,
    after: `${item(key)} CREATE INDEX item_code ON item (code);`,
    contains: [/CREATE INDEX CONCURRENTLY item_code/, /mode=notx/],
  },
  {
    name: 'drop an index',
    before: `${item(key)} CREATE INDEX item_code ON item (code);`,
    rows,
    after: item(key),
    phases: ['contract'],
    contains: [/DROP INDEX CONCURRENTLY item_code/],
  },
  {
    name: 'change an index',
    before: `${item(key)} CREATE INDEX item_code ON item (code);`,
    rows,
    after: `${item(key)} CREATE INDEX item_code ON item (code, size);`,
    contains: [/RENAME TO item_code_old/],
  },
  {
    name: 'a unique index',
    before: item(key),
    rows,
    after: `${item(key)} CREATE UNIQUE INDEX item_code ON item (lower(code)) WHERE size > 1;`,
    phases: ['contract'],
  },
  {
    name: 'a unique index that becomes a constraint',
    before: `${item(key)} CREATE UNIQUE INDEX item_code_key ON item (code); CREATE UNIQUE INDEX item_size ON item (size);`,
    rows,
    after: item(`${key}, UNIQUE (code), UNIQUE (size) DEFERRABLE`),
    contains: [/UNIQUE USING INDEX item_size DEFERRABLE;/, /DROP CONSTRAINT item_code_key;/],
  },
  {
    name: 'a unique constraint that becomes an index',
    before: item(`${key}, UNIQUE (code)`),
    rows,
    after: `${item(key)} CREATE UNIQUE INDEX item_code ON item (code);`,
    contains: [/CREATE UNIQUE INDEX CONCURRENTLY item_code_next/],
  },
  {
    name: 'indexes of every kind',
    before: item(key),
    rows,
    after: `${item(key)} CREATE INDEX i1 ON item (code text_pattern_ops DESC NULLS LAST); CREATE INDEX i2 ON item (code) INCLUDE (size); CREATE INDEX i3 ON item USING hash (code);
      CREATE INDEX i4 ON item ((size + at)); CREATE INDEX i5 ON item USING brin (at) WITH (pages_per_range = 16);`,
  },
  {
    name: 'an index of a partitioned table',
    before: 'CREATE TABLE event (id int) PARTITION BY LIST (id);',
    after: 'CREATE TABLE event (id int) PARTITION BY LIST (id); CREATE INDEX event_id ON event (id);',
    refused: { code: 'no_online_form', advice: /ON ONLY/ },
  },
  {
    name: 'a name of 63 bytes',
    before: `CREATE TABLE ${'t'.repeat(63)} (id int PRIMARY KEY, ${'c'.repeat(63)} int);`,
    rows: `INSERT INTO ${'t'.repeat(63)} VALUES (1, 2);`,
    after: `CREATE TABLE ${'t'.repeat(63)} (id int PRIMARY KEY, ${'c'.repeat(63)} bigint NOT NULL); CREATE INDEX ${'i'.repeat(63)} ON ${'t'.repeat(63)} (${'c'.repeat(63)});`,
    phases: ['expand', 'backfill', 'contract'],
  },
];
