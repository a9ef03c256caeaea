import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import {
  downgrade,
  loadRevisions,
  type MigrationError,
  type RevisionGraph,
  renderScript,
  upgrade,
} from '../src/index.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';
import { revisionText, step, writeFolder } from './support/revisions.ts';

const [a, b] = ['aaaa00000001', 'bbbb00000002'];
const index = join(import.meta.dirname, '../src/index.ts');

/** A SQL revision that makes the table `t` with ids from 1 to 25, and a TypeScript one that stands on it. */
async function loadWith(t: TestContext, body: string, head = ''): Promise<RevisionGraph> {
  const up = step(
    't',
    'tx',
    'CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT generate_series(1, 25)',
  );
  return load(t, {
    [`${a}_t.sql`]: revisionText({ id: a, up }),
    [`${b}_code.ts`]: `import { defineRevision, type StepDatabase } from '${index}';
${head}
export default defineRevision({
  revision: '${b}', downRevision: ['${a}'], phase: 'backfill', summary: 'rows in code',
${body}
});
`,
  });
}

async function load(t: TestContext, files: Record<string, string>): Promise<RevisionGraph> {
  const { folder, remove } = await writeFolder(files);
  t.after(remove);
  return loadRevisions(folder);
}

async function open(t: TestContext): Promise<TestDatabase> {
  const database = await createDatabase();
  t.after(async () => database.drop());
  return database;
}

async function failure(promise: Promise<unknown>): Promise<MigrationError> {
  let caught: unknown;
  await assert.rejects(promise, (error) => {
    caught = error;
    return true;
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- callers look at its code first
  return caught as MigrationError;
}

async function values(database: TestDatabase, sql: string): Promise<unknown[]> {
  return (await database.client.query<{ v: unknown }>(sql)).rows.map((row) => row.v);
}

describe('a TypeScript revision', () => {
  test('runs code and SQL in every mode, up and down', async (t) => {
    const database = await open(t);
    const graph = await loadWith(
      t,
      `  up: [
    { name: 'code', mode: 'tx', run: async (tx) => fill(tx, 'x') },
    { name: 'index', mode: 'notx', sql: 'CREATE INDEX CONCURRENTLY t_v ON t (v)' },
    { name: 'analyze', mode: 'notx', rerun: 'safe', run: async (db) => db.query('VACUUM t') },
    { name: 'rows', mode: 'batch', table: 't', key: ['id'], size: 10, run: async (tx, { keys }) => {
      for (const { id } of keys) await tx.query('UPDATE t SET v = v || $2 WHERE id = $1', [id, keys.length]);
    } },
    { name: 'more', mode: 'batch', table: 't', key: ['id'], sql: "UPDATE t SET v = v || '!' WHERE id IN (SELECT id FROM batch_keys)" },
  ],
  down: [{ name: 'code', mode: 'tx', run: async (tx) => { await tx.query('UPDATE t SET v = NULL'); } }, { name: 'index', mode: 'notx', sql: 'DROP INDEX CONCURRENTLY t_v' }],`,
      'async function fill(tx: StepDatabase, text: string): Promise<void> { await tx.query("UPDATE t SET v = $1 || id", [text]); }',
    );

    await upgrade(graph, { connection: database.config });
    assert.deepEqual(await values(database, 'SELECT v FROM t WHERE id IN (1, 25) ORDER BY id'), ['x110!', 'x255!']);
    assert.deepEqual(
      await values(
        database,
        `SELECT step || ' ' || rows AS v FROM stanchion.step_log WHERE revision = '${b}' ORDER BY started_at`,
      ),
      ['code 25', 'index 0', 'analyze 0', 'rows 25', 'more 25'],
    );

    await downgrade(graph, { connection: database.config, target: a });
    assert.deepEqual(await values(database, 'SELECT DISTINCT v FROM t'), [null]);
  });

  test('commits its code together with its record, or neither', async (t) => {
    const database = await open(t);
    const graph = await loadWith(
      t,
      `  up: [{ name: 'code', mode: 'tx', run: async (tx) => {
    await tx.query("UPDATE t SET v = 'half'");
    throw new RangeError('stopped here');
  } }],`,
    );

    const error = await failure(upgrade(graph, { connection: database.config }));

    assert.deepEqual([error.code, error.faults[0]?.file, error.faults[0]?.line], ['code_failed', `${b}_code.ts`, 7]);
    assert.match(error.message, /step code: RangeError: stopped here/);
    assert.deepEqual(await values(database, 'SELECT DISTINCT v FROM t'), [null]);
    assert.deepEqual(await values(database, `SELECT state AS v FROM stanchion.step_log WHERE revision = '${b}'`), [
      'failed',
    ]);
  });

  test('points at the line of the code whose statement PostgreSQL refused, with its SQLSTATE', async (t) => {
    const database = await open(t);
    const graph = await loadWith(
      t,
      `  up: [{ name: 'code', mode: 'tx', run: async (tx) => {
    await tx.query('SELECT 1');
    await tx.query('SELECT nothing');
  } }],`,
    );

    const [fault] = (await failure(upgrade(graph, { connection: database.config }))).faults;

    assert.deepEqual([fault?.code, fault?.sqlstate, fault?.line], ['sql_failed', '42703', 7]);
  });

  test('points at the line and column of SQL text, and at the step where the text is computed', async (t) => {
    const database = await open(t);
    const placed = await loadWith(t, "  up: [{ name: 'code', mode: 'tx', sql: `SELECT 1;\n    SELECT nothing` }],");
    const computed = await loadWith(
      t,
      "  up: [\n  { name: 'code', mode: 'tx', sql: ['SELECT', 'nothing'].join(' ') }],",
    );

    const [one] = (await failure(upgrade(placed, { connection: database.config }))).faults;
    const [other] = (await failure(upgrade(computed, { connection: database.config }))).faults;

    assert.deepEqual([one?.line, one?.column, one?.sqlstate], [6, 12, '42703']);
    assert.deepEqual([other?.line, other?.column, other?.sqlstate], [6, undefined, '42703']);
  });

  for (const [what, code] of [
    ['ends a transaction', "await tx.query('COMMIT');"],
    ['does not await a query', "void tx.query('SELECT 1').catch(() => 0);"],
  ] as const) {
    test(`fails when it ${what}, and leaves nothing`, async (t) => {
      const database = await open(t);
      const graph = await loadWith(
        t,
        `  up: [{ name: 'code', mode: 'tx', run: async (tx) => { await tx.query("UPDATE t SET v = 'half'"); ${code} } }],`,
      );

      assert.equal((await failure(upgrade(graph, { connection: database.config }))).code, 'code_failed');
      assert.deepEqual(await values(database, 'SELECT DISTINCT v FROM t'), [null]);
    });
  }

  test('goes on behind what is done', async (t) => {
    const database = await open(t);
    const body = (code: string) => `  up: [
    { name: 'once', mode: 'tx', run: async (tx) => { await tx.query("INSERT INTO t VALUES (26)"); } },
    { name: 'fails', mode: 'tx', run: async (tx) => { ${code} } },
  ],`;
    await failure(upgrade(await loadWith(t, body("throw new Error('no');")), { connection: database.config }));

    await upgrade(await loadWith(t, body('await tx.query("SELECT 1");')), { connection: database.config });

    assert.deepEqual(await values(database, 'SELECT count(*)::int AS v FROM t'), [26]);
  });

  test('is refused once it is applied and edited, also where only its code is', async (t) => {
    const database = await open(t);
    const body = (text: string) =>
      `  up: [{ name: 'code', mode: 'tx', run: async (tx) => tx.query("SELECT '${text}'") }],`;
    await upgrade(await loadWith(t, body('a')), { connection: database.config });

    const error = await failure(upgrade(await loadWith(t, body('b')), { connection: database.config }));

    assert.equal(error.code, 'revision_edited');
  });

  test('may have CRLF and a byte order mark, which change nothing', async (t) => {
    const database = await open(t);
    const text = `export default { revision: '${a}', downRevision: [], phase: 'expand', summary: 'x',\n  up: [{ name: 'one', mode: 'tx', sql: \`SELECT 1;\n  SELECT 2\` }] };\n`;
    await upgrade(await load(t, { [`${a}_x.ts`]: text }), { connection: database.config });

    const graph = await load(t, { [`${a}_x.ts`]: `\uFEFF${text.replaceAll('\n', '\r\n')}` });

    assert.deepEqual((await upgrade(graph, { connection: database.config })).finished, []);
  });

  test('is no part of a script', async (t) => {
    const graph = await loadWith(t, "  up: [{ name: 'code', mode: 'tx', run: async () => {} }],");

    assert.throws(() => renderScript(graph, { direction: 'up', range: 'head' }), { code: 'not_offline' });
    assert.deepEqual(renderScript(graph, { direction: 'up', range: a }).revisions, [a]);
  });
});

describe('a TypeScript revision is refused before anything runs', () => {
  for (const [what, body, says] of [
    ['a step with neither SQL nor code', "up: [{ name: 'one', mode: 'tx' }],", /:5: step "one" has either sql/],
    [
      'code outside of a transaction that may not run twice',
      "up: [{ name: 'one', mode: 'notx', run: async () => {} }],",
      /:5: after a crash/,
    ],
    ['a step without a mode', "up: [\n{ name: 'one', sql: 'SELECT 1' }],", /:6: step "one" needs mode/],
    ['COMMIT in SQL', "up: [{ name: 'one', mode: 'tx', sql: `SELECT 1;\nCOMMIT` }],", /:6: the runner begins/],
    [
      'two steps of one name',
      "up: [{ name: 'one', mode: 'tx', sql: 'SELECT 1' },\n{ name: 'one', mode: 'tx', sql: 'SELECT 1' }],",
      /:6: step "one" stands here twice/,
    ],
    [
      'an unknown property',
      "up: [{ name: 'one', mode: 'tx', sql: 'SELECT 1', sise: 3 }],",
      /:5: step "one" has an unknown property "sise"/,
    ],
    ['an empty list', 'up: [], ', /:5: "up" is a list of steps/],
    [
      'a batch without a key',
      "up: [{ name: 'one', mode: 'batch', table: 't', sql: 'SELECT 1' }],",
      /:5: mode=batch needs key/,
    ],
  ] as const) {
    test(`for ${what}`, async (t) => {
      assert.match((await failure(loadWith(t, body))).message, new RegExp(`${b}_code\\.ts${says.source}`));
    });
  }

  for (const [what, file, text, says] of [
    ['no default export', `${b}_code.ts`, 'export const x = 1;', /no default export that is an object/],
    [
      'another id than its name',
      `${b}_code.ts`,
      `export default { revision: '${a}', downRevision: [], phase: 'expand', summary: 'x', up: [{ name: 'one', mode: 'tx', sql: 'SELECT 1' }] }`,
      /is named bbbb00000002, its revision is aaaa00000001/,
    ],
    ['a wrong name', 'Code.ts', 'export default defineRevision({})', /^Code\.ts: the name is not/],
    [
      'a syntax error',
      `${b}_code.ts`,
      'export default {\n  revision: ;\n}',
      /^bbbb00000002_code\.ts.*: it cannot be loaded/,
    ],
    [
      'an error when it is loaded',
      `${b}_code.ts`,
      "\nthrow new Error('at once');\nexport default {};",
      /^bbbb00000002_code\.ts:2:7: it cannot be loaded: at once/,
    ],
    [
      'a package that is missing',
      `${b}_code.ts`,
      "import 'no-such-package-at-all';\nexport default {};",
      /it cannot be loaded[\s\S]*Install it beside/,
    ],
  ] as const) {
    test(`for ${what}`, async (t) => {
      const error = await failure(load(t, { [file]: text }));
      assert.match(error.message, says);
    });
  }

  test('but other TypeScript files may lie beside it', async (t) => {
    const graph = await load(t, {
      'shared.ts': 'export const x: number = 1;',
      'types.d.ts': 'x',
      [`${a}_x.test.ts`]: 'x',
    });
    assert.deepEqual(graph.order, []);
  });
});

test('the example of the README is a valid revision', async (t) => {
  const readme = await readFile(join(import.meta.dirname, '../README.md'), 'utf8');
  const [, example = ''] = /```ts\n(import \{ defineRevision[\s\S]*?)```/.exec(readme) ?? [];
  const parent = revisionText({ id: '7f3a9c21d0be', up: step('t', 'tx', 'SELECT 1') });

  const graph = await load(t, {
    '7f3a9c21d0be_t.sql': parent,
    '3c1f0e9a77b2_x.ts': example.replace("'@stanchion/migrate'", `'${index}'`),
  });

  assert.deepEqual(graph.heads, ['3c1f0e9a77b2']);
});
