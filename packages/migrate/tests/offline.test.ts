import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { readCatalog } from '../src/catalog.ts';
import { openSession } from '../src/connection.ts';
import { downgrade, lockKey, type RevisionGraph, renderScript, upgrade } from '../src/index.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';
import { graphOf, step } from './support/revisions.ts';
import { scriptRunners } from './support/scripts.ts';

const [a, b, c, d, e] = ['aaaa00000001', 'bbbb00000002', 'cccc00000003', 'dddd00000004', 'eeee00000005'];

/** Every mode of a step, up and down, with text that psql and PL/pgSQL would rather read otherwise. */
function everyMode(): RevisionGraph {
  const rows = `INSERT INTO "Té" SELECT i / 10, i, ARRAY['a:b', 'it''s \\ $stanchion$', 'é'] FROM generate_series(1, 25) AS i;
    INSERT INTO seen SELECT cardinality(('{1,2,3}'::int[])[1:"PORT"]) FROM (SELECT 2 AS "PORT") AS p;`;
  const fill = [
    `UPDATE "Té" SET v = 'x:' || n || ' $stanchion$' WHERE (k, n) IN (SELECT k, n FROM batch_keys);`,
    `INSERT INTO seen SELECT count(*) FROM batch_keys -- the end`,
  ];
  return graphOf(
    {
      id: a,
      up: [
        step(
          'tables',
          'tx',
          'CREATE TABLE "Té" (k int, n int, w text[], PRIMARY KEY (k, n)); CREATE TABLE seen (n int, part int) -- the end',
        ),
        step('rows', 'tx', rows),
      ].join('\n'),
      down: step('tables', 'tx accept="ST050: the test has counted"', 'DROP TABLE "Té"; DROP TABLE seen'),
    },
    {
      id: b,
      parents: [a],
      header: '-- stanchion:labels [fill]',
      up: [
        step(
          'column',
          'tx',
          `ALTER TABLE "Té" ADD COLUMN v text; SET search_path = pg_catalog; SET TimeZone = 'Europe/Paris'`,
        ),
        step('fill', 'batch table=Té key=k,n size=7 pause=1ms', fill.join('\n')),
        step(
          'stamp',
          'tx',
          `INSERT INTO seen VALUES (extract(hour FROM timestamp '2026-01-01 12:00'::timestamptz at time zone 'UTC'))`,
        ),
      ].join('\n'),
      down: step(
        'column',
        'tx accept="ST019: the test has counted"',
        'ALTER TABLE "Té" DROP COLUMN v; DELETE FROM seen',
      ),
    },
    {
      id: c,
      parents: [b],
      up: step('index', 'notx', 'CREATE UNIQUE INDEX CONCURRENTLY "Té_v" ON "Té" (v);'),
      down: step('index', 'notx', 'DROP INDEX CONCURRENTLY "Té_v"'),
    },
    {
      id: d,
      parents: [c],
      up:
        step('check', 'tx', 'ALTER TABLE "Té" ADD CHECK (n > 0) NOT VALID') +
        '\n' +
        step('stats', 'notx rerun=safe', 'VACUUM "Té"'),
      down: step('check', 'tx', 'ALTER TABLE "Té" DROP CONSTRAINT "Té_n_check"'),
    },
  );
}

async function open(t: TestContext): Promise<TestDatabase> {
  const database = await createDatabase();
  t.after(async () => database.drop());
  return database;
}

async function snapshot(database: TestDatabase): Promise<unknown> {
  const session = await openSession(database.config);
  try {
    await session.execute("SET search_path = 'public'");
    const tables = await readCatalog(session, 'public');
    const rows = [];
    for (const { name } of tables)
      rows.push(await session.query(`SELECT t::text AS row FROM "${name}" AS t ORDER BY 1`));
    const revisions = await session.query(
      'SELECT revision, direction, outcome, checksum, parents, depends_on, phase, summary, actor FROM stanchion.revision_log ORDER BY seq',
    );
    const steps = await session.query(
      'SELECT revision, direction, step, mode, state, checksum, cursor, sqlstate, error FROM stanchion.step_log ORDER BY 1, 2, 3',
    );
    return { tables, rows, revisions, steps };
  } finally {
    await session.close();
  }
}

describe('a script', () => {
  for (const { name, run } of scriptRunners()) {
    test(`leaves catalog, rows and journal as a run does, up and down, ${name}`, async (t) => {
      const [online, offline] = [await open(t), await open(t)];
      const graph = everyMode();
      const script = (direction: 'up' | 'down', range: string) => renderScript(graph, { direction, range }).sql;

      await upgrade(graph, { connection: online.config });
      await run(offline, script('up', b));
      await run(offline, script('up', `fill:head`));
      assert.deepEqual(await snapshot(offline), await snapshot(online));

      await downgrade(graph, { connection: online.config, target: b });
      await run(offline, script('down', `heads:${b}`));
      assert.deepEqual(await snapshot(offline), await snapshot(online));

      await downgrade(graph, { connection: online.config, target: 'base' });
      await run(offline, script('down', `${b}:base`));
      assert.deepEqual(await snapshot(offline), await snapshot(online));
    });

    test(`is gone on with by a run where it stopped, ${name}`, async (t) => {
      const [online, offline] = [await open(t), await open(t)];
      const graph = everyMode();
      await upgrade(graph, { connection: online.config });
      const { sql } = renderScript(graph, { direction: 'up', range: 'head' });
      // Stops in the middle of the batches, and after a concurrent index was announced.
      await assert.rejects(
        run(
          offline,
          sql.replace(
            'COMMIT;\n    PERFORM pg_sleep',
            'COMMIT;\n    PERFORM 1 / (stanchion_key_1 - 14);\n    PERFORM pg_sleep',
          ),
        ),
        /division by zero/,
      );

      const { finished } = await upgrade(graph, { connection: offline.config });

      assert.deepEqual(
        finished.map((one) => one.revision),
        [b, c, d],
      );
      assert.deepEqual(await snapshot(offline), await snapshot(online));
    });
  }

  test('moves the heads of branches, merges and dependencies as a run does, in schemas of its own', async (t) => {
    const [online, offline] = [await open(t), await open(t)];
    const [runner] = scriptRunners();
    const places = {
      journalSchema: "it's",
      searchPath: ['App', 'public'],
      versionTable: { schema: 'public', name: 'Versions' },
    };
    const make = (name: string) => ({
      up: step(name, 'tx', `CREATE TABLE ${name} ()`),
      down: step(name, 'tx', `DROP TABLE ${name}`),
    });
    const graph = graphOf(
      { id: a, ...make('a') },
      { id: b, parents: [a], header: '-- stanchion:labels [left]', ...make('b') },
      { id: c, parents: [a], header: '-- stanchion:depends_on [left]', ...make('c') },
      { id: d, parents: [b, c], ...make('d') },
      { id: e, header: '-- stanchion:labels [apart]', ...make('e') },
    );
    for (const { client } of [online, offline]) await client.query('CREATE SCHEMA "App"');

    const walk = [
      ['up', 'left', 'base:left'],
      ['up', 'apart', 'left:apart'],
      ['up', 'heads', 'left,apart:heads'],
      ['down', c, `heads:${c}`],
      ['down', 'apart@base', `apart:apart@base`],
      ['up', 'heads', `${c}:heads`],
      ['down', 'base', 'heads:base'],
    ] as const;
    for (const [direction, target, range] of walk) {
      const run = direction === 'up' ? upgrade : downgrade;
      await run(graph, { connection: online.config, target, ...places });
      const { sql } = renderScript(graph, { direction, range, ...places });
      await runner?.run(offline, sql);
      assert.deepEqual(await heads(offline), await heads(online), range);
    }
  });

  /** Version table, journal and tables. */
  async function heads({ client }: TestDatabase): Promise<unknown[]> {
    const { rows } = await client.query(`
      SELECT 'version ' || version_num AS v FROM "Versions"
      UNION ALL SELECT 'table ' || relname FROM pg_class WHERE relnamespace = '"App"'::regnamespace AND relkind = 'r'
      UNION ALL SELECT revision || ' ' || outcome FROM "it's".revision_log
      UNION ALL SELECT revision || ' ' || step || ' ' || state FROM "it's".step_log ORDER BY 1`);
    return rows;
  }

  async function refusal(
    t: TestContext,
    prepare: (database: TestDatabase) => Promise<unknown>,
    range = 'head',
  ): Promise<string> {
    const database = await open(t);
    const [runner] = scriptRunners();
    await prepare(database);
    const { sql } = renderScript(everyMode(), { direction: range.endsWith('base') ? 'down' : 'up', range });
    const before = await database.client.query('SELECT * FROM pg_class WHERE relnamespace = to_regnamespace($1)', [
      'public',
    ]);
    let message = '';
    await assert.rejects(runner?.run(database, sql) ?? Promise.resolve(), (error: Error) => {
      message = error.message;
      return true;
    });
    const after = await database.client.query('SELECT * FROM pg_class WHERE relnamespace = to_regnamespace($1)', [
      'public',
    ]);
    assert.deepEqual(after.rows, before.rows);
    return message;
  }

  test('stops where some of it is applied', async (t) => {
    const message = await refusal(t, async ({ config }) => upgrade(everyMode(), { connection: config, target: a }));
    assert.match(message, /another state of the database: aaaa00000001 is applied already/);
  });

  test('stops where what it stands on is missing', async (t) => {
    assert.match(await refusal(t, async () => undefined, `${b}:head`), /bbbb00000002 is not applied/);
    assert.match(await refusal(t, async () => undefined, `${a}:base`), /aaaa00000001 is not applied/);
  });

  test('stops where something stands on what it reverts', async (t) => {
    const message = await refusal(t, async ({ config }) => upgrade(everyMode(), { connection: config }), `${b}:base`);
    assert.match(message, /cccc00000003 is applied already/);
  });

  test('stops where a file was applied in another form', async (t) => {
    const edited = graphOf({ id: a, up: step('tables', 'tx', 'SELECT 1') });
    const message = await refusal(t, async ({ config }) => upgrade(edited, { connection: config }), `${a}:head`);
    assert.match(message, /aaaa00000001 was applied from another file/);
  });

  test('stops where another runner is at work', async (t) => {
    const message = await refusal(t, async (database) => {
      await database.client.query(`SELECT pg_advisory_lock(${lockKey(String(database.config.database), 'stanchion')})`);
    });
    assert.match(message, /another runner holds the migration lock/);
  });

  test('stops where a revision is half applied', async (t) => {
    const message = await refusal(
      t,
      async ({ client, config }) => {
        await upgrade(everyMode(), { connection: config, target: a });
        await client.query(
          `INSERT INTO stanchion.step_log (revision, direction, step, mode, state, checksum) VALUES ('${c}', 'up', 'index', 'notx', 'running', '')`,
        );
      },
      `${a}:head`,
    );
    assert.match(message, /begun and not finished: cccc00000003/);
  });

  test('stops where another history has used the version table', async (t) => {
    const message = await refusal(
      t,
      async ({ client, config }) => {
        await upgrade(everyMode(), { connection: config, target: a });
        await client.query("INSERT INTO alembic_version VALUES ('0123456789ab')");
      },
      `${a}:head`,
    );
    assert.match(message, /alembic_version holds 0123456789ab/);
  });

  test('stops where the version table and the journal disagree', async (t) => {
    const database = await open(t);
    const [runner] = scriptRunners();
    await upgrade(everyMode(), { connection: database.config, target: a });
    await database.client.query('DELETE FROM alembic_version');

    await assert.rejects(
      async () => runner?.run(database, renderScript(everyMode(), { direction: 'up', range: `${a}:${b}` }).sql),
      /alembic_version and the journal disagree/,
    );
  });

  test('leaves a version table alone that is another history\u2019s', async (t) => {
    const database = await open(t);
    const [runner] = scriptRunners();
    const graph = everyMode();
    await upgrade(graph, { connection: database.config, target: a });
    await database.client.query(
      "UPDATE alembic_version SET version_num = '0123456789ab'; INSERT INTO stanchion.foreign_versions VALUES ('0123456789ab')",
    );

    await runner?.run(database, renderScript(graph, { direction: 'up', range: `${a}:${b}` }).sql);

    const { rows } = await database.client.query('SELECT version_num FROM alembic_version');
    assert.deepEqual(rows, [{ version_num: '0123456789ab' }]);
    assert.equal((await upgrade(graph, { connection: database.config })).finished.length, 2);
  });

  test('stops where a baseline may be there already', async (t) => {
    const database = await open(t);
    const header = '-- stanchion:adopt_when table=t';
    const graph = graphOf({
      id: a,
      phase: 'baseline',
      header,
      up: step('t', 'tx', 'CREATE TABLE t (id int)'),
      down: step('t', 'tx', 'DROP TABLE t'),
    });
    await database.client.query('CREATE TABLE t (id int)');
    const [runner] = scriptRunners();

    await assert.rejects(
      async () => runner?.run(database, renderScript(graph, { direction: 'up', range: 'head' }).sql),
      /tables of the baseline aaaa00000001/,
    );
    await upgrade(graph, { connection: database.config });
    await assert.rejects(
      async () => runner?.run(database, renderScript(graph, { direction: 'down', range: 'heads:base' }).sql),
      /was recorded and never run/,
    );
  });

  test('refuses a key that is none, as a run does', async (t) => {
    const database = await open(t);
    const graph = graphOf({
      id: a,
      up: `${step('t', 'tx', 'CREATE TABLE t (id int NOT NULL)')}\n${step('fill', 'batch table=t key=id', 'SELECT 1')}`,
    });
    const [runner] = scriptRunners();

    await assert.rejects(
      async () => runner?.run(database, renderScript(graph, { direction: 'up', range: 'head' }).sql),
      /\(id\) is not a unique, not null key of table t/,
    );
  });

  for (const [what, down, says] of [
    ['a table', 'DROP TABLE "T"', /2 rows of T would go/],
    ['a column', 'ALTER TABLE "T" DROP COLUMN v', /1 rows of T\.v have a value that the drop takes away/],
  ] as const) {
    test(`stops where a downgrade would lose rows of ${what}`, async (t) => {
      const database = await open(t);
      const [runner] = scriptRunners();
      const up = step('t', 'tx', 'CREATE TABLE "T" (id int, v int); INSERT INTO "T" VALUES (1, NULL), (2, 2)');
      const graph = graphOf({ id: a, up, down: step('t', 'tx', down) });
      await upgrade(graph, { connection: database.config });
      const { sql } = renderScript(graph, { direction: 'down', range: 'heads:base' });

      await assert.rejects(async () => runner?.run(database, sql), says);
      await database.client.query('TRUNCATE "T"');
      await runner?.run(database, sql);
    });
  }

  test('is refused where a downgrade would lose what a script cannot count', () => {
    const graph = graphOf({
      id: a,
      up: step('t', 'tx', 'SELECT 1'),
      down: step('t', 'tx', 'ALTER TABLE t ALTER v TYPE int'),
    });
    assert.throws(() => renderScript(graph, { direction: 'down', range: 'heads:base' }), { code: 'would_lose_data' });
  });

  test('of a downgrade must be told where it begins', () => {
    assert.throws(() => renderScript(everyMode(), { direction: 'down', range: '-1' }), { code: 'out_of_range' });
    assert.deepEqual(renderScript(everyMode(), { direction: 'down', range: 'heads:-1' }).revisions, [d]);
  });

  test('of nothing does nothing', () => {
    const { sql, revisions } = renderScript(everyMode(), { direction: 'up', range: 'head:head' });
    assert.deepEqual(revisions, []);
    assert.match(sql, /nothing to do/);
  });
});
