import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import {
  type MigrationError,
  type MigrationEvent,
  type RevisionGraph,
  resolveStep,
  runnerStatus,
  upgrade,
} from '../src/index.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';
import { catalogOf } from './support/fingerprint.ts';
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

/** As a kill between the statement and its record leaves it. */
async function forgetRecord(database: TestDatabase): Promise<void> {
  await database.client.query(`DELETE FROM stanchion.revision_log; DELETE FROM alembic_version;
    UPDATE stanchion.step_log SET state = 'running'`);
}

async function run(database: TestDatabase, graph: RevisionGraph): Promise<MigrationEvent[]> {
  const events: MigrationEvent[] = [];
  await upgrade(graph, { connection: database.config, onEvent: (event) => events.push(event) });
  return events;
}

function settled(events: readonly MigrationEvent[]): boolean[] {
  return events.flatMap((event) => (event.type === 'step_finished' ? [event.settled] : []));
}

const parts = `CREATE TABLE p (id int NOT NULL) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
  INSERT INTO p VALUES (1)`;

describe('a statement that was done but not recorded', () => {
  for (const [what, sql, statement] of [
    ['a rebuilt index', 'CREATE TABLE t (v int); CREATE INDEX t_v ON t (v)', 'REINDEX INDEX CONCURRENTLY t_v'],
    [
      'the rebuilt indexes of a table',
      'CREATE TABLE t (v int PRIMARY KEY, w int UNIQUE)',
      'REINDEX (VERBOSE) TABLE CONCURRENTLY public.t',
    ],
    [
      'a validated constraint',
      'CREATE TABLE t (v int); ALTER TABLE t ADD CONSTRAINT c CHECK (v > 0) NOT VALID',
      'ALTER TABLE ONLY t VALIDATE CONSTRAINT c',
    ],
    ['a detached partition', parts, 'ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY'],
    ['an added enum value', "CREATE TYPE mood AS ENUM ('low')", "ALTER TYPE mood ADD VALUE 'high'"],
    [
      'an added enum value, guarded',
      "CREATE TYPE mood AS ENUM ('low')",
      "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'it''s' BEFORE 'low'",
    ],
  ] as const) {
    test(`is found by its probe: ${what}`, async (t) => {
      const database = await open(t, sql);
      assert.deepEqual(settled(await run(database, oneStep('notx', statement))), [false]);
      const catalog = await catalogOf(database.client);
      await forgetRecord(database);

      assert.deepEqual(settled(await run(database, oneStep('notx', statement))), [true]);
      assert.equal(await catalogOf(database.client), catalog);
    });
  }

  for (const [what, sql, statement] of [
    [
      'a refreshed view',
      'CREATE MATERIALIZED VIEW m AS SELECT 1 AS v; CREATE UNIQUE INDEX ON m (v)',
      'REFRESH MATERIALIZED VIEW CONCURRENTLY m',
    ],
    ['a vacuum', 'CREATE TABLE t ()', 'VACUUM (ANALYZE) t'],
    ['statistics', 'CREATE TABLE t ()', 'ANALYZE t'],
  ] as const) {
    test(`runs again where that does no harm: ${what}`, async (t) => {
      const database = await open(t, sql);
      await run(database, oneStep('notx', statement));
      await forgetRecord(database);

      assert.deepEqual(settled(await run(database, oneStep('notx', statement))), [false]);
    });
  }
});

describe('a statement that was stopped in the middle', () => {
  test('leaves no second index behind when it was rebuilding one', async (t) => {
    const database = await open(t, 'CREATE TABLE t (v int); INSERT INTO t VALUES (1), (1); CREATE INDEX t_v ON t (v)');
    const reader = await database.connect();
    await reader.query('BEGIN; INSERT INTO t VALUES (2)');
    const graph = oneStep('notx', 'REINDEX INDEX CONCURRENTLY t_v');

    await assert.rejects(
      upgrade(graph, { connection: database.config, concurrentLockTimeoutMs: 100, objectLockWaitMs: 0 }),
    );
    await reader.query('COMMIT');
    const events = await run(database, graph);

    const { rows } = await database.client.query("SELECT relname FROM pg_class WHERE relname LIKE 't\\_v%'");
    assert.deepEqual([rows, settled(events)], [[{ relname: 't_v' }], [false]]);
  });

  test('is finalized when a partition was half detached', async (t) => {
    const database = await open(t, parts);
    const reader = await database.connect();
    await reader.query('BEGIN; SELECT * FROM p');
    const graph = oneStep('notx', 'ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY');

    await assert.rejects(
      upgrade(graph, { connection: database.config, concurrentLockTimeoutMs: 100, objectLockWaitMs: 0 }),
      {
        code: 'object_locked',
      },
    );
    assert.deepEqual((await database.client.query('SELECT inhdetachpending AS p FROM pg_inherits')).rows, [
      { p: true },
    ]);
    await reader.query('COMMIT');
    const events = await run(database, graph);

    assert.ok(events.some((event) => event.type === 'step_repaired'));
    assert.deepEqual(
      (
        await database.client.query(
          'SELECT (SELECT count(*)::int FROM p1) AS kept, (SELECT count(*)::int FROM pg_inherits) AS attached',
        )
      ).rows,
      [{ kept: 1, attached: 0 }],
    );
  });
});

test("another's index of the same name stays another's, however often the step is tried", async (t) => {
  const database = await open(t, 'CREATE TABLE t (v int, w int); CREATE INDEX t_v ON t (w)');
  const graph = oneStep('notx', 'CREATE INDEX CONCURRENTLY t_v ON t (v)');

  for (const _ of [1, 2]) await assert.rejects(upgrade(graph, { connection: database.config }), { code: 'sql_failed' });
});

describe('a step with a probe of its own', () => {
  const procedure =
    'CREATE TABLE t (n int); CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (1); COMMIT; INSERT INTO t VALUES (2); END $$';
  const graph = oneStep('notx probe=SELECT count(*) >= 2 FROM t', 'CALL p()');
  const doubtful = oneStep('notx probe=SELECT CASE count(*) WHEN 2 THEN true WHEN 0 THEN false END FROM t', 'CALL p()');

  test('is not run twice', async (t) => {
    const database = await open(t, procedure);
    await run(database, graph);
    await forgetRecord(database);

    assert.deepEqual(settled(await run(database, graph)), [true]);
    assert.deepEqual((await database.client.query('SELECT count(*)::int AS n FROM t')).rows, [{ n: 2 }]);
  });

  test('needs a person when the probe cannot tell, and does what the person says', async (t) => {
    const database = await open(t, procedure);
    await run(database, doubtful);
    await forgetRecord(database);
    await database.client.query('DELETE FROM t WHERE n = 2');
    const connection = database.config;

    await assert.rejects(upgrade(doubtful, { connection }), (error: MigrationError) => {
      assert.equal(error.code, 'needs_operator');
      assert.match(error.message, /migrate resolve aaaa00000001 one --applied/);
      return true;
    });
    const status = await runnerStatus(database.client);
    assert.deepEqual(
      status.steps.map(({ step: name, state, attempts }) => [name, state, attempts]),
      [['one', 'in_doubt', 1]],
    );
    assert.match(status.steps[0]?.error ?? '', /neither true nor false/);
    await assert.rejects(resolveStep(doubtful, { connection, revision: a, step: 'one', resolution: 'undo' }), {
      code: 'cannot_undo',
    });
    await resolveStep(doubtful, { connection, revision: a, step: 'one', resolution: 'applied' });
    assert.deepEqual((await upgrade(doubtful, { connection })).to, [a]);
    assert.deepEqual((await database.client.query('SELECT count(*)::int AS n FROM t')).rows, [{ n: 1 }]);
  });

  test('needs a person when it was changed after it was begun', async (t) => {
    const database = await open(t, procedure);
    await run(database, graph);
    await forgetRecord(database);

    await assert.rejects(upgrade(oneStep('notx probe=SELECT false', 'CALL p()'), { connection: database.config }), {
      code: 'needs_operator',
    });
  });

  test('is told when its probe denies what was done', async (t) => {
    const database = await open(t, procedure);

    await assert.rejects(upgrade(oneStep('notx probe=SELECT false', 'CALL p()'), { connection: database.config }), {
      code: 'probe_failed',
    });
  });
});

describe('resolve', () => {
  test('runs a step again that a person calls not done', async (t) => {
    const database = await open(
      t,
      'CREATE TABLE t (n int); CREATE PROCEDURE p() LANGUAGE sql AS $$ INSERT INTO t VALUES (1) $$',
    );
    const graph = oneStep('notx probe=SELECT NULL::boolean', 'CALL p()');
    const connection = database.config;
    await assert.rejects(upgrade(graph, { connection }), { code: 'probe_failed' });
    await assert.rejects(upgrade(graph, { connection }), { code: 'needs_operator' });

    await resolveStep(graph, { connection, revision: a, step: 'one', resolution: 'retry' });
    await assert.rejects(upgrade(graph, { connection }), { code: 'probe_failed' });

    assert.deepEqual((await database.client.query('SELECT count(*)::int AS n FROM t')).rows, [{ n: 2 }]);
  });

  test('does not believe a person whom the catalog contradicts, and takes half an index away', async (t) => {
    const database = await open(t, 'CREATE TABLE t (v int); INSERT INTO t VALUES (1), (1)');
    const graph = oneStep('notx', 'CREATE UNIQUE INDEX CONCURRENTLY t_v ON t (v)');
    const connection = database.config;
    await assert.rejects(upgrade(graph, { connection }), { code: 'sql_failed' });
    await assert.rejects(database.client.query('CREATE UNIQUE INDEX CONCURRENTLY t_v ON t (v)'));

    await assert.rejects(resolveStep(graph, { connection, revision: a, step: 'one', resolution: 'applied' }), {
      code: 'needs_operator',
    });
    await resolveStep(graph, { connection, revision: a, step: 'one', resolution: 'undo' });

    assert.deepEqual((await database.client.query("SELECT 1 FROM pg_class WHERE relname = 't_v'")).rows, []);
    assert.deepEqual((await runnerStatus(database.client)).steps, []);
  });

  test('has nothing to say about a step that is done or was not begun', async (t) => {
    const database = await open(t, '');
    const graph = oneStep('tx', 'SELECT 1');
    const connection = database.config;

    await assert.rejects(resolveStep(graph, { connection, revision: a, step: 'one', resolution: 'retry' }), {
      code: 'not_in_doubt',
    });
    await upgrade(graph, { connection });
    await assert.rejects(resolveStep(graph, { connection, revision: a, step: 'one', resolution: 'retry' }), {
      code: 'not_in_doubt',
    });
  });
});

test('the status says who runs, which step, what it waits for and who is in its way', async (t) => {
  const database = await open(t, 'CREATE TABLE t (v int)');
  const writer = await database.connect();
  await writer.query('BEGIN; INSERT INTO t VALUES (1)');
  const graph = oneStep('notx', 'CREATE INDEX CONCURRENTLY t_v ON t (v)');
  const upgrading = upgrade(graph, { connection: database.config });

  let status = await runnerStatus(database.client);
  while (typeof status.runner?.waitsFor !== 'string' || status.steps.length === 0)
    status = await runnerStatus(database.client);
  await writer.query('COMMIT');
  await upgrading;

  const { rows } = await writer.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  assert.deepEqual([status.runner.revision, status.runner.step, status.runner.blockedBy], [a, 'one', [rows[0]?.pid]]);
  assert.ok(status.runner.progress);
  assert.deepEqual([status.steps[0]?.state, status.steps[0]?.attempts], ['running', 1]);
  assert.deepEqual(await runnerStatus(database.client), { runner: null, unfinished: [], steps: [] });
});
