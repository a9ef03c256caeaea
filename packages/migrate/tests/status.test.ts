import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { checkSchema, current, downgrade, listApplied, upgrade } from '../src/index.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';
import { graphOf, step } from './support/revisions.ts';

const [a, b, c] = ['aaaa00000001', 'bbbb00000002', 'cccc00000003'];
const up = step('one', 'tx', 'SELECT 1');
const down = up;
const one = graphOf({ id: a, up, down });
const two = graphOf({ id: a, up, down }, { id: b, parents: [a], up, down });

async function open(t: TestContext): Promise<TestDatabase> {
  const database = await createDatabase();
  t.after(() => database.drop());
  return database;
}

describe('checkSchema', () => {
  test('calls a database without a journal empty, and writes nothing', async (t) => {
    const database = await open(t);

    const check = await checkSchema(database.client, two);

    assert.deepEqual([check.state, check.pending, check.code], ['empty', [a, b], [b]]);
    assert.deepEqual((await database.client.query("SELECT 1 FROM pg_namespace WHERE nspname = 'stanchion'")).rows, []);
  });

  test('calls the same revisions current', async (t) => {
    const database = await open(t);
    await upgrade(two, { connection: database.config });

    const check = await checkSchema(database.client, two);

    assert.deepEqual([check.state, check.database, check.pending], ['current', [b], []]);
  });

  test('calls a database that lacks some behind', async (t) => {
    const database = await open(t);
    await upgrade(one, { connection: database.config });

    const check = await checkSchema(database.client, two);

    assert.deepEqual([check.state, check.database, check.pending], ['behind', [a], [b]]);
  });

  test('calls a database with more ahead, and says what it has', async (t) => {
    const database = await open(t);
    await upgrade(two, { connection: database.config });

    const check = await checkSchema(database.client, one);

    assert.equal(check.state, 'ahead');
    assert.deepEqual(check.unknown, [{ revision: b, phase: 'expand', summary: `revision ${b}` }]);
  });

  test('calls a database with other revisions unknown', async (t) => {
    const database = await open(t);
    await upgrade(two, { connection: database.config });

    const check = await checkSchema(database.client, graphOf({ id: a, up, down }, { id: c, parents: [a], up, down }));

    assert.equal(check.state, 'unknown');
  });

  test('calls a database unknown while a downgrade is half-done, and an upgrade is refused', async (t) => {
    const database = await open(t);
    const graph = graphOf({
      id: a,
      up,
      down: `${step('one', 'tx', 'CREATE TABLE t ()')}\n${step('two', 'tx', 'SELECT 1 / 0')}`,
    });
    await upgrade(graph, { connection: database.config });
    await assert.rejects(downgrade(graph, { connection: database.config, target: 'base' }), { code: 'sql_failed' });

    assert.equal((await checkSchema(database.client, graph)).state, 'unknown');
    await assert.rejects(upgrade(graph, { connection: database.config }), { code: 'half_applied' });
  });

  test('tells a role without rights on the journal what it needs', async (t) => {
    const database = await open(t);
    await upgrade(one, { connection: database.config });
    const role = `migrate_reader_${process.pid}`;
    await database.client.query(`CREATE ROLE ${role}; SET ROLE ${role}`);
    try {
      await assert.rejects(checkSchema(database.client, one), { code: 'journal_unreadable' });
    } finally {
      await database.client.query(`RESET ROLE; DROP ROLE ${role}`);
    }
  });
});

describe('downgrade', () => {
  test('takes back what an upgrade did, and an upgrade does it again', async (t) => {
    const database = await open(t);
    const graph = graphOf({
      id: a,
      up: step('one', 'tx', 'CREATE TABLE t ()'),
      down: step('one', 'tx', 'DROP TABLE t'),
    });
    await upgrade(graph, { connection: database.config });

    await downgrade(graph, { connection: database.config, target: 'base' });
    const again = await upgrade(graph, { connection: database.config });

    assert.deepEqual(
      again.finished.map((revision) => revision.outcome),
      ['applied'],
    );
    const { rows } = await database.client.query('SELECT outcome FROM stanchion.revision_log ORDER BY seq');
    assert.deepEqual(
      rows.map((row: { outcome: string }) => row.outcome),
      ['applied', 'reverted', 'applied'],
    );
  });

  test('is refused while an upgrade is half-done', async (t) => {
    const database = await open(t);
    const graph = graphOf(
      { id: a, up, down },
      { id: b, parents: [a], up: `${up}\n${step('two', 'tx', 'SELECT 1 / 0')}`, down },
    );
    await assert.rejects(upgrade(graph, { connection: database.config }), { code: 'sql_failed' });

    await assert.rejects(downgrade(graph, { connection: database.config, target: 'base' }), { code: 'half_applied' });
  });
});

test('current names the database’s heads and listApplied all revisions', async (t) => {
  const database = await open(t);
  await upgrade(two, { connection: database.config, actor: 'build 42' });

  const applied = await listApplied(database.client);
  const heads = await current(database.client);

  assert.deepEqual(
    applied.map((revision) => revision.revision),
    [a, b],
  );
  assert.deepEqual(
    heads.map((revision) => [revision.revision, revision.parents, revision.actor]),
    [[b, [a], 'build 42']],
  );
  assert.match(heads[0]?.finishedAt ?? '', /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
});
