import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { downgrade, type MigrationError, upgrade } from '../src/index.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';
import { catalogOf } from './support/fingerprint.ts';
import { graphOf, step } from './support/revisions.ts';

const [a, b] = ['aaaa00000001', 'bbbb00000002'];
const schema = `
  CREATE TYPE mood AS ENUM ('LOW', 'HIGH');
  CREATE TABLE person (id uuid PRIMARY KEY, name varchar(100) NOT NULL, mood mood, born timestamp DEFAULT now());
  CREATE UNIQUE INDEX ix_person_name ON person (lower(name)) WHERE mood = 'LOW';
  CREATE TABLE pet (id bigint PRIMARY KEY, person_id uuid REFERENCES person (id), CHECK (id > 0));`;
const graph = graphOf(
  {
    id: a,
    phase: 'baseline',
    header: '-- stanchion:adopt_when table=person table=pet',
    up: step('tables', 'tx', schema),
    down: step('drop', 'tx', 'DROP TABLE pet; DROP TABLE person; DROP TYPE mood'),
  },
  {
    id: b,
    parents: [a],
    up: step('one', 'tx', 'ALTER TABLE pet ADD COLUMN x int'),
    down: step('one', 'tx', 'ALTER TABLE pet DROP COLUMN x'),
  },
);

async function open(t: TestContext, sql: string): Promise<TestDatabase> {
  const database = await createDatabase();
  t.after(() => database.drop());
  await database.client.query(sql);
  return database;
}

async function differencesOf(database: TestDatabase): Promise<string> {
  let message = '';
  await assert.rejects(upgrade(graph, { connection: database.config }), (error: MigrationError) => {
    assert.equal(error.code, 'adoption_mismatch');
    message = error.message;
    return true;
  });
  return message;
}

/** The first thing that a run makes. */
async function madeBy(database: TestDatabase): Promise<unknown[]> {
  const { rows } = await database.client.query(
    `SELECT (SELECT count(*)::int FROM pg_namespace WHERE nspname LIKE 'stanchion%') AS schemas, to_regclass('alembic_version') AS versions`,
  );
  return rows;
}

describe('a baseline', () => {
  test('runs where its tables are missing', async (t) => {
    const database = await open(t, 'CREATE TABLE unrelated ()');

    const result = await upgrade(graph, { connection: database.config });

    assert.deepEqual(
      result.finished.map((one) => one.outcome),
      ['applied', 'applied'],
    );
  });

  test('is recorded where its tables are there, whatever the order of columns, and its rows stay', async (t) => {
    const reordered = schema.replace(
      'id uuid PRIMARY KEY, name varchar(100) NOT NULL',
      'name varchar(100) NOT NULL, id uuid PRIMARY KEY',
    );
    const database = await open(t, `${reordered} INSERT INTO person VALUES ('Ada', gen_random_uuid(), 'LOW')`);

    const result = await upgrade(graph, { connection: database.config });

    assert.deepEqual(
      result.finished.map((one) => one.outcome),
      ['recorded', 'applied'],
    );
    const { rows } = await database.client.query(
      "SELECT name, (SELECT count(*)::int FROM pg_namespace WHERE nspname LIKE 'stanchion_scratch%') AS scratch FROM person",
    );
    assert.deepEqual(rows, [{ name: 'Ada', scratch: 0 }]);
  });

  test('is recorded where the owner has more that disturbs nobody, and that stays', async (t) => {
    const more = `ALTER TABLE person ADD COLUMN age int, ADD COLUMN grade text NOT NULL DEFAULT 'a NOT NULL b',
        ADD COLUMN nr bigint GENERATED ALWAYS AS IDENTITY, ADD COLUMN size int GENERATED ALWAYS AS (length(name)) STORED;
      ALTER TABLE person ALTER name SET DEFAULT 'nobody'; CREATE INDEX by_age ON person (age)`;
    const database = await open(t, `${schema} ${more}`);
    const before = await catalogOf(database.client);

    const result = await upgrade(graph, { connection: database.config });
    await downgrade(graph, { connection: database.config, target: 'base' });
    await database.client.query('DROP TABLE alembic_version');

    assert.equal(result.finished[0]?.outcome, 'recorded');
    assert.equal(await catalogOf(database.client), before);
  });

  test('compares without waiting for readers and writers', async (t) => {
    const database = await open(t, schema);
    await database.client.query('BEGIN; LOCK TABLE person, pet IN EXCLUSIVE MODE');

    const result = await upgrade(graph, { connection: database.config, target: a });

    assert.deepEqual(
      result.finished.map((one) => one.outcome),
      ['recorded'],
    );
    await database.client.query('COMMIT');
  });

  test('says that its tables are locked when nobody may read them', async (t) => {
    const database = await open(t, schema);
    await database.client.query('BEGIN; LOCK TABLE person IN ACCESS EXCLUSIVE MODE');

    await assert.rejects(upgrade(graph, { connection: database.config, objectLockWaitMs: 50 }), {
      code: 'object_locked',
    });
    await database.client.query('COMMIT');
  });

  const deviations: [string, string, RegExp][] = [
    ['a missing table', 'DROP TABLE pet', /table "pet" is missing/],
    [
      'a missing column',
      'ALTER TABLE person DROP COLUMN born',
      /"person" column "born" is missing; expected: timestamp without time zone DEFAULT now\(\)/,
    ],
    [
      'another column that needs a value',
      'ALTER TABLE person ADD COLUMN age int NOT NULL',
      /"person" column "age" is not expected, and rows that are written without it have no value for it; found: integer NOT NULL/,
    ],
    [
      'another unique index',
      'CREATE UNIQUE INDEX one_name ON person (name)',
      /"person" index "one_name" is not expected; found: CREATE UNIQUE INDEX/,
    ],
    ['another check', 'ALTER TABLE person ADD CHECK (name <> mood::text)', /constraint "person_check" is not expected/],
    [
      'a constraint of another name',
      'ALTER TABLE pet RENAME CONSTRAINT pet_pkey TO pk_pet',
      /"pk_pet" is the same: ALTER TABLE "pet" RENAME CONSTRAINT "pk_pet" TO "pet_pkey"/,
    ],
    [
      'an index of another name',
      'ALTER INDEX ix_person_name RENAME TO "Names"',
      /"Names" is the same: ALTER INDEX "Names" RENAME TO "ix_person_name"/,
    ],
    [
      'another type',
      'ALTER TABLE person ALTER COLUMN name TYPE varchar(90)',
      /"person" column "name" differs.*varchar|character varying\(100\).*character varying\(90\)/,
    ],
    ['NULL allowed', 'ALTER TABLE person ALTER COLUMN name DROP NOT NULL', /column "name" differs/],
    ['another default', "ALTER TABLE person ALTER COLUMN born SET DEFAULT '2020-01-01'", /column "born" differs/],
    [
      'another enum label',
      "ALTER TYPE mood ADD VALUE 'MIDDLE'",
      /column "mood" differs; expected: mood \('LOW', 'HIGH'\)/,
    ],
    ['a missing index', 'DROP INDEX ix_person_name', /"person" index "ix_person_name" is missing/],
    [
      'an index without its condition',
      'DROP INDEX ix_person_name; CREATE UNIQUE INDEX ix_person_name ON person (lower(name))',
      /index "ix_person_name" differs/,
    ],
    [
      'a missing foreign key',
      'ALTER TABLE pet DROP CONSTRAINT pet_person_id_fkey',
      /constraint "pet_person_id_fkey" is missing/,
    ],
    [
      'a view in a table’s place',
      'DROP TABLE pet; CREATE VIEW pet AS SELECT 1::bigint AS id',
      /"pet" is a view, expected a table/,
    ],
  ];
  for (const [what, change, report] of deviations) {
    test(`is refused for ${what}, and nothing is changed`, async (t) => {
      const database = await open(t, schema);
      await database.client.query(change);

      assert.match(await differencesOf(database), report);

      assert.deepEqual(await madeBy(database), [{ schemas: 0, versions: null }]);
    });
  }

  test('reports all differences at once', async (t) => {
    const database = await open(
      t,
      `${schema} DROP INDEX ix_person_name; ALTER TABLE pet ADD COLUMN a int NOT NULL, ADD COLUMN b int NOT NULL`,
    );

    assert.equal((await differencesOf(database)).split('\n').length, 4);
  });

  test("leaves another tool's version table alone", async (t) => {
    const database = await open(
      t,
      `${schema} CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY); INSERT INTO alembic_version VALUES ('5f3c9a7e21bd')`,
    );

    await upgrade(graph, { connection: database.config });

    assert.deepEqual((await database.client.query('SELECT version_num FROM alembic_version')).rows, [
      { version_num: '5f3c9a7e21bd' },
    ]);
  });

  test('that was recorded loses its record and no table in a downgrade', async (t) => {
    const database = await open(t, schema);
    await upgrade(graph, { connection: database.config });

    const result = await downgrade(graph, { connection: database.config, target: 'base' });

    assert.deepEqual(
      result.finished.map((one) => one.outcome),
      ['reverted', 'unrecorded'],
    );
    assert.deepEqual((await database.client.query("SELECT to_regclass('person')::text AS name")).rows, [
      { name: 'person' },
    ]);
  });

  test('that was run is reverted in a downgrade', async (t) => {
    const database = await open(t, '');
    await upgrade(graph, { connection: database.config });

    const result = await downgrade(graph, { connection: database.config, target: 'base' });

    assert.deepEqual([result.finished.map((one) => one.outcome), result.to], [['reverted', 'reverted'], []]);
  });
});
