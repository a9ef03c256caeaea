import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { downgrade, type MigrationError, type RevisionGraph, upgrade } from '../src/index.ts';
import { createDatabase } from './support/database.ts';
import { a, b, many, numbers, type Prepared, prepare, refused, tables } from './support/preflight.ts';
import { graphOf, step } from './support/revisions.ts';

describe('a downgrade that was told what to do', () => {
  test('fills rows before NOT NULL comes back', async (t) => {
    const { database, down } = await prepare(t, {
      rows: many,
      down: step('one', 'tx', 'ALTER TABLE t ALTER name SET NOT NULL'),
    });

    await down({ fill: { 't.name': "'row ' || id" } });

    assert.deepEqual((await database.client.query('SELECT name FROM t WHERE id = 9')).rows, [{ name: 'row 9' }]);
  });

  test('archives what it drops, and takes out of the way what it cannot represent', async (t) => {
    const { database, down } = await prepare(t, {
      rows: many,
      down: `${step('one', 'tx', 'ALTER TABLE t ALTER name SET NOT NULL')}\n${step('two', 'tx', 'ALTER TABLE t DROP COLUMN n')}`,
    });

    await down({ acceptLoss: true });

    const { rows } = await database.client.query(
      `SELECT (SELECT count(*)::int FROM t) AS kept, (SELECT array_agg(row_count::int ORDER BY id) FROM stanchion.archive WHERE kind = 'rows') AS archived,
              (SELECT count(n)::int FROM stanchion_archive."${b}_rows_t_2") AS values`,
    );
    assert.deepEqual(rows, [{ kept: 7, archived: [3, 7], values: 7 }]);
  });

  test('moves orphans and all but one of equal rows, and leaves the rest', async (t) => {
    const { database, down } = await prepare(t, {
      rows: many,
      down: step(
        'one',
        'tx',
        'ALTER TABLE t ADD FOREIGN KEY (parent_id) REFERENCES parent (id); ALTER TABLE t ADD UNIQUE (name)',
      ),
    });

    await down({ acceptLoss: true });

    assert.deepEqual(
      (await database.client.query('SELECT count(*)::int AS n, count(DISTINCT name)::int AS names FROM t')).rows,
      [{ n: 6, names: 5 }],
    );
  });

  test('takes no row out that others would follow unseen', async (t) => {
    const { database, down } = await prepare(t, {
      rows: `${many}; CREATE TABLE child (id int PRIMARY KEY, t_id int REFERENCES t (id) ON DELETE CASCADE); INSERT INTO child VALUES (1, 9)`,
      down: step('one', 'tx', 'ALTER TABLE t ALTER name SET NOT NULL'),
    });

    await assert.rejects(down({ acceptLoss: true }), (error: MigrationError) => {
      assert.match(error.message, /1 rows of public\.child refer to rows of public\.t/);
      return true;
    });
    assert.deepEqual((await database.client.query('SELECT count(*)::int AS n FROM t')).rows, [{ n: 10 }]);
  });

  test('drops what the file accepts with a reason', async (t) => {
    const { down } = await prepare(t, {
      rows: many,
      down: `${step('one', 'tx accept="ST019: n says the same"', 'ALTER TABLE t DROP COLUMN name')}\n${step('two', 'tx accept=ST050:nobody-reads-it', 'DROP TABLE t')}`,
    });

    await down();
  });
});

describe('what a contract revision set aside', () => {
  const up = step('aside', 'tx', `SELECT stanchion.soft_drop_column('t', 'name', '${b}')`);
  const down = step('back', 'tx', `SELECT stanchion.restore_column('t', 'name', '${b}')`);

  async function contracted(t: TestContext): Promise<Prepared> {
    const database = await createDatabase();
    t.after(() => database.drop());
    const base = {
      id: a,
      up: step(
        'one',
        'tx',
        `${tables} ALTER TABLE t ALTER name SET NOT NULL, ADD CONSTRAINT named CHECK (name <> ''); INSERT INTO t VALUES (1, 'one', 1, 'n')`,
      ),
    };
    const graph = graphOf(base, { id: b, parents: [a], up, down });
    await upgrade(graph, { connection: database.config });
    return {
      database,
      graph,
      down: async (options = {}) => downgrade(graph, { connection: database.config, target: a, ...options }),
    };
  }

  test('comes back with its values', async (t) => {
    const { database, down: revert } = await contracted(t);

    await revert();

    assert.deepEqual((await database.client.query('SELECT name FROM t')).rows, [{ name: 'one' }]);
  });

  test('counts the rows born since, and fills them as told', async (t) => {
    const { database, down: revert } = await contracted(t);
    await database.client.query('INSERT INTO t (id) VALUES (2), (3)');

    assert.deepEqual(numbers(await refused(revert())), [['back', 'public.t', 'name', 2]]);
    await revert({ fill: { 'public.t.name': "'born ' || id" } });

    assert.deepEqual((await database.client.query('SELECT name FROM t ORDER BY id')).rows, [
      { name: 'one' },
      { name: 'born 2' },
      { name: 'born 3' },
    ]);
  });

  test('may come back without its NOT NULL, which a later step counts for itself', async (t) => {
    const database = await createDatabase();
    t.after(() => database.drop());
    const base = {
      id: a,
      up: step('one', 'tx', `${tables} ALTER TABLE t ALTER name SET NOT NULL; INSERT INTO t VALUES (1, 'one', 1, 'n')`),
    };
    const bare = step('back', 'tx', `SELECT stanchion.restore_column('t', 'name', '${b}', bare => true)`);
    const connection = database.config;
    const graphWith = (steps: string): RevisionGraph => graphOf(base, { id: b, parents: [a], up, down: steps });
    await upgrade(graphWith(bare), { connection });
    await database.client.query('INSERT INTO t (id) VALUES (2)');

    const strict = graphWith(`${bare}\n${step('strict', 'tx', 'ALTER TABLE t ALTER name SET NOT NULL')}`);
    await database.client.query('UPDATE stanchion.revision_log SET checksum = $1 WHERE revision = $2', [
      strict.byId.get(b)?.checksum,
      b,
    ]);
    assert.deepEqual(numbers(await refused(downgrade(strict, { connection, target: a }))), [
      ['strict', 'public.t', 'name', 1],
    ]);
    await downgrade(strict, { connection, target: a, fill: { 't.name': "'filled'" } });

    assert.deepEqual((await database.client.query('SELECT name FROM t ORDER BY id')).rows, [
      { name: 'one' },
      { name: 'filled' },
    ]);
  });

  test('or moves them into the archive', async (t) => {
    const { database, down: revert } = await contracted(t);
    await database.client.query('INSERT INTO t (id) VALUES (2), (3)');

    await revert({ acceptLoss: true });

    assert.deepEqual((await database.client.query('SELECT id FROM t')).rows, [{ id: 1 }]);
  });
});
