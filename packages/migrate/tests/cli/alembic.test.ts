import assert from 'node:assert/strict';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { TestDatabase } from '../support/database.ts';
import { fileName, revisionText, step } from '../support/revisions.ts';
import { makePlace, makePlaceWithDatabase, type Place } from './support.ts';

const [p, s] = ['aaaa00000001', 'bbbb00000002'];

async function write(place: Place): Promise<void> {
  for (const folder of ['migrations', 'db', 'db/versions']) await mkdir(join(place.cwd, folder));
  await place.write('migrations/alembic.json', '{"ini": "../alembic.ini"}');
  await place.write('alembic.ini', '[alembic]\nscript_location = db\n');
  await place.write('db/versions/one.py', `"""theirs"""\nrevision = '${p}'\ndown_revision = None\n`);
  const one = step('one', 'tx', 'CREATE TABLE ours ()');
  await place.write(`migrations/${fileName(s)}`, revisionText({ id: s, parents: [p], up: one }));
}

async function open(t: TestContext): Promise<{ place: Place; database: TestDatabase }> {
  const made = await makePlaceWithDatabase(t);
  await write(made.place);
  return made;
}

test('history and show print Python revisions among ours', async (t) => {
  const place = await makePlace(t);
  await write(place);

  assert.match((await place.run('history')).stdout, new RegExp(`^${s}.*\\n${p}  python    theirs`));
  assert.match((await place.run('show', p)).stdout, /file: db\/versions\/one\.py/);
  assert.match((await place.run('heads')).stdout, new RegExp(`^${s} `));
});

test('a new revision may stand on a Python one', async (t) => {
  const place = await makePlace(t);
  await write(place);
  await place.write('db/versions/two.py', `revision = 'cccc00000003'\ndown_revision = '${s}'\n`);

  const { code, stdout } = await place.run('revision', '-m', 'ours again');
  const text = await readFile(stdout.trim(), 'utf8');

  assert.equal(code, 0);
  assert.match(text, /^-- stanchion:down_revision \[cccc00000003\]$/m);
});

test('plan names the command instead of what it cannot run', async (t) => {
  const { place } = await open(t);

  assert.match((await place.run('plan')).stderr, /alembic upgrade/);
  assert.match((await place.run('upgrade', '--sql')).stderr, /only Alembic can run it/);
});

test('upgrade is refused with the command that Alembic wants', async (t) => {
  const { place } = await open(t);

  const { code, stderr } = await place.run('upgrade');

  assert.equal(code, 5);
  assert.match(stderr, new RegExp(`run \`alembic upgrade ${p}\` in `));
});

test('stamp moves both, and current shows both', async (t) => {
  const { place, database } = await open(t);

  assert.match((await place.run('stamp', p, '--dry-run')).stdout, new RegExp(`^Would stamp: nothing → ${p}`));
  assert.equal((await place.run('stamp', p)).code, 0);
  assert.equal((await place.run('upgrade')).code, 0);
  const { code, stdout } = await place.run('current');

  assert.equal(code, 0);
  assert.match(stdout, new RegExp(`^${s} [^]*public\\.alembic_version: ${s}$`, 'm'));
  await database.client.query("UPDATE alembic_version SET version_num = '5f3c9a7e21bd'");
  assert.match((await place.run('current')).stdout, /alembic_version: 5f3c9a7e21bd \(another history's, left alone\)/);
});

test('current and plan tell what Alembic has applied, before our first run has written it down', async (t) => {
  const { place, database } = await open(t);
  await database.client.query(
    `CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY); INSERT INTO alembic_version VALUES ('${p}')`,
  );

  assert.match((await place.run('current')).stdout, new RegExp(`^${p} theirs\nstate: behind\n`));
  assert.match(
    (await place.run('plan')).stdout,
    new RegExp(`^An upgrade would run 1 revision; the database is at ${p}\\.`),
  );
});

test('an alembic.ini that is not there is told with what names it', async (t) => {
  const place = await makePlace(t);
  await write(place);
  await place.write('migrations/alembic.json', '{"ini": "../nope.ini"}');

  assert.match((await place.run('history')).stderr, /^nope\.ini: cannot read .*\n {2}fix: .*"ini" in alembic\.json/);
});

describe('alembic-stubs', () => {
  test('writes once, and --check tells what is missing', async (t) => {
    const place = await makePlace(t);
    await write(place);

    const before = await place.report('alembic-stubs', '--check');
    const written = await place.run('alembic-stubs');
    const after = await place.run('alembic-stubs', '--check');

    assert.deepEqual(
      [before.code, before.findings.map((one) => one.evidence)],
      [1, ['db/stanchion_steps.py', `db/versions/${s}_test.py`]],
    );
    assert.deepEqual([written.code, written.stdout], [0, `db/stanchion_steps.py\ndb/versions/${s}_test.py\n`]);
    assert.deepEqual([after.code, after.stdout], [0, '2 files are as they should be.\n']);
  });

  test('wants to know where', async (t) => {
    const place = await makePlace(t);
    await mkdir(join(place.cwd, 'migrations'));

    const { code, stderr } = await place.run('alembic-stubs');

    assert.equal(code, 3);
    assert.match(stderr, /--out/);
  });
});

test('alembic-env prints the lock for an env.py', async (t) => {
  const place = await makePlace(t);

  const { stdout } = await place.run('alembic-env', '--schema', 'other');

  assert.match(stdout, /^JOURNAL_SCHEMA = "other"$/m);
  assert.match(stdout, /^def hold_migration_lock\(/m);
});

describe('in a folder with Python revisions', () => {
  for (const [verb, ...words] of [
    ['revision', '--autogenerate', '-m', 'more'],
    ['check'],
    ['verify'],
    ['lint', '--measure', '--database'],
  ] as const) {
    test(`${[verb, ...words].join(' ')} says that it cannot replay them, and calls no Alembic`, async (t) => {
      const { place, database } = await open(t);
      await place.write('models.sql', 'CREATE TABLE ours ()');
      const command = ['node', '-e', 'require("node:fs").writeFileSync("called", "")'];
      await place.write('migrations/alembic.json', JSON.stringify({ ini: '../alembic.ini', command }));
      await place.write('stanchion-migrate.json', '{"models": "models.sql", "runAlembic": true}');

      const { code, stderr } = await place.run(verb, ...words);

      assert.equal(code, 5, stderr);
      assert.match(stderr, new RegExp(`revision ${p} \\(theirs\\) is Python's: .* in a throw-away one`));
      assert.match(stderr, /SQL baseline/);
      assert.doesNotMatch(stderr, /alembic upgrade/);
      assert.deepEqual((await readdir(place.cwd)).includes('called'), false);
      const { rows } = await database.client.query("SELECT 1 FROM pg_class WHERE relname = 'alembic_version'");
      assert.deepEqual(rows, []);
    });
  }

  test('drift says it of what the database has', async (t) => {
    const { place } = await open(t);
    await place.run('stamp', p);

    const { code, stderr } = await place.run('drift');

    assert.equal(code, 5);
    assert.match(stderr, /a search for drift needs it in a throw-away one/);
  });

  test('lint reads ours and names those that it could not', async (t) => {
    const place = await makePlace(t);
    await write(place);

    const { code, stdout } = await place.run('lint');

    assert.equal(code, 0);
    assert.match(stdout, /^1 statement of 1 revision, /m);
    assert.match(stdout, new RegExp(`^not read, because Alembic runs them: ${p}$`, 'm'));
  });
});
