import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type MigrationError, upgrade } from '../src/index.ts';
import { catalogOf } from './support/fingerprint.ts';
import { a, b, many, numbers, prepare, refused, tables } from './support/preflight.ts';
import { graphOf, step } from './support/revisions.ts';

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
