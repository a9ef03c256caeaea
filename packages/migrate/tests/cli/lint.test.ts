import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { revisionText, step } from '../support/revisions.ts';
import { makePlace, makePlaceWithDatabase, type Place } from './support.ts';

const first = 'aaaa00000001';
const second = 'aaaa00000002';

async function fill(place: Place): Promise<Place> {
  await mkdir(join(place.cwd, 'migrations'));
  const table = step('one', 'tx', 'CREATE TABLE t (id bigint PRIMARY KEY, v text);');
  await place.write(`migrations/${first}_a.sql`, revisionText({ id: first, up: table }));
  const up = `${step('one', 'tx', 'CREATE INDEX t_v ON t (v);')}\n${step('two', 'tx', 'CREATE VIEW w AS SELECT 1;')}`;
  const down = step('one', 'tx', 'ALTER TABLE t DISABLE TRIGGER ALL;');
  await place.write(`migrations/${second}_b.sql`, revisionText({ id: second, parents: [first], up, down }));
  return place;
}

const placed = async (t: TestContext): Promise<Place> => fill(await makePlace(t));

describe('lint', () => {
  test('prints place, rule and safe form, and ends with 1', async (t) => {
    const place = await placed(t);

    const { code, stdout, stderr } = await place.run('lint');

    assert.equal(code, 1);
    assert.match(stderr, /^migrations\/aaaa00000002_b\.sql:7:1: ST001 .*\n {2}fix: Build it CONCURRENTLY/);
    assert.match(stderr, /warning: migrations\/aaaa00000002_b\.sql:12:1/);
    assert.match(stdout, /^4 statements of 2 revisions, for PostgreSQL 15: 1 error, 1 warning, 0 notices/);
  });

  test('gives all of it as JSON', async (t) => {
    const place = await placed(t);

    const { data, findings, ok } = await place.report('lint', '--server-version', '18');

    assert.equal(ok, false);
    assert.deepEqual(
      findings.map(({ id, severity }) => [id, severity]),
      [
        ['ST001', 'error'],
        ['ST070', 'warning'],
      ],
    );
    assert.ok(typeof data === 'object' && data !== null && 'serverVersion' in data && data.serverVersion === 18);
  });

  test('reports only a range, and fails from the severity that is asked for', async (t) => {
    const place = await placed(t);

    assert.equal((await place.run('lint', `:${first}`)).code, 0);
    assert.equal((await place.run('lint', `:${first}`, '--fail-on', 'notice')).code, 0);
    await place.write('sizes.json', '{"t": 5}');
    assert.equal((await place.run('lint', '--sizes', 'sizes.json')).code, 0);
    assert.equal((await place.run('lint', '--sizes', 'sizes.json', '--small', '4')).code, 1);
    assert.equal((await place.run('lint', '--sizes', 'sizes.json', '--fail-on', 'warning')).code, 1);
  });

  test('refuses options that it cannot read', async (t) => {
    const place = await placed(t);

    for (const bad of [['--fail-on', 'fatal'], ['--server-version', 'new'], ['--sizes', 'nowhere.json'], ['no_such:']])
      assert.equal((await place.run('lint', ...bad)).code, 2, bad.join(' '));
  });

  for (const version of ['', '0', '9', '14', '19', '99', '17.4', '0x10', 'abc', '90600', '190000']) {
    test(`refuses the server version "${version}", and names those that it knows`, async (t) => {
      const place = await placed(t);

      const { code, stdout, stderr } = await place.run('lint', `--server-version=${version}`);

      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, /--server-version is a major version of PostgreSQL from 15 to 18, not ".*"\n.*the oldest/);
    });
  }

  for (const version of ['15', '16', '17', '18', '160004']) {
    test(`takes the server version ${version}`, async (t) => {
      const place = await placed(t);

      const { stdout } = await place.run('lint', '--server-version', version);

      assert.match(stdout, new RegExp(`for PostgreSQL ${version.slice(0, 2)}:`));
    });
  }

  test('takes version and sizes from the database, and measures on its server', async (t) => {
    const { place, database } = await makePlaceWithDatabase(t);
    await fill(place);
    await database.client.query('CREATE TABLE t (id int); INSERT INTO t VALUES (1); ANALYZE t');

    const { code, stdout, stderr } = await place.run('lint', '--database', '--measure');

    assert.equal(code, 0, stderr);
    assert.match(stdout, /aaaa00000002 up one\.1: public\.t SHARE; indexed public\.t/);
    assert.match(stdout, /ST001 CREATE INDEX on "t"/);
    assert.match(stdout, /0 errors, 1 warning, 1 notice/);
  });
});
