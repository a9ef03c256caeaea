import type { MatrixCase } from '../case.ts';

const item = 'CREATE TABLE item (id int PRIMARY KEY, name text, size int);';
const rows = "INSERT INTO item SELECT n, 'name ' || n, n FROM generate_series(1, 5) n;";
const touch = (body: string): string =>
  `CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} RETURN NEW; END $$;`;

export const codeCases: readonly MatrixCase[] = [
  {
    name: 'add a view on a new column',
    before: item,
    rows,
    after: `${item.replace('size int', 'size int, weight int')} CREATE VIEW heavy AS SELECT id, weight FROM item WHERE weight > 1;`,
  },
  {
    name: 'a view with one more column',
    before: `${item} CREATE VIEW seen AS SELECT id FROM item;`,
    rows,
    after: `${item} CREATE VIEW seen AS SELECT id, name FROM item;`,
    contains: [/CREATE OR REPLACE VIEW seen/],
  },
  {
    name: 'a view with fewer columns, under another one',
    before: `${item} CREATE VIEW seen AS SELECT id, name FROM item; CREATE VIEW names AS SELECT id FROM seen; COMMENT ON VIEW names IS 'n';`,
    rows,
    after: `${item} CREATE VIEW seen AS SELECT id FROM item; CREATE VIEW names AS SELECT id FROM seen; COMMENT ON VIEW names IS 'n';`,
    phases: ['contract'],
  },
  {
    name: 'drop a view',
    before: `${item} CREATE VIEW seen AS SELECT id FROM item;`,
    rows,
    after: item,
    phases: ['contract'],
  },
  {
    name: 'a materialized view with an index',
    before: item,
    rows,
    after: `${item} CREATE MATERIALIZED VIEW sums AS SELECT size, count(*) AS n FROM item GROUP BY size; CREATE UNIQUE INDEX sums_size ON sums (size);`,
    then: [['SELECT count(*)::int AS n FROM sums', [{ n: 5 }]]],
  },
  {
    name: 'change a materialized view',
    before: `${item} CREATE MATERIALIZED VIEW sums AS SELECT size FROM item; CREATE UNIQUE INDEX sums_size ON sums (size);`,
    rows,
    after: `${item} CREATE MATERIALIZED VIEW sums AS SELECT size, max(id) AS top FROM item GROUP BY size; CREATE UNIQUE INDEX sums_size ON sums (size);`,
    phases: ['contract'],
  },
  {
    name: 'a function and what calls it',
    before: item,
    rows,
    after: `CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n * 2'; ${item.replace('size int', 'size int, twice_of int DEFAULT twice(2), CHECK (twice_of < 100)')} CREATE INDEX item_twice ON item (twice(size)); COMMENT ON FUNCTION twice(int) IS 'doubles';`,
  },
  {
    name: 'another body of a function',
    before: `${touch('')} ${item} CREATE TRIGGER touched BEFORE INSERT ON item FOR EACH ROW EXECUTE FUNCTION touch();`,
    rows,
    after: `${touch("NEW.name := coalesce(NEW.name, '');")} ${item} CREATE TRIGGER touched BEFORE INSERT ON item FOR EACH ROW EXECUTE FUNCTION touch();`,
  },
  {
    name: 'another result of a function under a view',
    before: `CREATE FUNCTION f(n int) RETURNS int LANGUAGE sql AS 'SELECT n'; ${item} CREATE VIEW seen AS SELECT f(id) AS x FROM item;`,
    rows,
    after: `CREATE FUNCTION f(n int) RETURNS text LANGUAGE sql AS 'SELECT n::text'; ${item} CREATE VIEW seen AS SELECT f(id) AS x FROM item;`,
    phases: ['contract'],
  },
  {
    name: 'drop a function and a procedure',
    before: `${item} CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE PROCEDURE p() LANGUAGE sql AS 'DELETE FROM item';`,
    rows,
    after: item,
    phases: ['contract'],
  },
  {
    name: 'add a trigger',
    before: item,
    rows,
    after: `${touch('')} ${item} CREATE TRIGGER touched BEFORE UPDATE OF name ON item FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION touch();`,
  },
  {
    name: 'change a trigger, and disable it',
    before: `${touch('')} ${item} CREATE TRIGGER touched BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION touch();`,
    rows,
    after: `${touch('')} ${item} CREATE TRIGGER touched AFTER UPDATE ON item FOR EACH ROW EXECUTE FUNCTION touch(); ALTER TABLE item DISABLE TRIGGER touched;`,
  },
  {
    name: 'row level security with its policies',
    before: item,
    rows,
    after: `${item} CREATE POLICY small ON item FOR SELECT USING (size < 3); CREATE POLICY add ON item AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK (size > 0); ALTER TABLE item ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;`,
    phases: ['expand', 'contract'],
  },
  {
    name: 'change a policy and drop another',
    before: `${item} CREATE POLICY small ON item FOR SELECT USING (size < 3); CREATE POLICY gone ON item USING (true); ALTER TABLE item ENABLE ROW LEVEL SECURITY;`,
    rows,
    after: `${item} CREATE POLICY small ON item FOR SELECT USING (size < 4); ALTER TABLE item ENABLE ROW LEVEL SECURITY;`,
    phases: ['expand', 'contract'],
  },
  {
    name: 'a sequence',
    before: item,
    rows,
    after: `CREATE SEQUENCE ticket START 100 INCREMENT 5 CYCLE MAXVALUE 1000; ${item.replace('size int', "size int DEFAULT nextval('ticket')")}`,
    then: [["SELECT nextval('ticket') AS n", [{ n: '100' }]]],
  },
  {
    name: 'change a sequence, and drop another',
    before: `CREATE SEQUENCE ticket; CREATE SEQUENCE gone; ${item}`,
    rows: `${rows} SELECT nextval('gone'), nextval('gone');`,
    after: `CREATE SEQUENCE ticket AS int INCREMENT 2 CACHE 10; ${item}`,
    phases: ['expand', 'contract'],
  },
  {
    name: 'statistics of two columns',
    before: item,
    rows,
    after: `${item} CREATE STATISTICS item_stats (dependencies) ON name, size FROM item;`,
  },
  {
    name: 'an extension with a column of its type',
    before: item,
    rows,
    after: `CREATE EXTENSION citext; ${item.replace('size int', 'size int, mail citext UNIQUE')}`,
  },
  {
    name: 'an extension with a new table of its type',
    before: item,
    rows,
    after: `CREATE EXTENSION citext; ${item} CREATE TABLE person (id bigint PRIMARY KEY, mail citext UNIQUE);`,
  },
  {
    name: 'an extension in a schema of its own',
    before: item,
    rows,
    after: `CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext; ${item.replace('size int', 'size int, mail ext.citext UNIQUE')}`,
  },
  {
    name: 'other names of parameters',
    before: `CREATE FUNCTION twice(a int, b text DEFAULT 'x') RETURNS int LANGUAGE sql AS 'SELECT 2 * a';`,
    after: `CREATE FUNCTION twice(n int, note text DEFAULT 'y') RETURNS int LANGUAGE sql AS 'SELECT 2 * n';`,
    phases: ['contract'],
    then: [['SELECT twice(n => 2) AS n', [{ n: 4 }]]],
  },
  {
    name: 'a function that the defaults and checks of a new table call',
    before: item,
    rows,
    after: `${item} CREATE FUNCTION short_id(bytes int DEFAULT 4) RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN $$id$$ || bytes; END';
      CREATE TABLE part (id text PRIMARY KEY DEFAULT short_id(), code text CHECK (code <> short_id(9)));`,
  },
  {
    name: 'a function that goes with the table that calls it',
    before: `${item} CREATE FUNCTION short_id(bytes int DEFAULT 4) RETURNS text LANGUAGE sql AS 'SELECT $$id$$ || bytes';
      CREATE TABLE part (id text PRIMARY KEY DEFAULT short_id(), code text);`,
    rows: `${rows} INSERT INTO part VALUES ('a', 'b');`,
    after: item,
    phases: ['contract'],
  },
  {
    name: 'an aggregate',
    before: item,
    after: `${item} CREATE AGGREGATE mul (int) (SFUNC = int4mul, STYPE = int, INITCOND = '1');`,
    refused: { code: 'unsupported_object', advice: /Write this part by hand/ },
  },
  {
    name: 'an event trigger',
    before: item,
    after: `${item} CREATE FUNCTION et() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION et();`,
    refused: { code: 'unsupported_object', advice: /event trigger watch/ },
  },
];
