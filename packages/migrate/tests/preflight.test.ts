import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import {
  downgrade,
  type MigrationError,
  type MigrationFault,
  type RevisionGraph,
  type RunOptions,
  upgrade,
} from '../src/index.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';
import { catalogOf } from './support/fingerprint.ts';
import { graphOf, step } from './support/revisions.ts';

const [a, b] = ['aaaa00000001', 'bbbb00000002'];

const tables = `
  CREATE TABLE parent (id int PRIMARY KEY, code text);
  CREATE TABLE t (id int PRIMARY KEY, name text, parent_id int, n text);
  INSERT INTO parent VALUES (1, 'x');`;

interface Prepared {
  database: TestDatabase;
  graph: RevisionGraph;
  down: (options?: Partial<RunOptions>) => Promise<unknown>;
}

/** At head of two revisions, the second of which goes down by the steps given. */
async function prepare(
  t: TestContext,
  { up = step('one', 'tx', 'SELECT 1'), down, rows = '' }: { up?: string; down: string; rows?: string },
): Promise<Prepared> {
  const database = await createDatabase();
  t.after(() => database.drop());
  const graph = graphOf({ id: a, up: step('one', 'tx', tables) }, { id: b, parents: [a], up, down });
  await upgrade(graph, { connection: database.config });
  if (rows !== '') await database.client.query(rows);
  return {
    database,
    graph,
    down: async (options = {}) => downgrade(graph, { connection: database.config, target: a, ...options }),
  };
}

async function refused(promise: Promise<unknown>): Promise<readonly MigrationFault[]> {
  let faults: readonly MigrationFault[] = [];
  await assert.rejects(promise, (error: MigrationError) => {
    assert.equal(error.code, 'would_lose_data', error.message);
    faults = error.faults;
    return true;
  });
  return faults;
}

function numbers(faults: readonly MigrationFault[]): unknown[] {
  return faults.map(({ table, columnName, rows, step: name }) => [name, table, columnName ?? null, rows]);
}

const many =
  "INSERT INTO t SELECT g, CASE WHEN g > 7 THEN NULL ELSE 'name ' || g % 5 END, CASE WHEN g > 8 THEN g ELSE 1 END, CASE WHEN g > 6 THEN 'x' || g ELSE '0' || g END FROM generate_series(1, 10) g";

describe('a downgrade counts beforehand', () => {
  for (const [what, sql, expected] of [
    [
      'rows without a value where NOT NULL comes back',
      'ALTER TABLE t ALTER COLUMN name SET NOT NULL',
      [['one', 'public.t', 'name', 3]],
    ],
    [
      'orphans where a foreign key comes back',
      'ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (parent_id) REFERENCES parent (id)',
      [['one', 'public.t', 'parent_id', 2]],
    ],
    [
      'orphans of a key without columns, checked later',
      'ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (parent_id) REFERENCES public.parent NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT k',
      [['one', 'public.t', 'parent_id', 2]],
    ],
    [
      'duplicates where UNIQUE comes back',
      'ALTER TABLE t ADD CONSTRAINT u UNIQUE (name)',
      [['one', 'public.t', null, 2]],
    ],
    [
      'duplicates where a unique index comes back',
      'CREATE UNIQUE INDEX u ON t (parent_id DESC, name) WHERE id > 1',
      [['one', 'public.t', null, 1]],
    ],
    ['rows that break a CHECK', 'ALTER TABLE t ADD CHECK (parent_id < 10)', [['one', 'public.t', null, 1]]],
    ['values that are too long', 'ALTER TABLE t ALTER name TYPE varchar(3)', [['one', 'public.t', 'name', 7]]],
    [
      'values that are no numbers, or other ones',
      'ALTER TABLE t ALTER COLUMN n SET DATA TYPE int USING n::int',
      [['one', 'public.t', 'n', 10]],
    ],
    [
      'values of a column that is dropped',
      'ALTER TABLE t DROP COLUMN name, DROP parent_id',
      [
        ['one', 'public.t', 'name', 7],
        ['one', 'public.t', 'parent_id', 10],
      ],
    ],
    [
      'rows of a table that is dropped',
      'DROP TABLE IF EXISTS t, parent CASCADE',
      [
        ['one', 'public.t', null, 10],
        ['one', 'public.parent', null, 1],
      ],
    ],
    ['rows of a table that is emptied', 'TRUNCATE ONLY t', [['one', 'public.t', null, 10]]],
  ] as const) {
    test(`${what}, and nothing is changed`, async (t) => {
      const { database, down } = await prepare(t, {
        rows: many,
        down: `${step('first', 'tx', 'CREATE TABLE marker ()')}\n${step('one', 'tx', sql)}`,
      });
      const before = await catalogOf(database.client);

      const faults = await refused(down());

      assert.deepEqual(numbers(faults), expected);
      assert.equal(await catalogOf(database.client), before);
    });
  }

  test('everything at once, with file and line', async (t) => {
    const { down } = await prepare(t, {
      rows: many,
      down: step('one', 'tx', 'ALTER TABLE t ALTER COLUMN name SET NOT NULL;\n\nTRUNCATE t;'),
    });

    const faults = await refused(down());

    assert.deepEqual(
      faults.map(({ file, line, rows }) => [file, line, rows]),
      [
        [`${b}_test.sql`, 10, 3],
        [`${b}_test.sql`, 12, 10],
      ],
    );
    assert.match(faults[0]?.hint ?? '', /--fill t\.name=<expression>/);
  });

  test('what is not there yet when its step is reached', async (t) => {
    const { down, database } = await prepare(t, {
      rows: many,
      down: `${step('make', 'tx', 'CREATE TABLE later AS SELECT * FROM t')}\n${step('one', 'tx', 'ALTER TABLE later ALTER name SET NOT NULL')}`,
    });

    assert.deepEqual(numbers(await refused(down())), [['one', 'public.later', 'name', 3]]);
    assert.deepEqual((await database.client.query("SELECT to_regclass('later')::text AS name")).rows, [
      { name: 'later' },
    ]);
  });

  test('nothing where an earlier step of its own mends it', async (t) => {
    const { down } = await prepare(t, {
      rows: many,
      down: `${step('mend', 'tx', "UPDATE t SET name = 'none' WHERE name IS NULL")}\n${step('one', 'tx', 'ALTER TABLE t ALTER name SET NOT NULL')}`,
    });

    await down();
  });

  test('what one step deletes only in part before it drops, and nothing where it deletes all', async (t) => {
    const partly = await prepare(t, {
      rows: many,
      down: step('one', 'tx', 'DELETE FROM t WHERE id = 1; DROP TABLE t'),
    });
    assert.deepEqual(numbers(await refused(partly.down())), [['one', 'public.t', null, 10]]);

    const wholly = await prepare(t, { rows: many, down: step('one', 'tx', 'DELETE FROM t; DROP TABLE t') });
    await wholly.down();
  });

  test('values that a cast would cut, though the same step writes others', async (t) => {
    const { down } = await prepare(t, {
      rows: many,
      down: step(
        'one',
        'tx',
        'UPDATE t SET parent_id = 1; ALTER TABLE t ALTER name TYPE varchar(3) USING left(name, 3)',
      ),
    });

    assert.deepEqual(numbers(await refused(down())), [['one', 'public.t', 'name', 7]]);
  });

  test('nothing in empty tables and columns', async (t) => {
    const { down } = await prepare(t, { down: step('one', 'tx', 'ALTER TABLE t DROP COLUMN name; DROP TABLE t') });

    await down();
  });
});

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

describe('an upgrade', () => {
  test('does not drop what holds something, either', async (t) => {
    const { database, graph } = await prepare(t, { rows: many, down: step('one', 'tx', 'SELECT 1') });
    const more = graphOf(
      ...[...graph.byId.values()].map((one) => ({
        id: one.id,
        parents: one.parents,
        up: one.id === a ? step('one', 'tx', tables) : step('one', 'tx', 'SELECT 1'),
        ...(one.id === b ? { down: step('one', 'tx', 'SELECT 1') } : {}),
      })),
      {
        id: 'cccc00000003',
        parents: [b],
        up: `${step('marker', 'tx', 'CREATE TABLE marker ()')}\n${step('one', 'tx', 'ALTER TABLE t ADD CONSTRAINT u UNIQUE (id), DROP COLUMN name')}`,
      },
    );

    assert.deepEqual(numbers(await refused(upgrade(more, { connection: database.config }))), [
      ['one', 'public.t', 'name', 7],
    ]);
    assert.deepEqual((await database.client.query("SELECT to_regclass('marker') AS m")).rows, [{ m: null }]);
  });
});

describe("a revision's own check", () => {
  const check =
    '-- stanchion:check strangers message=tasks belong to somebody else\nSELECT count(*) FROM t WHERE parent_id > 5;\n';

  test('refuses with its number and its words', async (t) => {
    const { down } = await prepare(t, { rows: many, down: `${check}${step('one', 'tx', 'SELECT 1')}` });

    await assert.rejects(down({ acceptLoss: true }), (error: MigrationError) => {
      assert.equal(error.code, 'check_failed');
      assert.match(error.message, /check strangers: 2 tasks belong to somebody else/);
      return true;
    });
  });

  test('lets through when it counts nothing', async (t) => {
    const { down } = await prepare(t, { down: `${check}${step('one', 'tx', 'SELECT 1')}` });

    await down();
  });

  test('refuses when it cannot be counted', async (t) => {
    const { down } = await prepare(t, {
      down: `-- stanchion:check c message=x\nSELECT 'many'\n${step('one', 'tx', 'SELECT 1')}`,
    });

    await assert.rejects(down(), { code: 'check_failed' });
  });
});
