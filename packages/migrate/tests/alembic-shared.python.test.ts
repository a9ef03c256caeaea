import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkSchema, downgrade, type MigrationError, readVersions, stamp, upgrade } from '../src/index.ts';
import { scanSql, splitStatements } from '../src/sql-lexer.ts';
import { every, journal, open, p1, p2, python, s1, s2, sql, succeed, value, versions } from './alembic/place.ts';
import { step } from './support/revisions.ts';

describe("Python's Alembic", { concurrency: 3 }, () => {
  test('begins, we go on, it goes on, and each reverts what the other did', async (t) => {
    const { database, project } = await open(t);
    const connection = database.config;
    await succeed(project, 'upgrade', 'head');
    assert.deepEqual(await versions(database), [p1]);

    await upgrade(await project.load(), { connection });
    assert.deepEqual(await versions(database), [s2]);

    await project.writeStubs();
    await project.addPython({ id: p2, down: s2, up: 'CREATE TABLE more ()', revert: 'DROP TABLE more' });
    await succeed(project, 'upgrade', 'head');
    assert.deepEqual(await versions(database), [p2]);

    const graph = await project.load();
    const check = await checkSchema(database.client, graph);
    assert.deepEqual([check.state, check.database, check.pending], ['current', [p2], []]);

    await succeed(project, 'downgrade', s1);
    await downgrade(graph, { connection, target: p1 });
    assert.deepEqual(await versions(database), [p1]);
    await succeed(project, 'downgrade', 'base');
    assert.deepEqual(await versions(database), []);
    assert.equal(
      await value(database, "SELECT count(*)::int AS v FROM pg_class WHERE relname IN ('ours', 'theirs', 'more')"),
      0,
    );
    assert.deepEqual(await journal(database), [
      `${p1} applied by alembic`,
      `${s1} applied`,
      `${s2} applied`,
      `${s2} reverted by alembic`,
      `${s1} reverted`,
    ]);
  });

  test('runs our revisions by their stubs, with every mode of step, and the journal knows', async (t) => {
    const { database, project } = await open(t);
    await project.writeStubs();

    await succeed(project, 'upgrade', 'head');

    assert.deepEqual(await versions(database), [s2]);
    assert.deepEqual(
      (await database.client.query('SELECT n, count(*)::int, min(note) AS note FROM ours GROUP BY n')).rows,
      [{ n: 1, count: 26, note: 'a;b' }],
    );
    assert.equal(await value(database, 'SELECT note AS v FROM ours WHERE id = 1'), 'é🙂 100% :x');
    assert.equal(
      await value(database, "SELECT indisvalid AS v FROM pg_index WHERE indexrelid = 'ours_n'::regclass"),
      true,
    );
    const graph = await project.load();
    assert.equal((await checkSchema(database.client, graph)).state, 'current');
    assert.deepEqual((await upgrade(graph, { connection: database.config })).finished, []);
    assert.deepEqual(await journal(database), [
      `${s1} applied by alembic`,
      `${s2} applied by alembic`,
      `${p1} applied by alembic`,
    ]);

    await succeed(project, 'downgrade', 'base');
    assert.equal(
      await value(database, "SELECT count(*)::int AS v FROM pg_class WHERE relname IN ('ours', 'theirs')"),
      0,
    );
  });

  for (const driver of ['psycopg2', 'asyncpg'] as const) {
    test(`runs our revisions with ${driver} as well`, async (t) => {
      const { database, project } = await open(t, {
        sql: [{ ...sql[0], ...every, id: s1, parents: [] }],
        driver,
        lock: true,
      });
      await project.writeStubs();

      await succeed(project, 'upgrade', 'head');
      assert.deepEqual(await versions(database), [s1]);
      assert.equal(await value(database, 'SELECT sum(n)::int AS v FROM ours'), 26);
      assert.equal(await value(database, 'SELECT note AS v FROM ours WHERE id = 1'), 'é🙂 100% :x');

      await succeed(project, 'downgrade', 'base');
      assert.deepEqual(await journal(database), [`${s1} applied by alembic`, `${s1} reverted by alembic`]);
    });
  }

  test('that is configured in a pyproject.toml alone has the same revisions', async (t) => {
    const { database, project } = await open(t, { python, sql, isToml: true });
    await project.writeStubs();

    const found = (await project.load()).order.map(({ id }) => id);
    await succeed(project, 'upgrade', 'head');

    assert.deepEqual(found, [p1, s1, s2]);
    assert.match(await succeed(project, 'heads'), new RegExp(`^${s2}`, 'm'));
    assert.deepEqual(await versions(database), [s2]);
  });

  test('is asked by its exact command for what only it can run, before anything runs', async (t) => {
    const { database, project } = await open(t);

    await assert.rejects(upgrade(await project.load(), { connection: database.config }), (error: MigrationError) => {
      assert.equal(error.code, 'needs_alembic');
      assert.match(error.faults[0]?.file ?? '', /^\.\.\/backend\/alembic\/versions\//);
      assert.match(error.message, new RegExp(`alembic -c \\S+ upgrade ${p1}\``));
      return true;
    });
    assert.equal(await value(database, "SELECT to_regclass('ours') AS v"), null);
  });

  test('is called for its revisions when that is wanted, up and down', async (t) => {
    const { database, project } = await open(t, { python: [...python, { id: p2, down: s2 }], sql });
    await project.writeStubs();
    const graph = await project.load();
    const options = { connection: database.config, runAlembic: true };

    const up = await upgrade(graph, options);
    assert.deepEqual(
      up.finished.map((one) => one.revision),
      [p1, s1, s2, p2],
    );
    assert.deepEqual(await versions(database), [p2]);

    const down = await downgrade(graph, { ...options, target: 'base' });
    assert.deepEqual(
      down.finished.map((one) => one.revision),
      [p2, s2, s1, p1],
    );
    assert.deepEqual(await versions(database), []);
  });

  test('that fails when it is called says why, and what was done before stays', async (t) => {
    const { database, project } = await open(t, {
      python: [...python, { id: p2, down: s1, up: 'SELECT 1 / 0' }],
      sql: sql.slice(0, 1),
    });
    await project.writeStubs();

    await assert.rejects(
      upgrade(await project.load(), { connection: database.config, runAlembic: true }),
      (error: MigrationError) => {
        assert.equal(error.code, 'alembic_failed');
        assert.match(error.message, /division by zero/);
        assert.deepEqual(
          error.finished.map((one) => one.revision),
          [p1, s1],
        );
        return true;
      },
    );
    assert.deepEqual(await versions(database), [s1]);
  });

  test('sees what we stamp, and we what it stamps', async (t) => {
    const { database, project } = await open(t);
    await project.writeStubs();
    const graph = await project.load();

    await stamp(graph, { connection: database.config, targets: [s1] });
    assert.match(await succeed(project, 'current'), new RegExp(`^${s1}`, 'm'));

    await succeed(project, 'stamp', 'head');
    const report = await readVersions(database.client, graph);
    assert.deepEqual([report.rows, report.gained], [[s2], [s2]]);
    await upgrade(graph, { connection: database.config });
    assert.deepEqual((await journal(database)).at(-1), `${s2} applied by alembic`);

    // Backwards nobody ran a down section: that is for a person to say.
    await succeed(project, 'stamp', s1);
    await assert.rejects(upgrade(graph, { connection: database.config }), { code: 'version_conflict' });
    await stamp(graph, { connection: database.config, targets: [s1] });
    assert.deepEqual((await journal(database)).at(-1), `${s2} unstamped`);
  });

  test('writes a script of our revisions, offline', async (t) => {
    const { database, project } = await open(t, {
      sql: [
        {
          id: s1,
          up: [
            step('table', 'tx', "CREATE TABLE t (v text DEFAULT '%')"),
            step('index', 'notx', 'CREATE INDEX CONCURRENTLY t_v ON t (v)'),
          ].join('\n'),
        },
      ],
    });
    await project.writeStubs();

    const { code, output } = await project.alembic('upgrade', 'head', '--sql');

    assert.equal(code, 0, output);
    const script = output.replaceAll(/^(?:INFO|Generating).*$/gm, '');
    for (const { start, end } of splitStatements(scanSql(script).tokens)) {
      await database.client.query(script.slice(start, end));
    }
    assert.deepEqual(await versions(database), [s1]);
    assert.equal((await checkSchema(database.client, await project.load())).state, 'current');
  });
});
