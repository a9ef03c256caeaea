import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { checkSchema, stamp, upgrade } from '../src/index.ts';
import { journal, open, p1, python, s1, s2, s3, sql, succeed, value, versions } from './alembic/place.ts';
import { step } from './support/revisions.ts';

describe('stubs', { concurrency: 3 }, () => {
  test('refuse what the runner refuses: a check, and a drop that would lose rows', async (t) => {
    const { database, project } = await open(t, {
      sql: [
        {
          id: s1,
          up: step('one', 'tx', 'CREATE TABLE t (v int); INSERT INTO t VALUES (1)'),
          down: step('one', 'tx', 'DROP TABLE t'),
        },
        {
          id: s2,
          parents: [s1],
          up: `-- stanchion:check negative message=rows of t are negative\nSELECT count(*) FROM t WHERE v < 0\n${step('one', 'tx', 'ALTER TABLE t ADD CHECK (v >= 0)')}`,
        },
      ],
    });
    await project.writeStubs();
    await succeed(project, 'upgrade', s1);

    const down = await project.alembic('downgrade', 'base');
    assert.notEqual(down.code, 0);
    assert.match(down.output, /1 rows of t would go/);

    await database.client.query('UPDATE t SET v = -1');
    const up = await project.alembic('upgrade', 'head');
    assert.notEqual(up.code, 0);
    assert.match(up.output, /1 rows of t are negative/);
    assert.deepEqual(await versions(database), [s1]);
  });

  test('call the functions that set things aside, and leave code in TypeScript to the runner', async (t) => {
    const { database, project } = await open(t, {
      sql: [
        { id: s1, up: step('one', 'tx', 'CREATE TABLE t (v int, w int); INSERT INTO t VALUES (1, 2)') },
        {
          id: s2,
          parents: [s1],
          up: step('one', 'tx', `SELECT stanchion.soft_drop_column('t', 'w', '${s2}')`),
          down: step('one', 'tx', `SELECT stanchion.restore_column('t', 'w', '${s2}')`),
        },
      ],
    });
    await writeFile(
      join(project.folder, `${s3}_code.ts`),
      `export default { revision: '${s3}', downRevision: ['${s2}'], phase: 'expand', summary: 'code', up: [{ name: 'one', mode: 'tx', run: async (db) => db.query('INSERT INTO t VALUES (7)') }], };`,
    );
    await project.writeStubs();

    await succeed(project, 'upgrade', s2);
    assert.deepEqual(
      (await database.client.query('SELECT * FROM t')).fields.map((field) => field.name).includes('w'),
      false,
    );
    await succeed(project, 'downgrade', s1);
    assert.deepEqual((await database.client.query('SELECT v, w FROM t')).rows, [{ v: 1, w: 2 }]);

    const { code, output } = await project.alembic('upgrade', 'head');
    assert.notEqual(code, 0);
    assert.match(output, new RegExp(`step one of revision ${s3} is for Stanchion's runner alone: it is code`));
  });

  test('are not run for a file that changed since they were written', async (t) => {
    const { project } = await open(t);
    await project.writeStubs();
    await project.addSql({ id: s2, parents: [s1], up: step('one', 'tx', 'SELECT 2') });

    const { code, output } = await project.alembic('upgrade', 'head');

    assert.notEqual(code, 0);
    assert.match(output, /run alembic-stubs again/);
  });

  test('go on where a killed or failed run of either side stopped', async (t) => {
    const { database, project } = await open(t);
    await database.client.query('CREATE TABLE theirs (id int)');
    await project.writeStubs();
    const graph = await project.load();
    await stamp(graph, { connection: database.config, targets: [p1] });
    // The last step of s1 fails for us, after the table, the rows and the index are there.
    await database.client.query(
      `CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not now'; END $$;
       CREATE EVENT TRIGGER refuse ON ddl_command_start WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION refuse()`,
    );
    await assert.rejects(upgrade(graph, { connection: database.config }), { code: 'sql_failed' });

    // Python runs into the same fault, and then finishes what both began.
    assert.notEqual((await project.alembic('upgrade', 'head')).code, 0);
    await database.client.query('DROP EVENT TRIGGER refuse');
    await succeed(project, 'upgrade', 'head');

    assert.equal(await value(database, 'SELECT sum(n)::int AS v FROM ours'), 26);
    assert.equal((await checkSchema(database.client, await project.load())).state, 'current');
  });

  test('of a database that we upgraded beside another history let that history go on', async (t) => {
    const { database, project } = await open(t, {
      isShared: false,
      python,
      sql: [
        {
          id: s1,
          phase: 'baseline',
          header: '-- stanchion:adopt_when table=theirs',
          up: step('one', 'tx', 'CREATE TABLE theirs (id int)'),
          down: step('one', 'tx', 'DROP TABLE theirs'),
        },
        {
          ...sql[1],
          id: s2,
          parents: [s1],
          up: step('one', 'tx', 'CREATE TABLE u ()'),
          down: step('one', 'tx', 'DROP TABLE u'),
        },
      ],
    });
    await succeed(project, 'upgrade', 'head');
    await upgrade(await project.load(), { connection: database.config });
    // Its own history is untouched, and it still runs.
    assert.deepEqual(await versions(database), [p1]);
    await succeed(project, 'upgrade', 'head');

    await project.writeStubs([p1]);
    await succeed(project, 'upgrade', 'head');

    assert.deepEqual(await versions(database), [s2]);
    const graph = await project.load();
    assert.deepEqual((await upgrade(graph, { connection: database.config })).finished, []);
    await succeed(project, 'downgrade', p1);
    assert.deepEqual(await versions(database), [p1]);
    assert.deepEqual(await journal(database), [
      `${s1} recorded`,
      `${s2} applied`,
      `${s2} reverted by alembic`,
      `${s1} unrecorded by alembic`,
    ]);
    assert.equal(await value(database, "SELECT to_regclass('theirs')::text AS v"), 'theirs');
  });
});
