import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { checkSchema, downgrade, type MigrationError, readVersions, stamp, upgrade } from '../src/index.ts';
import { scanSql, splitStatements } from '../src/sql-lexer.ts';
import { createProject, type Project, type ProjectOptions } from './alembic/project.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';
import { step } from './support/revisions.ts';

const [p1, p2] = ['0000aaaa0001', '0000aaaa0002'];
const [s1, s2, s3] = ['5555bbbb0001', '5555bbbb0002', '5555bbbb0003'];

const every = {
  up: [
    step('table', 'tx', "CREATE TABLE ours (id int PRIMARY KEY, n int NOT NULL, note text DEFAULT 'é🙂 100% :x');"),
    step(
      'rows',
      'tx',
      "INSERT INTO ours SELECT g, 0 FROM generate_series(1, 25) g;\nINSERT INTO ours VALUES (26, 0, 'a;b')",
    ),
    step('index', 'notx', 'CREATE INDEX CONCURRENTLY ours_n ON ours (n)'),
    step(
      'fill',
      'batch table=ours key=id size=10',
      'UPDATE ours SET n = n + 1 WHERE id IN (SELECT id FROM batch_keys)',
    ),
  ].join('\n'),
  down: `${step('index', 'notx', 'DROP INDEX CONCURRENTLY ours_n')}\n${step('table', 'tx accept="ST050: a test\'s table"', 'DROP TABLE ours')}`,
};

const python = [{ id: p1, up: 'CREATE TABLE theirs (id int)', revert: 'DROP TABLE theirs' }];
const sql = [
  { id: s1, parents: [p1], ...every },
  {
    id: s2,
    parents: [s1],
    up: step('one', 'tx', 'ALTER TABLE ours ADD COLUMN x int'),
    down: step('one', 'tx', 'ALTER TABLE ours DROP COLUMN x'),
  },
];

interface Place {
  database: TestDatabase;
  project: Project;
}

async function open(t: TestContext, options: Omit<ProjectOptions, 'database'> = { python, sql }): Promise<Place> {
  const database = await createDatabase();
  t.after(() => database.drop());
  return { database, project: await createProject(t, { database, ...options }) };
}

async function versions({ client }: TestDatabase): Promise<string[]> {
  const { rows } = await client.query<{ version_num: string }>('SELECT version_num FROM alembic_version ORDER BY 1');
  return rows.map((row) => row.version_num);
}

async function journal({ client }: TestDatabase): Promise<string[]> {
  const { rows } = await client.query<{ line: string }>(
    "SELECT revision || ' ' || outcome || CASE actor WHEN 'alembic' THEN ' by alembic' ELSE '' END AS line FROM stanchion.revision_log ORDER BY seq",
  );
  return rows.map((row) => row.line);
}

async function value({ client }: TestDatabase, query: string): Promise<unknown> {
  return (await client.query<{ v: unknown }>(query)).rows[0]?.v;
}

async function succeed(project: Project, ...words: string[]): Promise<string> {
  const { code, output } = await project.alembic(...words);
  assert.equal(code, 0, output);
  return output;
}

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
