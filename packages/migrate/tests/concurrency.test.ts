import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { Client } from 'pg';
import { downgrade, type LockHolder, lockKey, upgrade } from '../src/index.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';
import { graphOf, step } from './support/revisions.ts';

const [a, b, c] = ['aaaa00000001', 'bbbb00000002', 'cccc00000003'];

async function open(t: TestContext): Promise<TestDatabase> {
  const database = await createDatabase();
  t.after(() => database.drop());
  return database;
}

const chain = graphOf(
  {
    id: a,
    up: step(
      'one',
      'tx',
      'CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL); INSERT INTO t SELECT g, 0 FROM generate_series(1, 20) g',
    ),
  },
  { id: b, parents: [a], up: step('index', 'notx', 'CREATE INDEX CONCURRENTLY t_n ON t (n)') },
  {
    id: c,
    parents: [b],
    up: step('fill', 'batch table=t key=id size=5', 'UPDATE t SET n = n + 1 WHERE id IN (SELECT id FROM batch_keys)'),
  },
);

describe('several runners at once', () => {
  for (const runners of [2, 20]) {
    test(`${runners} on an empty database all succeed, and each revision is applied once`, async (t) => {
      const database = await open(t);

      const results = await Promise.all(
        Array.from({ length: runners }, async () => upgrade(chain, { connection: database.config })),
      );

      assert.deepEqual(
        results.flatMap((result) => result.finished.map((one) => one.revision)),
        [a, b, c],
      );
      const { rows } = await database.client.query(
        'SELECT (SELECT count(*)::int FROM stanchion.revision_log) AS entries, (SELECT array_agg(DISTINCT n) FROM t) AS n, (SELECT bool_and(indisvalid) FROM pg_index) AS valid',
      );
      assert.deepEqual(rows, [{ entries: 3, n: [1], valid: true }]);
    });
  }

  test('that wait are told who holds the lock, and give up after their time', async (t) => {
    const database = await open(t);
    await database.client.query("SET application_name = 'stanchion:holder:step'");
    await database.client.query('SELECT pg_advisory_lock($1)', [
      String(lockKey(String(database.config.database), 'stanchion')),
    ]);
    const holders: (LockHolder | null)[] = [];

    const waiting = upgrade(chain, {
      connection: database.config,
      lockWaitMs: 100,
      onEvent: (event) => event.type === 'waiting_for_lock' && holders.push(event.holder),
    });

    await assert.rejects(
      waiting,
      (error: Error & { code: string }) => error.code === 'locked' && error.message.includes('stanchion:holder:step'),
    );
    assert.deepEqual(
      holders.map((holder) => holder?.applicationName),
      ['stanchion:holder:step'],
    );
  });

  test('with journals of their own do not wait for each other', async (t) => {
    const database = await open(t);
    await database.client.query('SELECT pg_advisory_lock($1)', [
      String(lockKey(String(database.config.database), 'stanchion')),
    ]);
    const graph = graphOf({ id: a, up: step('one', 'tx', 'SELECT 1') });

    const result = await upgrade(graph, { connection: database.config, journalSchema: 'Other "one"', lockWaitMs: 0 });

    assert.deepEqual(result.to, [a]);
  });

  test('that prove their lock never let go of it', async (t) => {
    const database = await open(t);
    const key = String(lockKey(String(database.config.database), 'stanchion'));
    const up = step('one', 'tx', `SELECT pg_advisory_unlock(${key})`);
    const graph = graphOf(
      { id: a, up },
      { id: b, parents: [a], up: step('one', 'tx', 'CREATE TABLE t ()') },
      // The session ends with the last one, and the lock with it: not before all was asked.
      { id: c, parents: [b], up: step('one', 'tx', 'SELECT pg_advisory_xact_lock(1)') },
    );
    await database.client.query('SELECT pg_advisory_lock(1)');
    const taken: Promise<unknown>[] = [];

    await upgrade(graph, {
      connection: database.config,
      onEvent: (event) => {
        if ((event.type !== 'step_finished' && event.type !== 'step_started') || event.revision === c) return;
        taken.push(database.client.query('SELECT pg_try_advisory_lock($1) AS v', [key]).then(({ rows }) => rows));
        if (event.type === 'step_finished' && event.revision === b) {
          taken.push(database.client.query('SELECT pg_advisory_unlock(1)').then(() => []));
        }
      },
    });

    assert.deepEqual((await Promise.all(taken)).flat(), [{ v: false }, { v: false }, { v: false }, { v: false }]);
  });

  test('stop when a step gives the lock away', async (t) => {
    const database = await open(t);
    const graph = graphOf({ id: a, up: step('one', 'tx', 'CREATE TABLE t (); SELECT pg_advisory_unlock_all()') });

    await assert.rejects(upgrade(graph, { connection: database.config }), { code: 'lock_lost' });
    const { rows } = await database.client.query("SELECT to_regclass('t') AS t");
    assert.deepEqual(rows, [{ t: null }]);
  });
});

describe('a connection', () => {
  for (const host of ['ep-calm-1234-pooler.eu-central-1.aws.neon.tech', 'EP-X-POOLER.neon.tech']) {
    test(`to ${host} is refused with the direct host`, async () => {
      const connection = `postgresql://u:test-secret@${host}/db`;

      await assert.rejects(
        upgrade(chain, { connection: { connectionString: connection } }),
        (error: Error & { code: string }) => {
          assert.equal(error.code, 'pooled_connection');
          assert.match(error.message, /host is (?:ep-calm-1234|EP-X)\.[\w.-]*neon\.tech/);
          assert.doesNotMatch(error.message, /test-secret/);
          return true;
        },
      );
    });
  }

  test('to a pooler is refused when a factory makes it', async () => {
    const connection = (): Client => new Client({ host: 'ep-x-pooler.neon.tech' });

    await assert.rejects(downgrade(chain, { connection, target: 'base' }), { code: 'pooled_connection' });
  });

  test('that nobody answers is told from a failing statement', async () => {
    await assert.rejects(upgrade(chain, { connection: { host: '127.0.0.1', port: 1 } }), { code: 'connection_failed' });
  });

  test('that breaks in a step is told, and the next run finishes', async (t) => {
    const database = await open(t);
    const suicide = graphOf({
      id: a,
      up: `${step('one', 'tx', 'CREATE TABLE t ()')}\n${step('two', 'tx', "CREATE TABLE u (); SELECT CASE WHEN current_setting('stanchion_test.kill', true) = 'yes' THEN pg_terminate_backend(pg_backend_pid()) END")}`,
    });
    const dying = (): Client => new Client({ ...database.config, options: '-c stanchion_test.kill=yes' });

    await assert.rejects(upgrade(suicide, { connection: dying }), { code: 'connection_lost' });
    const result = await upgrade(suicide, { connection: database.config });

    assert.deepEqual(result.to, [a]);
  });
});
