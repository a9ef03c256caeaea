import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { checkSchema, type MigrationError, type MigrationFault, runnerStatus, upgrade } from '../src/index.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';
import { catalogOf, rowsOf } from './support/fingerprint.ts';
import { graphOf, step } from './support/revisions.ts';

const [a, b] = ['aaaa00000001', 'bbbb00000002'];

async function open(t: TestContext, sql: string): Promise<TestDatabase> {
  const database = await createDatabase();
  t.after(() => database.drop());
  await database.client.query(sql);
  return database;
}

async function faultOf(promise: Promise<unknown>): Promise<MigrationFault> {
  let fault: MigrationFault | undefined;
  await assert.rejects(promise, (error: MigrationError) => {
    [fault] = error.faults;
    return true;
  });
  assert.ok(fault);
  return fault;
}

const table =
  'CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL); INSERT INTO t SELECT g, g % 5 FROM generate_series(1, 50) g';

describe('SQL that fails in the middle', () => {
  test('of a transaction leaves what stood before its step, and goes on when it was mended', async (t) => {
    const database = await open(t, table);
    const graphWith = (sql: string) =>
      graphOf({ id: a, up: `${step('first', 'tx', 'CREATE TABLE first_table ()')}\n${step('second', 'tx', sql)}` });

    const fault = await faultOf(
      upgrade(graphWith('UPDATE t SET n = 9;\nDELETE FROM nowhere'), { connection: database.config }),
    );
    assert.deepEqual(
      [fault.code, fault.sqlstate, fault.line, fault.column, fault.step],
      ['sql_failed', '42P01', 10, 13, 'second'],
    );
    assert.deepEqual((await database.client.query('SELECT count(*)::int AS n FROM t WHERE n = 9')).rows, [{ n: 0 }]);
    await upgrade(graphWith('UPDATE t SET n = 9'), { connection: database.config });

    assert.deepEqual((await database.client.query('SELECT count(*)::int AS n FROM t WHERE n = 9')).rows, [{ n: 50 }]);
  });

  test('of a function is told with its statement, which is no advice', async (t) => {
    const database = await open(t, table);
    const sql = "DO $$ BEGIN EXECUTE 'DELETE FROM t WHERE n / 0 = 1'; END $$";

    const fault = await faultOf(
      upgrade(graphOf({ id: a, up: step('inside', 'tx', sql) }), { connection: database.config }),
    );

    assert.match(fault.message, /division by zero \(SQL statement "DELETE FROM t WHERE n \/ 0 = 1"\)$/);
    assert.equal(fault.hint, undefined);
  });

  test('of a statement that no transaction holds leaves no invalid index, and goes on when the rows were mended', async (t) => {
    const database = await open(t, table);
    const graph = graphOf({
      id: a,
      up: `${step('first', 'tx', 'INSERT INTO t VALUES (100, 100)')}\n${step('unique', 'notx', 'CREATE UNIQUE INDEX CONCURRENTLY t_n ON t (n)')}`,
    });

    const fault = await faultOf(upgrade(graph, { connection: database.config }));
    assert.deepEqual([fault.sqlstate, fault.step], ['23505', 'unique']);
    assert.doesNotMatch(await catalogOf(database.client), /INDEX t_n /);
    await database.client.query('UPDATE t SET n = id');
    await upgrade(graph, { connection: database.config });

    assert.match(await catalogOf(database.client), /CREATE UNIQUE INDEX t_n .* valid=t/);
    assert.deepEqual((await database.client.query('SELECT count(*)::int AS n FROM t')).rows, [{ n: 51 }]);
  });
});

describe('a statement that somebody cancels', () => {
  for (const [what, mode, sql] of [
    ['in a transaction', 'tx', 'UPDATE t SET n = n + 1'],
    ['in a concurrent index build', 'notx', 'CREATE INDEX CONCURRENTLY t_n ON t (n)'],
    ['in a batch', 'batch table=t key=id size=10', 'UPDATE t SET n = n + 1 WHERE id IN (SELECT id FROM batch_keys)'],
  ] as const) {
    test(`${what} is told as cancelled, and the next run does it once`, async (t) => {
      const database = await open(t, table);
      const graph = graphOf({ id: a, up: step('one', mode, sql) });
      const writer = await database.connect();
      await writer.query('BEGIN; UPDATE t SET n = n WHERE id = 35');
      const running = faultOf(upgrade(graph, { connection: database.config, objectLockTimeoutMs: 0 }));
      const cancel =
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'stanchion:%' AND wait_event_type = 'Lock'";
      while ((await database.client.query(cancel)).rows.length === 0) await new Promise(setImmediate);

      const fault = await running;
      await writer.query('ROLLBACK');
      assert.deepEqual([fault.code, fault.sqlstate], ['sql_failed', '57014']);
      assert.equal((await runnerStatus(database.client)).steps[0]?.state, 'failed');
      await upgrade(graph, { connection: database.config });

      const { rows } = await database.client.query(
        'SELECT sum(n - id % 5)::int AS added, (SELECT bool_and(indisvalid) FROM pg_index) AS valid FROM t',
      );
      assert.deepEqual(rows, [{ added: mode === 'notx' ? 0 : 50, valid: true }]);
    });
  }
});

describe('a disk that is full', () => {
  const big =
    'CREATE TABLE sorted AS SELECT g, repeat(md5(g::text), 8) AS v FROM generate_series(1, 20000) g ORDER BY v DESC';

  test('for temporary files is told with its SQLSTATE, leaves nothing, and the run goes on when there is room', async (t) => {
    const database = await open(t, table);
    const name = String(database.config.database);
    await database.client.query(
      `ALTER DATABASE ${name} SET temp_file_limit = '512kB'; ALTER DATABASE ${name} SET work_mem = '1MB'`,
    );
    const graph = graphOf(
      { id: a, up: step('first', 'tx', 'SELECT 1') },
      { id: b, parents: [a], up: step('sort', 'tx', big) },
    );

    // Whoever may set it is a superuser, and superusers are bound by it as well.
    const fault = await faultOf(upgrade(graph, { connection: database.config }));
    assert.deepEqual([fault.code, fault.sqlstate, fault.step], ['sql_failed', '53400', 'sort']);
    assert.doesNotMatch(await catalogOf(database.client), /sorted/);
    assert.deepEqual((await checkSchema(database.client, graph)).database, [a]);
    await database.client.query(`ALTER DATABASE ${name} RESET temp_file_limit`);
    await upgrade(graph, { connection: database.config });

    assert.match((await rowsOf(database.client))['sorted'] ?? '', /^20000:/);
  });
});

describe('a database that belongs to somebody else', () => {
  test('says which role lacks what, and which GRANT helps', async (t) => {
    const database = await open(t, table);
    const role = `migrate_stranger_${process.pid}`;
    await database.client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'test-secret'`);
    const stranger = { ...database.config, user: role, password: 'test-secret' };
    const graph = graphOf({ id: a, up: step('one', 'tx', 'ALTER TABLE t ADD COLUMN x int') });
    try {
      const journal = await faultOf(upgrade(graph, { connection: stranger }));
      assert.equal(journal.code, 'journal_unreadable');
      assert.match(
        journal.hint ?? '',
        new RegExp(`GRANT CREATE ON DATABASE "${String(database.config.database)}" TO "${role}"`),
      );
      assert.match(journal.message, new RegExp(`role ${role}.*owner`, 's'));

      await database.client.query(
        `GRANT CREATE ON DATABASE ${String(database.config.database)} TO ${role}; GRANT CREATE ON SCHEMA public TO ${role}`,
      );
      const owner = await faultOf(upgrade(graph, { connection: stranger }));
      assert.deepEqual([owner.code, owner.sqlstate, owner.step], ['sql_failed', '42501', 'one']);
      await database.client.query(
        'DROP FUNCTION stanchion.restore_table; COMMENT ON TABLE stanchion.archive IS NULL; ALTER TABLE stanchion.archive OWNER TO CURRENT_USER',
      );
      const functions = await faultOf(upgrade(graph, { connection: stranger }));
      assert.deepEqual([functions.code, functions.sqlstate], ['journal_unreadable', '42501']);
      assert.match(functions.hint ?? '', new RegExp(`GRANT "\\w+" TO "${role}"`));
      assert.match(owner.hint ?? '', new RegExp(`role ${role} .*GRANT "\\w+" TO "${role}"`));
    } finally {
      await database.client.query(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`);
    }
  });
});
