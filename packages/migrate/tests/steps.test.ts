import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { type MigrationEvent, type RevisionGraph, upgrade } from '../src/index.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';
import { graphOf, step } from './support/revisions.ts';

const a = 'aaaa00000001';

async function open(t: TestContext, sql: string): Promise<TestDatabase> {
  const database = await createDatabase();
  t.after(() => database.drop());
  await database.client.query(sql);
  return database;
}

function oneStep(mode: string, sql: string): RevisionGraph {
  return graphOf({ id: a, up: step('one', mode, sql) });
}

async function indexes(database: TestDatabase): Promise<[string, boolean][]> {
  const { rows } = await database.client.query<{ name: string; valid: boolean }>(
    "SELECT c.relname AS name, i.indisvalid AS valid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = 't'::regclass",
  );
  return rows.map((row) => [row.name, row.valid]);
}

describe('a concurrent index', () => {
  const unique = oneStep('notx', 'CREATE UNIQUE INDEX CONCURRENTLY t_v ON t (v)');

  test('that fails leaves nothing behind, and is built when the rows are mended', async (t) => {
    const database = await open(t, 'CREATE TABLE t (v int); INSERT INTO t VALUES (1), (1)');

    await assert.rejects(upgrade(unique, { connection: database.config }), { code: 'sql_failed' });
    assert.deepEqual(await indexes(database), []);
    await database.client.query('DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t)');
    await upgrade(unique, { connection: database.config });

    assert.deepEqual(await indexes(database), [['t_v', true]]);
  });

  test('that an earlier attempt left invalid is dropped and built again', async (t) => {
    const database = await open(t, 'CREATE TABLE t (v int); INSERT INTO t VALUES (1), (1)');
    await assert.rejects(database.client.query('CREATE UNIQUE INDEX CONCURRENTLY t_v ON t (v)'));
    assert.deepEqual(await indexes(database), [['t_v', false]]);
    await database.client.query('DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t)');
    const events: MigrationEvent[] = [];

    await upgrade(unique, { connection: database.config, onEvent: (event) => events.push(event) });

    assert.deepEqual(await indexes(database), [['t_v', true]]);
    assert.ok(events.some((event) => event.type === 'step_repaired' && event.object === '"public"."t_v"'));
  });

  test('that was built but not recorded is settled, not built twice', async (t) => {
    const database = await open(t, 'CREATE TABLE t (v int)');
    await upgrade(unique, { connection: database.config });
    await database.client.query(
      "DELETE FROM alembic_version; DELETE FROM stanchion.revision_log; UPDATE stanchion.step_log SET state = 'running'",
    );
    const events: MigrationEvent[] = [];

    await upgrade(unique, { connection: database.config, onEvent: (event) => events.push(event) });

    assert.ok(events.some((event) => event.type === 'step_finished' && event.settled));
    assert.deepEqual(await indexes(database), [['t_v', true]]);
  });

  test("whose name another's valid index has is refused and left alone", async (t) => {
    const database = await open(t, 'CREATE TABLE t (v int, w int); CREATE INDEX t_v ON t (w)');

    await assert.rejects(
      upgrade(unique, { connection: database.config }),
      (error: { faults: { sqlstate: string }[] }) => {
        assert.equal(error.faults[0]?.sqlstate, '42P07');
        return true;
      },
    );
    assert.deepEqual(await indexes(database), [['t_v', true]]);
  });

  test('with quoted names and a schema is found again', async (t) => {
    const database = await open(
      t,
      'CREATE SCHEMA "A b"; CREATE TABLE "A b"."T" (v int); INSERT INTO "A b"."T" VALUES (1), (1)',
    );
    const sql = 'CREATE UNIQUE INDEX CONCURRENTLY "T v" ON ONLY "A b"."T" (v)';

    await assert.rejects(upgrade(oneStep('notx', sql), { connection: database.config }), { code: 'sql_failed' });

    const { rows } = await database.client.query("SELECT 1 FROM pg_class WHERE relname = 'T v'");
    assert.deepEqual(rows, []);
  });

  test('that is dropped twice is settled the second time', async (t) => {
    const database = await open(t, 'CREATE TABLE t (v int); CREATE INDEX t_v ON t (v)');
    const drop = oneStep('notx', 'DROP INDEX CONCURRENTLY t_v');
    await upgrade(drop, { connection: database.config });
    await database.client.query(
      "DELETE FROM alembic_version; DELETE FROM stanchion.revision_log; UPDATE stanchion.step_log SET state = 'running'",
    );

    await upgrade(drop, { connection: database.config });

    assert.deepEqual(await indexes(database), []);
  });
});

describe('a batch', () => {
  const fill = 'UPDATE t SET n = n + 1 WHERE id IN (SELECT id FROM batch_keys)';

  test('visits every row once', async (t) => {
    const database = await open(
      t,
      'CREATE TABLE t (id uuid PRIMARY KEY, n int NOT NULL); INSERT INTO t SELECT gen_random_uuid(), 0 FROM generate_series(1, 25)',
    );
    const events: MigrationEvent[] = [];

    await upgrade(oneStep('batch table=t key=id size=10', fill), {
      connection: database.config,
      onEvent: (event) => events.push(event),
    });

    const { rows } = await database.client.query('SELECT n, count(*)::int FROM t GROUP BY n');
    assert.deepEqual(rows, [{ n: 1, count: 25 }]);
    assert.deepEqual(
      events.flatMap((event) => (event.type === 'step_progress' ? [event.rows] : [])),
      [10, 20, 25],
    );
  });

  test('goes on at its cursor after a failure', async (t) => {
    const database = await open(
      t,
      'CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL CHECK (id <> 15 OR n = 0)); INSERT INTO t SELECT g, 0 FROM generate_series(1, 25) g',
    );
    const graph = oneStep('batch table=t key=id size=4', fill);

    await assert.rejects(upgrade(graph, { connection: database.config }), { code: 'sql_failed' });
    await database.client.query('ALTER TABLE t DROP CONSTRAINT t_check');
    await upgrade(graph, { connection: database.config });

    const { rows } = await database.client.query('SELECT n, count(*)::int FROM t GROUP BY n');
    assert.deepEqual(rows, [{ n: 1, count: 25 }]);
  });

  test('walks a key of several columns, whatever their types', async (t) => {
    const database = await open(
      t,
      `CREATE TABLE t ("Day" timestamptz, name text, n int NOT NULL DEFAULT 0, PRIMARY KEY ("Day", name));
      INSERT INTO t ("Day", name) SELECT '2026-01-01'::timestamptz + make_interval(secs => (g / 3) * 0.000001), 'é ''"' || g FROM generate_series(1, 25) g`,
    );
    const sql = 'UPDATE t SET n = n + 1 FROM batch_keys k WHERE t."Day" = k."Day" AND t.name = k.name';

    await upgrade(oneStep('batch table=public.t key=Day,name size=4', sql), { connection: database.config });

    const { rows } = await database.client.query('SELECT n, count(*)::int FROM t GROUP BY n');
    assert.deepEqual(rows, [{ n: 1, count: 25 }]);
  });

  for (const [what, sql] of [
    ['is not unique', 'CREATE TABLE t (id int NOT NULL, n int); CREATE INDEX ON t (id)'],
    ['may be null', 'CREATE TABLE t (id int UNIQUE, n int)'],
    ['does not exist', 'CREATE TABLE t (n int)'],
    ['is unique in part', 'CREATE TABLE t (id int NOT NULL, n int); CREATE UNIQUE INDEX ON t (id) WHERE n > 0'],
  ] as const) {
    test(`is refused when its key ${what}`, async (t) => {
      const database = await open(t, sql);

      await assert.rejects(upgrade(oneStep('batch table=t key=id', fill), { connection: database.config }), {
        code: 'batch_key_unsuitable',
      });
    });
  }

  test('stops between two batches when it is asked to, and goes on later', async (t) => {
    const database = await open(
      t,
      'CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL); INSERT INTO t SELECT g, 0 FROM generate_series(1, 9) g',
    );
    const graph = oneStep('batch table=t key=id size=3', fill);
    const stop = new AbortController();

    const stopped = upgrade(graph, {
      connection: database.config,
      signal: stop.signal,
      onEvent: (event) => event.type === 'step_progress' && stop.abort(),
    });
    await assert.rejects(stopped, { code: 'aborted' });
    await upgrade(graph, { connection: database.config });

    const { rows } = await database.client.query('SELECT n, count(*)::int FROM t GROUP BY n');
    assert.deepEqual(rows, [{ n: 1, count: 9 }]);
  });
});
