import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { openSession } from '../../src/connection.ts';
import { type FillResult, fillRows } from '../../src/verify/fill-rows.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

async function fill(t: TestContext, schema: string): Promise<{ result: FillResult; database: TestDatabase }> {
  const database = await createDatabase();
  t.after(() => database.drop());
  await database.client.query(schema);
  const session = await openSession(database.config);
  try {
    await session.execute('BEGIN');
    const result = await fillRows(session, { rows: 10, ignoreSchemas: [] });
    await session.execute('COMMIT');
    return { result, database };
  } finally {
    await session.close();
  }
}

async function count(database: TestDatabase, table: string, where = 'true'): Promise<number> {
  const { rows } = await database.client.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table} WHERE ${where}`);
  return rows[0]?.n ?? -1;
}

describe('generated rows', () => {
  test('fit every type, with enums, arrays, domains, modifiers and quoted names', async (t) => {
    const { result, database } = await fill(
      t,
      `CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'happy');
       CREATE DOMAIN age AS smallint NOT NULL CHECK (VALUE BETWEEN 18 AND 99);
       CREATE DOMAIN old AS age CHECK (VALUE > 60);
       CREATE TABLE "All ""types""" (
         id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "Select" int NOT NULL, a smallint NOT NULL, b numeric(4, 2) NOT NULL, b2 numeric NOT NULL,
         c varchar(3) NOT NULL, d char(5) NOT NULL, e boolean NOT NULL, f uuid NOT NULL, g date NOT NULL, h timestamp(3) NOT NULL, i timestamptz NOT NULL,
         j time NOT NULL, k interval NOT NULL, l json NOT NULL, m jsonb NOT NULL, n bytea NOT NULL, o inet NOT NULL, p cidr NOT NULL, q macaddr NOT NULL,
         r mood NOT NULL, s mood[] NOT NULL, t text[] NOT NULL, u age, v old, w int4range NOT NULL, x tstzrange NOT NULL, y tsvector NOT NULL, z point NOT NULL,
         aa float8 NOT NULL, bb bit(4) NOT NULL, cc "char" NOT NULL, dd numeric(12, 0)[] NOT NULL, ee money NOT NULL, ff name NOT NULL,
         gg int GENERATED ALWAYS AS ("Select" * 2) STORED, hh serial);`,
    );

    assert.deepEqual(result, { inserted: 10, unfilled: [] });
    assert.equal(await count(database, '"All ""types"""'), 10);
  });

  test('obey checks: lists, ranges, patterns, lengths and pairs of columns', async (t) => {
    const { result } = await fill(
      t,
      `CREATE TABLE a (id int PRIMARY KEY, kind text NOT NULL CHECK (kind IN ('native', 'legacy')), size int NOT NULL CHECK (size >= 500 AND size < 600),
         mail text NOT NULL CHECK (mail LIKE '%@%'), code text NOT NULL CHECK (length(code) = 1), low int NOT NULL, high int NOT NULL, CHECK (low > high + 100),
         state text NOT NULL DEFAULT 'open', closed timestamptz, CHECK ((state = 'closed') = (closed IS NOT NULL)));`,
    );

    assert.deepEqual(result, { inserted: 10, unfilled: [] });
  });

  test('refer to rows that are there, in circles and to themselves too', async (t) => {
    const { result, database } = await fill(
      t,
      `CREATE TABLE z_parent (a int, b text, PRIMARY KEY (a, b));
       CREATE TABLE a_child (id int PRIMARY KEY, a int NOT NULL, b text NOT NULL, FOREIGN KEY (a, b) REFERENCES z_parent);
       CREATE TABLE person (id int PRIMARY KEY, boss int REFERENCES person, team int);
       CREATE TABLE team (id int PRIMARY KEY, lead int NOT NULL REFERENCES person);
       ALTER TABLE person ADD FOREIGN KEY (team) REFERENCES team;
       CREATE TABLE node (id int PRIMARY KEY, up int NOT NULL REFERENCES node);`,
    );

    assert.deepEqual(result, { inserted: 50, unfilled: [] });
    assert.ok((await count(database, 'person', 'team IS NOT NULL')) > 0);
    assert.ok((await count(database, 'person', 'boss IS NOT NULL')) > 0);
  });

  test('differ where they must, also from rows that were there', async (t) => {
    const { result } = await fill(
      t,
      `CREATE TABLE u (id int PRIMARY KEY, flag boolean NOT NULL, code char(1) UNIQUE, during int4range, EXCLUDE USING gist (during WITH &&));
       INSERT INTO u VALUES (3, true, 'a', '[0, 100)');`,
    );

    assert.deepEqual(result, { inserted: 9, unfilled: [] });
  });

  test('go into partitions, through triggers, and leave nulls where they may be', async (t) => {
    const { result, database } = await fill(
      t,
      `CREATE TABLE events (at date NOT NULL, region text NOT NULL, v int) PARTITION BY LIST (region);
       CREATE TABLE events_n PARTITION OF events FOR VALUES IN ('north', 'west');
       CREATE TABLE events_s PARTITION OF events FOR VALUES IN ('south') PARTITION BY RANGE (at);
       CREATE TABLE events_s1 PARTITION OF events_s FOR VALUES FROM ('2020-01-01') TO ('2020-02-01');
       CREATE FUNCTION up() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.region := lower(NEW.region); RETURN NEW; END';
       CREATE TRIGGER up BEFORE INSERT ON events_n FOR EACH ROW EXECUTE FUNCTION up();`,
    );

    assert.deepEqual(result, { inserted: 20, unfilled: [] });
    assert.deepEqual([await count(database, 'events'), (await count(database, 'events', 'v IS NULL')) > 0], [20, true]);
  });

  test('that nothing satisfies are named with what PostgreSQL says', async (t) => {
    const { result } = await fill(t, 'CREATE TABLE no (a int NOT NULL CHECK (a <> a)); CREATE TABLE yes (a int)');

    assert.equal(result.inserted, 10);
    assert.deepEqual(
      result.unfilled.map(({ table, reason }) => [table, /violates check constraint/.test(reason)]),
      [['public.no', true]],
    );
  });
});
