import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import {
  buildGraph,
  checkSchema,
  type MigrationError,
  type MigrationEvent,
  parseRevision,
  type RevisionGraph,
  upgrade,
} from '../src/index.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';
import { fileName, graphOf, revisionText, step } from './support/revisions.ts';

const [a, b] = ['aaaa00000001', 'bbbb00000002'];

async function open(t: TestContext): Promise<TestDatabase> {
  const database = await createDatabase();
  t.after(() => database.drop());
  return database;
}

async function values(database: TestDatabase, sql: string): Promise<unknown[]> {
  return (await database.client.query<{ v: unknown }>(sql)).rows.map((row) => row.v);
}

async function failure(promise: Promise<unknown>): Promise<MigrationError> {
  let caught: unknown;
  await assert.rejects(promise, (error) => {
    caught = error;
    return true;
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- callers look at its code first
  return caught as MigrationError;
}

describe('upgrade', () => {
  test('applies each revision once, and nothing the second time', async (t) => {
    const database = await open(t);
    const graph = graphOf(
      { id: a, up: step('one', 'tx', 'CREATE TABLE t (id int)') },
      { id: b, parents: [a], up: step('one', 'tx', 'INSERT INTO t VALUES (1)') },
    );

    const first = await upgrade(graph, { connection: database.config });
    const second = await upgrade(graph, { connection: database.config });

    assert.deepEqual([first.from, first.to], [[], [b]]);
    assert.deepEqual(
      first.finished.map((one) => [one.revision, one.outcome]),
      [
        [a, 'applied'],
        [b, 'applied'],
      ],
    );
    assert.deepEqual(second.finished, []);
    assert.deepEqual(await values(database, 'SELECT id AS v FROM t'), [1]);
  });

  test('stops at its target', async (t) => {
    const database = await open(t);
    const graph = graphOf(
      { id: a, up: step('one', 'tx', 'CREATE TABLE t (id int)') },
      { id: b, parents: [a], up: step('one', 'tx', 'DROP TABLE t') },
    );

    const result = await upgrade(graph, { connection: database.config, target: a });

    assert.deepEqual(result.to, [a]);
  });

  test('pins what a role or database has set', async (t) => {
    const database = await open(t);
    const name = String(database.config.database);
    await database.client.query(
      `ALTER DATABASE ${name} SET TimeZone = 'Europe/Paris'; ALTER DATABASE ${name} SET search_path = ''; ALTER DATABASE ${name} SET statement_timeout = 1; ALTER DATABASE ${name} SET DateStyle = 'SQL, DMY'`,
    );
    const up = step(
      'one',
      'tx',
      "CREATE TABLE t (v text); SELECT pg_sleep(0.05); INSERT INTO t SELECT '2026-07-01 12:00:00+00'::timestamptz::timestamp::text",
    );

    await upgrade(graphOf({ id: a, up }), { connection: database.config });

    assert.deepEqual(await values(database, 'SELECT v FROM public.t'), ['2026-07-01 12:00:00']);
  });

  test('lets no step change the settings of the next', async (t) => {
    const database = await open(t);
    const change =
      "CREATE SCHEMA other; SET search_path = other; SET TimeZone = 'Asia/Tokyo'; SET default_transaction_isolation = 'serializable'";
    const look =
      "CREATE TABLE t (v text); INSERT INTO t SELECT current_setting('TimeZone') || ', ' || current_setting('transaction_isolation')";
    const up = `${step('one', 'tx', change)}\n${step('two', 'tx', look)}`;

    await upgrade(graphOf({ id: a, up }), { connection: database.config });

    assert.deepEqual(await values(database, 'SELECT v FROM public.t'), ['UTC, read committed']);
  });

  test('writes texts into the journal as they are, though a step changed how they are read', async (t) => {
    const database = await open(t);
    const summary = String.raw`it's a back\slash\'); DROP TABLE t --`;
    const up = step('one', 'tx', 'CREATE TABLE t (); SET standard_conforming_strings = off');
    const text = revisionText({ id: a, up }).replace(
      `revision ${a}\n-- stanchion:up`,
      () => `${summary}\n-- stanchion:up`,
    );

    await upgrade(buildGraph([parseRevision({ file: fileName(a), text })]), {
      connection: database.config,
      actor: String.raw`\o'`,
    });

    const journal = "SELECT summary || ' by ' || actor AS v FROM stanchion.revision_log";
    assert.deepEqual(await values(database, journal), [String.raw`${summary} by \o'`]);
  });

  test('pins its settings again behind an attempt that was rolled back', async (t) => {
    const database = await open(t);
    await database.client.query('CREATE TABLE t ()');
    await database.client.query('BEGIN; LOCK TABLE t');
    const seen: unknown[] = [];
    let looked: Promise<unknown> | undefined;
    const up = `${step('one', 'tx', "SET application_name = 'mine'")}\n${step('two', 'tx', 'ALTER TABLE t ADD COLUMN x int')}`;

    await upgrade(graphOf({ id: a, up }), {
      connection: database.config,
      objectLockTimeoutMs: 20,
      onEvent: (event) => {
        if (event.type !== 'step_retried' || seen.length > 0) return;
        seen.push(event.attempt);
        const names =
          'SELECT application_name AS v FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';
        looked = values(database, names)
          .then((found) => seen.push(...found))
          .then(async () => database.client.query('COMMIT'));
      },
    });
    await looked;

    assert.deepEqual(seen, [1, `stanchion:${a}:two`]);
  });

  test('refuses an applied file that was edited, before anything runs', async (t) => {
    const database = await open(t);
    await upgrade(graphOf({ id: a, up: step('one', 'tx', 'CREATE TABLE t (id int)') }), {
      connection: database.config,
    });
    const edited = graphOf(
      { id: a, up: step('one', 'tx', 'CREATE TABLE t (id bigint)') },
      { id: b, parents: [a], up: step('one', 'tx', 'CREATE TABLE u ()') },
    );

    const error = await failure(upgrade(edited, { connection: database.config }));

    assert.equal(error.code, 'revision_edited');
    assert.equal(error.faults[0]?.file, fileName(a));
    assert.deepEqual(await values(database, "SELECT to_regclass('u') AS v"), [null]);
    assert.equal((await checkSchema(database.client, edited)).state, 'unknown');
  });

  test('refuses a database that is newer than the code', async (t) => {
    const database = await open(t);
    const up = step('one', 'tx', 'SELECT 1');
    await upgrade(graphOf({ id: a, up }, { id: b, parents: [a], up }), { connection: database.config });

    await assert.rejects(upgrade(graphOf({ id: a, up }), { connection: database.config }), { code: 'database_ahead' });
  });
});

describe('a failing transactional step', () => {
  const broken = step(
    'broken',
    'tx',
    "CREATE TABLE half (v text);\nINSERT INTO half VALUES ('é🙂'); SELECT nothing_here FROM half;",
  );
  const graph = (): RevisionGraph =>
    graphOf(
      { id: a, up: step('one', 'tx', 'CREATE TABLE t (id int)') },
      { id: b, parents: [a], up: `${step('first', 'tx', 'CREATE TABLE first_step ()')}\n${broken}` },
    );

  test('leaves nothing of itself and says file, line, column and SQLSTATE', async (t) => {
    const database = await open(t);

    const error = await failure(upgrade(graph(), { connection: database.config }));

    const [fault] = error.faults;
    assert.equal(error.code, 'sql_failed');
    assert.deepEqual(
      [fault?.file, fault?.line, fault?.column, fault?.sqlstate, fault?.step],
      [fileName(b), 10, 40, '42703', 'broken'],
    );
    assert.deepEqual(
      error.finished.map((one) => one.revision),
      [a],
    );
    assert.deepEqual(await values(database, "SELECT to_regclass('half') AS v"), [null]);
  });

  test('is repeated alone when it was mended', async (t) => {
    const database = await open(t);
    await failure(upgrade(graph(), { connection: database.config }));
    const mended = graphOf(
      { id: a, up: step('one', 'tx', 'CREATE TABLE t (id int)') },
      {
        id: b,
        parents: [a],
        up: `${step('first', 'tx', 'CREATE TABLE first_step ()')}\n${broken.replace('nothing_here', 'v')}`,
      },
    );

    assert.deepEqual((await checkSchema(database.client, mended)).unfinished, [b]);
    const result = await upgrade(mended, { connection: database.config });

    assert.deepEqual(
      result.finished.map((one) => one.revision),
      [b],
    );
    assert.deepEqual(await values(database, 'SELECT count(*)::int AS v FROM half'), [1]);
  });

  test('does not let a finished step before it change', async (t) => {
    const database = await open(t);
    await failure(upgrade(graph(), { connection: database.config }));
    const changed = graphOf(
      { id: a, up: step('one', 'tx', 'CREATE TABLE t (id int)') },
      { id: b, parents: [a], up: `${step('first', 'tx', 'CREATE TABLE other ()')}\n${broken}` },
    );

    await assert.rejects(upgrade(changed, { connection: database.config }), { code: 'step_edited' });
  });
});

describe('a step that needs a locked table', () => {
  test('gives way between its attempts and gets through', async (t) => {
    const database = await open(t);
    await database.client.query('CREATE TABLE t (id int)');
    await database.client.query('BEGIN; SELECT * FROM t');
    const events: MigrationEvent[] = [];
    const release = async (): Promise<void> => void (await database.client.query('COMMIT'));

    await upgrade(graphOf({ id: a, up: step('one', 'tx', 'ALTER TABLE t ADD COLUMN x int') }), {
      connection: database.config,
      objectLockTimeoutMs: 20,
      onEvent: (event) => {
        events.push(event);
        if (event.type === 'step_retried' && event.attempt === 2) void release();
      },
    });

    assert.ok(events.some((event) => event.type === 'step_retried' && event.sqlstate === '55P03'));
  });

  test('gives up after its time and says so', async (t) => {
    const database = await open(t);
    await database.client.query('CREATE TABLE t (id int)');
    await database.client.query('BEGIN; SELECT * FROM t');

    const error = await failure(
      upgrade(graphOf({ id: a, up: step('one', 'tx', 'ALTER TABLE t ADD COLUMN x int') }), {
        connection: database.config,
        objectLockTimeoutMs: 10,
        objectLockWaitMs: 50,
      }),
    );

    assert.equal(error.code, 'object_locked');
    await database.client.query('COMMIT');
  });
});

test('a role without rights on the database is told what it needs', async (t) => {
  const database = await open(t);
  const role = `migrate_guest_${process.pid}`;
  await database.client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'test-secret'`);
  const guest = { ...database.config, user: role, password: 'test-secret' };
  try {
    const attempt = upgrade(graphOf({ id: a, up: step('one', 'tx', 'SELECT 1') }), { connection: guest });

    await assert.rejects(attempt, { code: 'journal_unreadable' });
  } finally {
    await database.client.query(`DROP ROLE ${role}`);
  }
});
