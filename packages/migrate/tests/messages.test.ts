import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { Client } from 'pg';
import { MigrationError, type RevisionGraph, upgrade } from '../src/index.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';
import { graphOf, step } from './support/revisions.ts';

const [a, b, c] = ['aaaa00000001', 'bbbb00000002', 'cccc00000003'];

async function open(t: TestContext, sql = ''): Promise<TestDatabase> {
  const database = await createDatabase();
  t.after(async () => database.drop());
  await database.client.query(sql);
  return database;
}

async function values(database: TestDatabase, sql: string): Promise<unknown[]> {
  return (await database.client.query<{ v: unknown }>(sql)).rows.map((row) => row.v);
}

async function faultOf(
  graph: RevisionGraph,
  options: Parameters<typeof upgrade>[1],
): Promise<MigrationError['faults'][number]> {
  const error: unknown = await upgrade(graph, options).catch((caught: unknown) => caught);
  assert.ok(error instanceof MigrationError, String(error));
  const [fault] = error.faults;
  assert.ok(fault);
  return fault;
}

/** A client that first does something else when a message with this text is to be sent. */
function clientBefore(database: TestDatabase, text: string, sql: string): Client {
  const client = new Client(database.config);
  const send = client.query.bind(client);
  const query = async (message: string, values?: unknown[]): Promise<unknown> => {
    if (message.includes(text)) await send(sql);
    return send(message, values);
  };
  return Object.assign(client, { query });
}

/** A definition goes in one message with all that opens and ends its transaction; anything else is opened and ended by one each. */
const forms = [
  ['alone in its message', (sql: string) => sql],
  ['in a message of its own', (sql: string) => `${sql}; SELECT 1`],
] as const;

for (const [form, of] of forms) {
  describe(`a step that is ${form}`, () => {
    for (const [what, sql, sqlstate, line, column] of [
      ['is no SQL', 'ALTER TABLE t\n  ADD COLUMN "ü" int WRONG', '42601', 8, 22],
      ['names what is not there', 'CREATE TABLE "😀 ü" (id int,\n  ü missing)', '42704', 8, 5],
      ['fails without a position', 'ALTER TABLE t ADD CHECK (id > 1)', '23514', 7, undefined],
    ] as const) {
      test(`is told with its place when it ${what}`, async (t) => {
        const database = await open(t, 'CREATE TABLE t (id int); INSERT INTO t VALUES (1)');

        const fault = await faultOf(graphOf({ id: a, up: step('one', 'tx', of(sql)) }), {
          connection: database.config,
        });

        assert.deepEqual(
          [fault.code, fault.sqlstate, fault.step, fault.line, fault.column],
          ['sql_failed', sqlstate, 'one', line, column],
        );
        assert.deepEqual(await values(database, 'SELECT state AS v FROM stanchion.step_log'), ['failed']);
      });
    }

    test('has failed when COMMIT is refused, and leaves nothing', async (t) => {
      const database = await open(
        t,
        `CREATE TABLE seen (id int);
         CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'too late' USING ERRCODE = '23503'; END $$;
         CREATE CONSTRAINT TRIGGER late AFTER INSERT ON seen DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse();
         CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.seen VALUES (1); END $$;
         CREATE EVENT TRIGGER noting ON ddl_command_end WHEN tag IN ('ALTER TABLE') EXECUTE FUNCTION note();
         CREATE TABLE t (id int)`,
      );
      // The journal's own tables are made before the trigger matters: none of them is altered.
      const graph = graphOf({ id: a, up: step('one', 'tx', of('ALTER TABLE t ADD COLUMN n int')) });

      const fault = await faultOf(graph, { connection: database.config });

      assert.deepEqual([fault.code, fault.sqlstate, fault.step], ['sql_failed', '23503', 'one']);
      assert.match(fault.message, /too late/);
      assert.deepEqual(await values(database, 'SELECT revision AS v FROM stanchion.revision_log'), []);
      assert.deepEqual(await values(database, 'SELECT version_num AS v FROM alembic_version'), []);
      assert.deepEqual(
        await values(
          database,
          "SELECT attname::text AS v FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 1",
        ),
        [],
      );
    });

    test('is not kept when the journal refuses its record, and is not to blame', async (t) => {
      const database = await open(t);
      await upgrade(graphOf({ id: a, up: step('one', 'tx', 'CREATE TABLE t (id int)') }), {
        connection: database.config,
      });
      await database.client.query('ALTER TABLE stanchion.revision_log ADD CHECK (seq < 2)');
      const graph = graphOf(
        { id: a, up: step('one', 'tx', 'CREATE TABLE t (id int)') },
        { id: b, parents: [a], up: step('one', 'tx', of('ALTER TABLE t ADD COLUMN n int')) },
      );

      const fault = await faultOf(graph, { connection: database.config });

      assert.deepEqual([fault.code, fault.sqlstate, fault.step], ['sql_failed', '23514', undefined]);
      assert.deepEqual(await values(database, 'SELECT revision AS v FROM stanchion.step_log'), [a]);
      assert.deepEqual(
        await values(
          database,
          "SELECT attname::text AS v FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 1",
        ),
        [],
      );
    });

    test('does not run once the lock is lost', async (t) => {
      const database = await open(t);
      const client = clientBefore(database, 'CREATE TABLE t ', 'SELECT pg_advisory_unlock_all()');
      const graph = graphOf({ id: a, up: step('one', 'tx', of('CREATE TABLE t (id int)')) });

      const fault = await faultOf(graph, {
        connection: () => client,
      });

      assert.equal(fault.code, 'lock_lost');
      assert.deepEqual(await values(database, "SELECT to_regclass('t') AS v"), [null]);
    });

    test('does not run on a version table that was moved', async (t) => {
      const database = await open(t);
      const client = clientBefore(database, 'CREATE TABLE t ', "INSERT INTO alembic_version VALUES ('eeee')");
      const graph = graphOf({ id: a, up: step('one', 'tx', of('CREATE TABLE t (id int, at nonsense)')) });

      const fault = await faultOf(graph, { connection: () => client });

      assert.equal(fault.code, 'version_moved');
      assert.match(fault.message, /was empty and is eeee/);
    });

    test('is read as every text is, though the one before changed how texts are read', async (t) => {
      const database = await open(t);
      const graph = graphOf(
        { id: a, up: step('one', 'tx', 'CREATE TABLE t (id int); SET standard_conforming_strings = off') },
        { id: b, parents: [a], up: step('one', 'tx', of(String.raw`COMMENT ON TABLE t IS 'a\\b'`)) },
      );

      await upgrade(graph, { connection: database.config });

      assert.deepEqual(await values(database, "SELECT obj_description('t'::regclass) AS v"), [String.raw`a\\b`]);
    });

    test('runs after one that has dropped every prepared statement', async (t) => {
      const database = await open(t);
      const graph = graphOf(
        { id: a, up: step('one', 'tx', 'CREATE TABLE t (id int)') },
        { id: b, parents: [a], up: step('one', 'tx', 'DEALLOCATE ALL') },
        { id: c, parents: [b], up: step('one', 'tx', of('ALTER TABLE t ADD COLUMN n int')) },
      );

      assert.deepEqual((await upgrade(graph, { connection: database.config })).to, [c]);
    });

    test('goes into the journal with the time that it took', async (t) => {
      const database = await open(
        t,
        `CREATE TABLE t (id int); INSERT INTO t VALUES (1);
         CREATE FUNCTION slow(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 FROM pg_sleep(0.1)'`,
      );

      await upgrade(graphOf({ id: a, up: step('one', 'tx', of('CREATE INDEX ON t (slow(id))')) }), {
        connection: database.config,
      });

      const [took] = await values(database, 'SELECT duration_ms::int AS v FROM stanchion.revision_log');
      assert.ok(Number(took) >= 100, String(took));
    });
  });
}
