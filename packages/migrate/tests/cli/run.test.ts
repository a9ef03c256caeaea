import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { fileName, revisionText, step } from '../support/revisions.ts';
import { makePlaceWithDatabase } from './support.ts';

const [a, b, c] = ['aaaa00000001', 'bbbb00000002', 'cccc00000003'];

async function makeRevisions(t: TestContext): ReturnType<typeof makePlaceWithDatabase> {
  const made = await makePlaceWithDatabase(t);
  const { place } = made;
  await mkdir(join(place.cwd, 'migrations'));
  const one = { id: a, up: step('one', 'tx', 'CREATE TABLE t (id int)'), down: step('one', 'tx', 'DROP TABLE t') };
  const two = { id: b, parents: [a], up: step('two', 'tx', 'SELECT 1'), down: step('two', 'tx', 'SELECT 1') };
  for (const parts of [one, two]) await place.write(`migrations/${fileName(parts.id)}`, revisionText(parts));
  return made;
}

describe('upgrade, current and downgrade', () => {
  test('go up, say where the database is, and come back when they are told so', async (t) => {
    const { place } = await makeRevisions(t);

    assert.equal((await place.run('current')).code, 1);
    const up = await place.run('upgrade');
    assert.deepEqual([up.code, up.stdout], [0, `The database is at ${b}.\n`], up.stderr);
    assert.match(up.stderr, new RegExp(`${a} applied`));
    assert.equal((await place.run('current')).code, 0);
    const refused = await place.run('downgrade', '-1');
    assert.equal(refused.code, 5);
    assert.match(refused.stderr, new RegExp(`  ${b}  .*\n.*stanchion-migrate downgrade -1 --yes`));
    assert.equal((await place.run('downgrade', '-1', '--yes')).code, 0);
    const { data, findings } = await place.report('current');
    assert.deepEqual(
      findings.map(({ id, fix }) => [id, fix]),
      [['ST-MIGRATE-PENDING', 'stanchion-migrate upgrade']],
    );
    assert.partialDeepStrictEqual(data, { state: 'behind', database: [a] });
  });

  test('keep the journal in the schema that is configured', async (t) => {
    const { place } = await makeRevisions(t);
    await place.write('stanchion-migrate.json', '{"journalSchema": "deploys"}');

    assert.equal((await place.run('upgrade')).code, 0);

    assert.equal((await place.run('current')).code, 0);
    assert.equal((await place.run('current', '--schema', 'stanchion')).code, 1);
  });

  test('refuse a target that is no revision with 2', async (t) => {
    const { place } = await makeRevisions(t);
    for (const target of ['head+1', 'nope', '-1']) assert.equal((await place.run('upgrade', target)).code, 2, target);
  });
});

describe('history', () => {
  test('marks where the database is when it is told to ask', async (t) => {
    const { place } = await makeRevisions(t);
    await place.run('upgrade', a);

    const { stdout } = await place.run('history', '--indicate-current');

    assert.match(stdout, /^bbbb.*\(head\)\naaaa.*\(current\)\n$/);
    assert.doesNotMatch((await place.run('history', '-r', `${a}:${b}`)).stdout, /current/);
    assert.equal((await place.run('history', '-r', `${b}:${a}`)).code, 2);
  });
});

describe('plan and dry runs', () => {
  test('say of each step which locks it takes, and what happens under them', async (t) => {
    const { place } = await makeRevisions(t);
    const up = [
      step('column', 'tx', 'ALTER TABLE t ADD COLUMN v int; ALTER TABLE t ALTER COLUMN v TYPE bigint'),
      step('index', 'notx', 'CREATE INDEX CONCURRENTLY t_v ON t (v)'),
      step('own', 'tx', 'CREATE TABLE u (id int); CREATE INDEX ON u (id)'),
      step('hidden', 'tx', "DO $$ BEGIN EXECUTE 'SELECT 1'; END $$"),
    ].join('\n');
    await place.write(`migrations/${fileName(c)}`, revisionText({ id: c, parents: [b], up }));

    const { stdout } = await place.run('plan');

    const locks = stdout.split('\n').filter((line) => line.includes('-- locks:'));
    assert.deepEqual(
      locks.map((line) => line.trim()),
      [
        '-- locks: public.t ACCESS EXCLUSIVE while all rows are rewritten',
        '-- locks: public.t SHARE UPDATE EXCLUSIVE while an index is built',
        '-- locks: what its text does not tell: lint --measure runs it and looks',
      ],
    );
  });

  test('print revisions, steps and SQL, and leave no trace', async (t) => {
    const { place, database } = await makeRevisions(t);

    const plan = await place.run('plan');
    const dry = await place.run('upgrade', '--dry-run');

    assert.deepEqual([plan.code, dry.code], [0, 0]);
    assert.equal(dry.stdout, plan.stdout);
    assert.match(plan.stdout, /2 revisions; nothing is applied/);
    assert.match(plan.stdout, /1\. one {2}tx\n {5}CREATE TABLE t \(id int\)\n/);
    const { rows } = await database.client.query("SELECT 1 FROM pg_namespace WHERE nspname = 'stanchion'");
    assert.deepEqual(rows, []);
  });

  test('say what a downgrade would run', async (t) => {
    const { place } = await makeRevisions(t);
    await place.run('upgrade');

    const { data } = await place.report('downgrade', 'base', '--dry-run');

    assert.partialDeepStrictEqual(data, {
      direction: 'down',
      from: [b],
      revisions: [
        { revision: b, steps: [{ step: 'two', sql: 'SELECT 1' }] },
        { revision: a, steps: [{ step: 'one', sql: 'DROP TABLE t', state: 'pending' }] },
      ],
    });
    assert.match((await place.run('plan', '--down')).stdout, /1 revision; the database is at bbbb00000002/);
    assert.equal((await place.run('current')).code, 0);
  });

  test('leave out what a stopped run has done, and refuse what the run would refuse', async (t) => {
    const { place } = await makeRevisions(t);
    const up = [step('first', 'tx', 'SELECT 1'), step('second', 'tx', 'SELECT no_such')].join('\n');
    await place.write(`migrations/${fileName(c)}`, revisionText({ id: c, parents: [b], up }));
    assert.equal((await place.run('upgrade')).code, 3);

    const { data } = await place.report('plan');
    assert.partialDeepStrictEqual(data, {
      revisions: [{ revision: c, steps: [{ state: 'done' }, { state: 'failed' }] }],
    });
    assert.equal((await place.run('plan', '--down')).code, 5);
  });

  test('say with numbers what a downgrade would be refused for, and nothing once it is accepted', async (t) => {
    const { place, database } = await makeRevisions(t);
    await place.run('upgrade');
    await database.client.query('INSERT INTO t VALUES (1), (2)');

    const { code, stdout, stderr } = await place.run('downgrade', 'base', '--dry-run');

    assert.equal(code, 5);
    assert.match(stdout, /DROP TABLE t/);
    assert.match(stderr, /aaaa00000001_test\.sql:\d+: step one: 2 rows of t would go/);
    assert.equal((await place.run('plan', 'base', '--down', '--accept-loss')).code, 0);
    assert.equal((await place.run('current')).code, 0);
  });

  test('say what an upgrade of an empty database would drop nothing of', async (t) => {
    const { place } = await makeRevisions(t);
    await place.write(
      `migrations/${fileName(c)}`,
      revisionText({ id: c, parents: [b], up: step('one', 'tx', 'DROP TABLE t') }),
    );

    const { code, data } = await place.report('plan');

    assert.equal(code, 0);
    assert.partialDeepStrictEqual(data, { refusals: [] });
  });

  test('say that a baseline would only be recorded', async (t) => {
    const { place, database } = await makePlaceWithDatabase(t);
    await mkdir(join(place.cwd, 'migrations'));
    const header = '-- stanchion:adopt_when table=t';
    const up = step('one', 'tx', 'CREATE TABLE t (id int)');
    await place.write(`migrations/${fileName(a)}`, revisionText({ id: a, phase: 'baseline', header, up }));
    await database.client.query('CREATE TABLE t (id int)');

    assert.match((await place.run('plan')).stdout, /recorded: its tables are there/);
    const { rows } = await database.client.query("SELECT 1 FROM pg_namespace WHERE nspname LIKE 'stanchion%'");
    assert.deepEqual(rows, []);
  });
});

describe('the sample that init writes', () => {
  test('goes up, comes back and goes up again with the values that were there', async (t) => {
    const { place, database } = await makePlaceWithDatabase(t);
    await place.run('init');
    const readme = await readFile(join(place.cwd, 'migrations/README.md'), 'utf8');
    const [, sample = ''] = /\n\n((?: {4}.*\n|\n)+)/.exec(readme) ?? [];
    const text = sample.replaceAll(/^ {4}/gm, '').replace('[dddd00000004]', '[]');
    await place.write(`migrations/${fileName('7f3a9c21d0be')}`, text);
    await database.client.query('CREATE TABLE orders (id int PRIMARY KEY)');

    assert.equal((await place.run('upgrade')).code, 0);
    await database.client.query("INSERT INTO orders VALUES (1, 'kept')");
    const down = await place.run('downgrade', '-1', '--yes');
    assert.equal(down.code, 0, down.stderr);
    const up = await place.run('upgrade');

    assert.equal(up.code, 0, up.stderr);
    assert.deepEqual((await database.client.query('SELECT * FROM orders')).rows, [{ id: 1, customer_ref: 'kept' }]);
  });
});

describe('ensure-version', () => {
  test('creates the journal and the version table once, and prints their SQL without a database', async (t) => {
    const { place, database } = await makePlaceWithDatabase(t);
    await place.run('init');

    for (const _ of [1, 2]) assert.equal((await place.run('ensure-version')).code, 0);

    const { rows } = await database.client.query('SELECT count(*)::int AS n FROM stanchion.revision_log');
    assert.deepEqual(rows, [{ n: 0 }]);
    const { code, stdout } = await place.run('ensure-version', '--sql', '--schema', 'other');
    assert.equal(code, 0);
    await database.client.query(stdout);
    await database.client.query('SELECT * FROM other.step_log, alembic_version');
  });
});

describe('upgrade and downgrade with --sql', () => {
  test('print a script without a database', async (t) => {
    const { place } = await makeRevisions(t);
    const without = ['--url', 'postgresql://u@127.0.0.1:1/d', '--sql'];

    const up = await place.run('upgrade', `${a}:head`, ...without);
    const down = await place.report('downgrade', 'heads:base', ...without);

    assert.equal(up.code, 0, up.stderr);
    assert.match(up.stdout, /^\\set ON_ERROR_STOP on\n-- Upgrade from aaaa00000001 to head: bbbb00000002\./);
    assert.partialDeepStrictEqual(down.data, { revisions: [b, a] });
  });

  test('alone take a range, and a downgrade needs one', async (t) => {
    const { place } = await makeRevisions(t);
    for (const args of [
      ['upgrade', `${a}:${b}`],
      ['upgrade', `${a}:${b}`, '--dry-run'],
      ['downgrade', `${b}:base`, '--yes'],
      ['downgrade', 'base', '--sql'],
    ]) {
      assert.equal((await place.run(...args)).code, 2, args.join(' '));
    }
  });
});
