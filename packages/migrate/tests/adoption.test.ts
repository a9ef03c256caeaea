import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { downgrade, MigrationError, planRun, type RevisionGraph, upgrade } from '../src/index.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';
import { catalogOf, rowsOf } from './support/fingerprint.ts';
import { graphOf, step } from './support/revisions.ts';

const [a, b, c] = ['aaaa00000001', 'bbbb00000002', 'cccc00000003'];
const schema = 'CREATE TABLE person (id int PRIMARY KEY, name text NOT NULL);';
const rows = "INSERT INTO person VALUES (1, 'Ada'), (2, 'Bo');";
const baseline = {
  id: a,
  phase: 'baseline',
  header: '-- stanchion:adopt_when table=person',
  up: step('tables', 'tx', schema),
};
const second = {
  id: b,
  parents: [a],
  up: [
    step(
      'made',
      'tx',
      'CREATE TABLE IF NOT EXISTS sessions (id int); CREATE INDEX IF NOT EXISTS by_id ON sessions (id)',
    ),
    step('column', 'tx', 'ALTER TABLE person ADD COLUMN handle text, ADD CONSTRAINT short CHECK (length(handle) < 9)'),
    step(
      'trigger',
      'tx',
      `CREATE OR REPLACE FUNCTION handled() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
       CREATE TRIGGER handled BEFORE UPDATE ON person FOR EACH ROW EXECUTE FUNCTION handled()`,
    ),
    step(
      'fill',
      'batch table=person key=id',
      'UPDATE person SET handle = left(name, 8) WHERE id IN (SELECT id FROM batch_keys)',
    ),
  ].join('\n'),
  down: step(
    'drop',
    'tx',
    'DROP TRIGGER handled ON person; DROP FUNCTION handled(); ALTER TABLE person DROP COLUMN handle; DROP TABLE sessions',
  ).replace('mode=tx', 'mode=tx accept="ST019,ST050: a test"'),
};
const graph = graphOf(baseline, second);

async function open(t: TestContext, sql: string): Promise<TestDatabase> {
  const database = await createDatabase();
  t.after(() => database.drop());
  await database.client.query(sql);
  return database;
}

async function look(database: TestDatabase): Promise<unknown> {
  const { rows: schemas } = await database.client.query('SELECT nspname FROM pg_namespace ORDER BY 1');
  return [await catalogOf(database.client), await rowsOf(database.client), schemas];
}

/** The faults of an upgrade, which has changed nothing. */
async function refusalOf(
  database: TestDatabase,
  { of = graph, role }: { of?: RevisionGraph; role?: string } = {},
): Promise<MigrationError['faults']> {
  const before = await look(database);
  const connection = { ...database.config, ...(role === undefined ? {} : { options: `-c role=${role}` }) };
  const error: unknown = await upgrade(of, { connection }).catch((caught: unknown) => caught);
  assert.ok(error instanceof MigrationError, String(error));
  assert.deepEqual(await look(database), before);
  return error.faults;
}

describe('the upgrade of a database that somebody else has made', () => {
  const names: [string, string, string, string][] = [
    ['a table', 'CREATE TABLE sessions (id int)', 'made', 'table "sessions" in schema "public"'],
    ['a view', 'CREATE VIEW sessions AS SELECT 1 AS id', 'made', 'view "sessions" in schema "public"'],
    ['a type', "CREATE TYPE sessions AS ENUM ('a')", 'made', 'type "sessions" in schema "public"'],
    ['an index', 'CREATE INDEX by_id ON person (name)', 'made', 'index "by_id" in schema "public"'],
    ['a column', 'ALTER TABLE person ADD COLUMN handle text', 'column', 'column "handle" of "public"."person"'],
    [
      'a function',
      'CREATE FUNCTION handled() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
      'trigger',
      'function "handled" in schema "public"',
    ],
    [
      'a trigger',
      `CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
       CREATE TRIGGER handled BEFORE INSERT ON person FOR EACH ROW EXECUTE FUNCTION other()`,
      'trigger',
      'trigger "handled" of "public"."person"',
    ],
  ];
  for (const [what, sql, stepName, told] of names) {
    test(`is refused where ${what} has a name that a revision makes, even with IF NOT EXISTS or OR REPLACE`, async (t) => {
      const database = await open(t, `${schema} ${rows} ${sql}`);

      const [fault, ...others] = await refusalOf(database);

      assert.deepEqual([others, fault?.code, fault?.revision, fault?.step], [[], 'name_taken', b, stepName]);
      assert.ok(fault?.message.startsWith(told), fault?.message ?? 'no fault');
      assert.ok(fault?.line !== undefined && fault.hint?.startsWith('Nothing was changed.'));
    });
  }

  const fire = `CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name := 'x'; RETURN NEW; END $$;
    CREATE TRIGGER touch BEFORE`;
  const watchers: [string, string, RegExp][] = [
    ['a trigger', `${fire} UPDATE ON person FOR EACH ROW EXECUTE FUNCTION touch()`, /trigger "touch" would fire/],
    [
      'a trigger of statements',
      `${fire} INSERT OR UPDATE ON person FOR EACH STATEMENT EXECUTE FUNCTION touch()`,
      /trigger "touch" would fire/,
    ],
    [
      'a rule',
      'CREATE TABLE log (id int); CREATE RULE "Log" AS ON UPDATE TO person DO ALSO INSERT INTO log VALUES (1)',
      /rule "Log" would fire/,
    ],
  ];
  for (const [what, sql, told] of watchers) {
    test(`is refused where ${what} of the owner would see a backfill`, async (t) => {
      const database = await open(t, `${schema} ${rows} ${sql}`);

      const [fault, ...others] = await refusalOf(database);

      assert.deepEqual([others, fault?.code, fault?.step], [[], 'adoption_hindered', 'fill']);
      assert.match(fault?.message ?? '', told);
      assert.match(fault?.hint ?? '', /ALTER TABLE "public"."person" DISABLE (TRIGGER|RULE)/);
    });
  }

  test('goes by what would not fire: other events, other columns, what is switched off', async (t) => {
    const database = await open(
      t,
      `${schema} ${rows} ${fire} UPDATE ON person FOR EACH ROW EXECUTE FUNCTION touch(); ALTER TABLE person DISABLE TRIGGER touch;
       CREATE TRIGGER named BEFORE UPDATE OF name ON person FOR EACH ROW EXECUTE FUNCTION touch();
       CREATE TRIGGER born BEFORE INSERT OR DELETE ON person FOR EACH ROW EXECUTE FUNCTION touch()`,
    );
    const before = await rowsOf(database.client);

    await upgrade(graph, { connection: database.config });
    await downgrade(graph, { connection: database.config, target: a });

    assert.equal((await rowsOf(database.client))['person'], before['person']);
  });

  test("does not take what its own revisions made for the owner's", async (t) => {
    const database = await open(t, `${schema} ${rows}`);
    const third = {
      id: c,
      parents: [b],
      up: [
        step(
          'again',
          'tx',
          'CREATE OR REPLACE FUNCTION handled() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$',
        ),
        step('more', 'tx', "UPDATE person SET handle = 'x'"),
      ].join('\n'),
    };

    await upgrade(graph, { connection: database.config });
    await upgrade(graphOf(baseline, second, third), { connection: database.config });

    assert.deepEqual((await database.client.query('SELECT DISTINCT handle FROM person')).rows, [{ handle: 'x' }]);
  });

  test("does not take what half a revision has made for the owner's", async (t) => {
    const database = await open(t, `${schema} ${rows}`);
    const third = { id: c, parents: [b], up: step('more', 'tx', "UPDATE person SET handle = 'x'") };
    const half = (last: string) =>
      graphOf(baseline, { ...second, up: `${second.up}\n${step('last', 'tx', last)}` }, third);
    await assert.rejects(upgrade(half('SELECT 1/0'), { connection: database.config }), { code: 'sql_failed' });

    const { finished } = await upgrade(half('SELECT 1'), { connection: database.config });

    assert.deepEqual(
      finished.map(({ revision }) => revision),
      [b, c],
    );
  });

  test('is looked at again by each later upgrade', async (t) => {
    const database = await open(t, `${schema} ${rows}`);
    await upgrade(graph, { connection: database.config });
    await database.client.query('CREATE TABLE later (id int)');
    const third = { id: c, parents: [b], up: step('late', 'tx', 'CREATE TABLE IF NOT EXISTS later (id int)') };

    const [fault] = await refusalOf(database, { of: graphOf(baseline, second, third) });

    assert.equal(fault?.code, 'name_taken');
  });

  test('is refused for a role that does not own the tables, may create nothing, or sees not all rows', async (t) => {
    const role = `adopting_${process.pid}`;
    const database = await open(
      t,
      `${schema} ${rows} CREATE ROLE ${role}; GRANT ALL ON person TO ${role}; ALTER TABLE person ENABLE ROW LEVEL SECURITY;
       REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO ${role};
       DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO ${role}', current_database()); END $$`,
    );

    const faults = await refusalOf(database, { role });
    await database.client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);

    assert.deepEqual(
      faults.map(({ code, message }) => [code, /belongs to|hides rows|may not create/.exec(message)?.[0]]),
      [
        ['adoption_hindered', 'belongs to'],
        ['adoption_hindered', 'hides rows'],
        ['adoption_hindered', 'may not create'],
      ],
    );
  });

  test('is refused where PostgreSQL would refuse every update of a table', async (t) => {
    const database = await open(
      t,
      `${schema} ${rows} ALTER TABLE person REPLICA IDENTITY NOTHING; CREATE PUBLICATION out FOR TABLE person`,
    );

    assert.match((await refusalOf(database))[0]?.message ?? '', /publishes updates and has no replica identity/);
  });

  test('is refused where the tables are in another schema, until one says which is meant', async (t) => {
    const database = await open(t, `CREATE SCHEMA app; SET search_path = app; ${schema} ${rows}`);
    await database.client.query('RESET search_path');

    const [fault] = await refusalOf(database);
    assert.equal(fault?.code, 'adoption_mismatch');
    assert.match(fault?.message ?? '', /are in schema app, and not in public/);

    const there = await upgrade(graph, { connection: database.config, searchPath: ['app'] });
    assert.equal(there.finished[0]?.outcome, 'recorded');
  });

  test('is refused beside a history that nothing explains, before the journal is made', async (t) => {
    const database = await open(
      t,
      "CREATE TABLE alembic_version (version_num varchar(32) NOT NULL); INSERT INTO alembic_version VALUES ('other')",
    );

    assert.equal((await refusalOf(database))[0]?.code, 'unknown_version');
  });

  test("is refused where the schema of the journal is somebody else's", async (t) => {
    const database = await open(
      t,
      `${schema} CREATE SCHEMA stanchion; CREATE TABLE stanchion.revision_log (x int); CREATE TABLE stanchion.step_log (x int)`,
    );

    const [fault] = await refusalOf(database);

    assert.equal(fault?.code, 'journal_unreadable');
    assert.match(fault?.hint ?? '', /--schema/);
  });

  test('takes a row of the version table without a revision for none', async (t) => {
    const database = await open(
      t,
      `${schema} CREATE TABLE alembic_version (version_num varchar(32)); INSERT INTO alembic_version VALUES (NULL), ('other')`,
    );

    await upgrade(graph, { connection: database.config });
    await downgrade(graph, { connection: database.config, target: a });

    const { rows: versions } = await database.client.query('SELECT version_num FROM alembic_version ORDER BY 1');
    assert.deepEqual(versions, [{ version_num: 'other' }, { version_num: null }]);
  });

  test('is refused by its plan, too', async (t) => {
    const database = await open(t, `${schema} CREATE TABLE sessions ()`);

    await assert.rejects(planRun(graph, { connection: database.config, direction: 'up', target: 'head' }), {
      code: 'name_taken',
    });
  });
});
