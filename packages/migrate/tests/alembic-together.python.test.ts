import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { type MigrationError, type MigrationEvent, upgrade } from '../src/index.ts';
import { type AlembicRun, createProject, type Project, type ProjectOptions } from './alembic/project.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';
import { step } from './support/revisions.ts';

const [p1, s1, s2, s3] = ['0000aaaa0001', '5555bbbb0001', '5555bbbb0002', '5555bbbb0003'];

/** Each of them fails, or counts twice, when it is run twice. */
const sql = [
  {
    id: s1,
    up: step(
      'table',
      'tx',
      'CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL); INSERT INTO t SELECT g, 0 FROM generate_series(1, 30) g',
    ),
  },
  { id: s2, parents: [s1], up: step('index', 'notx', 'CREATE INDEX CONCURRENTLY t_n ON t (n)') },
  {
    id: s3,
    parents: [s2],
    up: step('fill', 'batch table=t key=id size=5', 'UPDATE t SET n = n + 1 WHERE id IN (SELECT id FROM batch_keys)'),
  },
];

async function open(
  t: TestContext,
  options: Omit<ProjectOptions, 'database'>,
): Promise<{ database: TestDatabase; project: Project }> {
  const database = await createDatabase();
  t.after(() => database.drop());
  return { database, project: await createProject(t, { database, ...options }) };
}

async function stateOf({ client }: TestDatabase): Promise<unknown> {
  const { rows } = await client.query(
    `SELECT (SELECT array_agg(version_num) FROM alembic_version) AS heads,
            (SELECT array_agg(revision ORDER BY seq) FROM stanchion.revision_log) AS log,
            (SELECT array_agg(DISTINCT n) FROM t) AS n,
            (SELECT bool_and(indisvalid) FROM pg_index) AS valid`,
  );
  return rows[0];
}

describe('twenty runners at once, three of them Alembic', () => {
  for (const lock of [true, false]) {
    const how = lock ? 'that take the lock in env.py, all succeed' : 'that do not: those that came too late say so';
    test(`${how}, and each revision is applied once`, async (t) => {
      const { database, project } = await open(t, { lock, sql });
      await project.writeStubs();
      const graph = await project.load();

      const theirs = Array.from({ length: 3 }, async () => project.alembic('upgrade', 'head'));
      const ours = Array.from({ length: 17 }, async () => upgrade(graph, { connection: database.config }));
      const [runs, results] = [await Promise.all(theirs), await Promise.allSettled(ours)];

      assert.deepEqual(await stateOf(database), { heads: [s3], log: [s1, s2, s3], n: [1], valid: true });
      const output = runs.map((run) => run.output).join('\n');
      assert.doesNotMatch(output, /deadlock/);
      if (lock) {
        assert.deepEqual(
          runs.map((run) => run.code),
          [0, 0, 0],
          output,
        );
        assert.deepEqual(
          results.filter((result) => result.status === 'rejected'),
          [],
        );
      }
      // What was refused was refused for the race, and nothing else: once more, and everybody is content.
      for (const run of runs)
        if (run.code !== 0) assert.match(run.output, /another runner has moved|already exists|UniqueViolation/);
      assert.equal((await project.alembic('upgrade', 'head')).code, 0);
      assert.deepEqual((await upgrade(graph, { connection: database.config })).finished, []);
    });
  }
});

describe('Alembic in the middle of its transaction', { timeout: 180_000 }, () => {
  const pythonWaits = {
    id: p1,
    // It has read alembic_version and stays in its transaction, between two statements, until it is told to go on. It asks the
    // disk and not the database, and asks a plain question first: a statement has a snapshot while it runs, one with values (as
    // Alembic's last was) even until the next, and for a snapshot an index build rightly waits.
    before: [
      'import pathlib, time',
      'op.get_bind().exec_driver_sql("SELECT 1").scalar()',
      'here = pathlib.Path(__file__).parent',
      'here.joinpath("stands").touch()',
      'while not here.joinpath("go").exists():',
      '    time.sleep(0.05)',
    ].join('\n    '),
    up: 'CREATE TABLE theirs ()',
  };

  test('is not waited for by a concurrent index build, and stops the step that follows', async (t) => {
    const { database, project } = await open(t, {
      python: [pythonWaits],
      sql: [
        {
          id: s1,
          up: [
            step('index', 'notx', 'CREATE INDEX CONCURRENTLY t_n ON t (n)'),
            step('last', 'tx', 'UPDATE t SET n = 1'),
          ].join('\n'),
        },
      ],
    });
    const writer = await database.connect();
    await writer.query('CREATE TABLE t (n int NOT NULL); INSERT INTO t VALUES (0)');
    await writer.query('BEGIN; UPDATE t SET n = 0');
    const graph = await project.load();
    const events: MigrationEvent[] = [];

    // The build waits for the writer; meanwhile Alembic begins, reads its table, and stands.
    let python: Promise<AlembicRun> | undefined;
    const begin = async (): Promise<void> => {
      python = project.alembic('upgrade', p1);
      while (!existsSync(join(project.versions, 'stands'))) await new Promise(setImmediate);
      await writer.query('COMMIT');
    };
    let begun: Promise<void> | undefined;
    const running = upgrade(graph, {
      connection: database.config,
      target: s1,
      objectLockTimeoutMs: 20,
      objectLockWaitMs: 200,
      onEvent: (event) => {
        events.push(event);
        if (event.type === 'step_started' && event.step === 'index') begun ??= begin();
      },
    });
    await assert.rejects(running, (error: MigrationError) => {
      assert.equal(error.code, 'object_locked');
      assert.match(error.message, /step last.*Alembic/);
      return true;
    });
    await begun;

    // The index was built while Alembic stood there; the step after it was not run.
    assert.ok(events.some((event) => event.type === 'step_finished' && event.step === 'index'));
    const state = 'SELECT n, (SELECT bool_and(indisvalid) FROM pg_index) AS valid FROM t';
    assert.deepEqual((await database.client.query(state)).rows, [{ n: 0, valid: true }]);

    writeFileSync(join(project.versions, 'go'), '');
    const ended = await python;
    assert.ok(ended);
    assert.equal(ended.code, 0, ended.output);
    await upgrade(graph, { connection: database.config, target: 'heads' });
    assert.deepEqual(await versions(database), [p1, s1]);
    assert.deepEqual((await database.client.query(state)).rows, [{ n: 1, valid: true }]);
  });

  test('waits for our transactional step, and the index build after that does not wait for it', async (t) => {
    const { database, project } = await open(t, {
      python: [{ id: p1, up: 'CREATE TABLE theirs ()' }],
      sql: [
        {
          id: s1,
          up: [
            step(
              'table',
              'tx',
              'CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0); SELECT pg_advisory_xact_lock(7)',
            ),
            step('index', 'notx', 'CREATE INDEX CONCURRENTLY t_n ON t (n)'),
          ].join('\n'),
        },
      ],
    });
    const gate = await database.connect();
    await gate.query(
      'CREATE TABLE alembic_version (version_num varchar(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)); SELECT pg_advisory_lock(7)',
    );
    const graph = await project.load();

    const running = Promise.allSettled([
      upgrade(graph, { connection: database.config, target: s1, objectLockTimeoutMs: 30_000 }),
    ]);
    await waitForWaiter(database, 7);
    // Our step stands in its transaction, with the version table; Alembic queues for its first read.
    const python = project.alembic('upgrade', p1);
    await waitForRow(database, "SELECT 1 FROM pg_locks WHERE relation = 'alembic_version'::regclass AND NOT granted");
    await gate.query('SELECT pg_advisory_unlock(7)');

    const [[ours], theirs] = [await running, await python];

    // Alembic's own revision came between two of ours: the run stops before it says more than it knows, and goes on when asked.
    assert.equal(theirs.code, 0, theirs.output);
    assert.ok(ours.status === 'fulfilled' || ours.reason.code === 'version_moved', JSON.stringify(ours));
    await upgrade(graph, { connection: database.config, target: 'heads' });
    assert.deepEqual(await versions(database), [p1, s1]);
    assert.deepEqual((await database.client.query('SELECT bool_and(indisvalid) AS valid FROM pg_index')).rows, [
      { valid: true },
    ]);
  });
});

async function versions({ client }: TestDatabase): Promise<string[]> {
  const { rows } = await client.query<{ version_num: string }>('SELECT version_num FROM alembic_version ORDER BY 1');
  return rows.map((row) => row.version_num);
}

async function waitForWaiter(database: TestDatabase, key: number): Promise<void> {
  await waitForRow(
    database,
    `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = ${key} AND classid = 0 AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
}

/** Asks again until there is a row; the test's own time limit ends it. */
async function waitForRow(database: TestDatabase, query: string): Promise<void> {
  while ((await database.client.query(query)).rows.length === 0) await new Promise(setImmediate);
}
