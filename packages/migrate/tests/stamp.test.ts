import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { downgrade, ensureVersion, stamp, upgrade } from '../src/index.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';
import { graphOf, step } from './support/revisions.ts';

const [a, b, c, d] = ['aaaa00000001', 'bbbb00000002', 'cccc00000003', 'dddd00000004'];
const up = step('one', 'tx', 'SELECT 1');
/** a ← b, and a line of its own: c ← d, labelled side. */
const graph = graphOf(
  { id: a, up, down: step('one', 'tx', 'CREATE TABLE reverted_a ()') },
  { id: b, parents: [a], up, down: step('one', 'tx', 'CREATE TABLE reverted_b ()') },
  { id: c, header: '-- stanchion:labels [side]', up, down: up },
  { id: d, parents: [c], up, down: up },
);

async function open(t: TestContext): Promise<TestDatabase> {
  const database = await createDatabase();
  t.after(() => database.drop());
  return database;
}

async function versions({ client }: TestDatabase): Promise<string[]> {
  const { rows } = await client.query<{ version_num: string }>('SELECT version_num FROM alembic_version ORDER BY 1');
  return rows.map((row) => row.version_num);
}

async function outcomes({ client }: TestDatabase): Promise<string[]> {
  const { rows } = await client.query<{ line: string }>(
    "SELECT revision || ' ' || outcome AS line FROM stanchion.revision_log ORDER BY seq",
  );
  return rows.map((row) => row.line);
}

describe('stamp', () => {
  test('says what is applied and runs nothing; a downgrade then runs what was stamped', async (t) => {
    const database = await open(t);
    const connection = database.config;

    const result = await stamp(graph, { connection, targets: [b] });

    assert.deepEqual(result, { from: [], to: [b], stamped: [a, b], unstamped: [] });
    assert.deepEqual([await versions(database), await outcomes(database)], [[b], [`${a} stamped`, `${b} stamped`]]);
    assert.deepEqual((await upgrade(graph, { connection, target: b })).finished, []);
    await downgrade(graph, { connection, target: a });
    assert.deepEqual((await database.client.query("SELECT to_regclass('reverted_b')::text AS v")).rows, [
      { v: 'reverted_b' },
    ]);
  });

  const moves: [targets: string[], from: string[], to: string[]][] = [
    [['heads'], [], [b, d]],
    [['base'], [b, d], []],
    [['side@base'], [b, d], [b]],
    [[a, 'side@head'], [], [a, d]],
    [[c], [b, d], [b, c]],
    [[a], [b, d], [a, d]],
    [['heads'], [a, d], [b, d]],
  ];
  for (const [targets, from, to] of moves) {
    test(`${targets.join(' ')} moves [${from.join(', ')}] to [${to.join(', ')}]`, async (t) => {
      const database = await open(t);
      const connection = database.config;
      if (from.length > 0) await stamp(graph, { connection, targets: from });

      await stamp(graph, { connection, targets });

      assert.deepEqual(await versions(database), to);
    });
  }

  test('forgets rows that nobody knows only when it purges', async (t) => {
    const database = await open(t);
    const connection = database.config;
    await database.client.query(
      "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY); INSERT INTO alembic_version VALUES ('5f3c9a7e21bd')",
    );

    await stamp(graph, { connection, targets: [a] });
    assert.deepEqual([await versions(database), await outcomes(database)], [['5f3c9a7e21bd'], [`${a} stamped`]]);

    await stamp(graph, { connection, targets: [b], purge: true });
    assert.deepEqual(await versions(database), [b]);
  });

  test('refuses a database of newer code, and purges it', async (t) => {
    const database = await open(t);
    const connection = database.config;
    await upgrade(graph, { connection, target: 'heads' });
    const older = graphOf({ id: a, up, down: step('one', 'tx', 'CREATE TABLE reverted_a ()') });

    await assert.rejects(stamp(older, { connection, targets: [a] }), { code: 'database_ahead' });
    const result = await stamp(older, { connection, targets: [a], purge: true });

    assert.deepEqual([result.unstamped.toSorted(), await versions(database)], [[b, c, d], [a]]);
  });

  test('writes nothing in a dry run, and tells the same', async (t) => {
    const database = await open(t);
    const options = { connection: database.config, targets: ['heads'] };

    const foreseen = await stamp(graph, { ...options, dryRun: true });
    const { rows } = await database.client.query("SELECT 1 FROM pg_namespace WHERE nspname LIKE 'stanchion%'");

    assert.deepEqual(rows, []);
    assert.deepEqual(await stamp(graph, options), foreseen);
  });

  test('refuses a name before it connects', async () => {
    const nowhere = { host: '127.0.0.1', port: 1 };

    await assert.rejects(stamp(graph, { connection: nowhere, targets: ['zzzz'] }), { code: 'unknown_revision' });
  });
});

describe('ensureVersion', () => {
  test('makes journal and version table, fills the table, and runs nothing', async (t) => {
    const database = await open(t);
    const connection = database.config;

    assert.deepEqual(await ensureVersion(graph, { connection }), []);
    await upgrade(graph, { connection, target: a });
    await database.client.query('DROP TABLE alembic_version');

    assert.deepEqual(await ensureVersion(graph, { connection }), [a]);
    assert.deepEqual(await outcomes(database), [`${a} applied`]);
  });
});
