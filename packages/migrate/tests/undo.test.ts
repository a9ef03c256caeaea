import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { checkSchema, type MigrationError, undo, upgrade } from '../src/index.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';
import { catalogOf, rowsOf } from './support/fingerprint.ts';
import { graphOf, step } from './support/revisions.ts';

const [a, b] = ['aaaa00000001', 'bbbb00000002'];
const base = {
  id: a,
  up: step('one', 'tx', 'CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 1), (2, 1)'),
};
const up = [
  step('column', 'tx', 'ALTER TABLE t ADD COLUMN v int'),
  step('fill', 'batch table=t key=id size=1', 'UPDATE t SET v = id WHERE id IN (SELECT id FROM batch_keys)'),
  step('index', 'notx', 'CREATE UNIQUE INDEX CONCURRENTLY t_n ON t (n)'),
  step('last', 'tx', 'CREATE TABLE u ()'),
].join('\n');

async function halfway(
  t: TestContext,
  down: string,
): Promise<{ database: TestDatabase; graph: ReturnType<typeof graphOf>; before: unknown[] }> {
  const database = await createDatabase();
  t.after(() => database.drop());
  await upgrade(graphOf(base), { connection: database.config });
  const before = [await catalogOf(database.client), await rowsOf(database.client)];
  const graph = graphOf(base, { id: b, parents: [a], up, down });
  await assert.rejects(upgrade(graph, { connection: database.config }), { code: 'sql_failed' });
  return { database, graph, before };
}

describe('half of a revision', () => {
  for (const [what, down] of [
    [
      'steps of the same names',
      [
        step('last', 'tx', 'DROP TABLE u'),
        step('index', 'notx', 'DROP INDEX CONCURRENTLY IF EXISTS t_n'),
        step('column', 'tx', 'ALTER TABLE t DROP COLUMN v'),
      ].join('\n'),
    ],
    [
      'steps that say what they undo',
      [
        step('u', 'tx undoes=last', 'DROP TABLE u'),
        step('rest', 'tx undoes=column,fill', 'ALTER TABLE t DROP COLUMN v'),
      ].join('\n'),
    ],
    [
      'one step that holds for whatever is there',
      step(
        'all',
        'tx',
        'DROP TABLE IF EXISTS u; DROP INDEX IF EXISTS t_n; ALTER TABLE IF EXISTS t DROP COLUMN IF EXISTS v',
      ),
    ],
  ] as const) {
    test(`is undone by ${what}, and may be applied again`, async (t) => {
      const { database, graph, before } = await halfway(t, down);

      // The values are computed again by the batch.
      const finished = await undo(graph, { connection: database.config, revision: b, acceptLoss: true });

      assert.equal(finished.outcome, 'reverted');
      assert.deepEqual([await catalogOf(database.client), await rowsOf(database.client)], before);
      assert.deepEqual((await checkSchema(database.client, graph)).unfinished, []);
      await database.client.query('UPDATE t SET n = id');
      assert.deepEqual((await upgrade(graph, { connection: database.config })).to, [b]);
    });
  }

  test('is left alone when a down step would take back what never was, and says which', async (t) => {
    const { database, graph } = await halfway(t, step('all', 'tx', 'DROP TABLE u; ALTER TABLE t DROP COLUMN v'));

    await assert.rejects(undo(graph, { connection: database.config, revision: b }), (error: MigrationError) => {
      assert.equal(error.code, 'cannot_undo');
      assert.match(error.message, /down step all takes back column, fill, index, last, but last never began/);
      return true;
    });
    assert.deepEqual((await database.client.query('SELECT v FROM t ORDER BY id')).rows, [{ v: 1 }, { v: 2 }]);
  });

  test('is not upgraded while its undoing is half done, and the undoing goes on', async (t) => {
    const down = [
      step('index', 'notx', 'DROP INDEX CONCURRENTLY IF EXISTS t_n'),
      step('column', 'tx', 'ALTER TABLE t DROP COLUMN v; SELECT 1 / (SELECT count(*) FROM gate)'),
    ].join('\n');
    const { database, graph, before } = await halfway(t, down);
    const connection = database.config;

    await assert.rejects(undo(graph, { connection, revision: b, acceptLoss: true }), { code: 'sql_failed' });
    await assert.rejects(upgrade(graph, { connection }), (error: MigrationError) => {
      assert.equal(error.code, 'half_applied');
      assert.match(error.message, /the undo of revision/);
      return true;
    });
    await database.client.query('CREATE TABLE gate AS SELECT 1');
    await undo(graph, { connection, revision: b, acceptLoss: true });
    await database.client.query('DROP TABLE gate');

    assert.deepEqual([await catalogOf(database.client), await rowsOf(database.client)], before);
  });

  test('is not there when nothing was begun, or all is done', async (t) => {
    const database = await createDatabase();
    t.after(() => database.drop());
    const graph = graphOf(base);

    await assert.rejects(undo(graph, { connection: database.config, revision: a }), { code: 'not_in_doubt' });
    await upgrade(graph, { connection: database.config });
    await assert.rejects(undo(graph, { connection: database.config, revision: a }), { code: 'not_in_doubt' });
  });
});
