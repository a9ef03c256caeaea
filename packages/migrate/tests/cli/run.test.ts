import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { fileName, revisionText, step } from '../support/revisions.ts';
import { makePlaceWithDatabase, type Place } from './support.ts';

const [a, b] = ['aaaa00000001', 'bbbb00000002'];

async function makeRevisions(t: TestContext): Promise<Place> {
  const { place } = await makePlaceWithDatabase(t);
  await mkdir(join(place.cwd, 'migrations'));
  const one = { id: a, up: step('one', 'tx', 'CREATE TABLE t (id int)'), down: step('one', 'tx', 'DROP TABLE t') };
  const two = { id: b, parents: [a], up: step('two', 'tx', 'SELECT 1'), down: step('two', 'tx', 'SELECT 1') };
  for (const parts of [one, two]) await place.write(`migrations/${fileName(parts.id)}`, revisionText(parts));
  return place;
}

describe('upgrade, current and downgrade', () => {
  test('go up, say where the database is, and come back when they are told so', async (t) => {
    const place = await makeRevisions(t);

    assert.equal((await place.run('current')).code, 1);
    const up = await place.run('upgrade');
    assert.deepEqual([up.code, up.stdout], [0, `The database is at ${b}.\n`], up.stderr);
    assert.match(up.stderr, new RegExp(`${a} applied`));
    assert.equal((await place.run('current')).code, 0);
    const refused = await place.run('downgrade', '-1');
    assert.equal(refused.code, 5);
    assert.match(refused.stderr, new RegExp(`  ${b}  .*\n.*stanchion-migrate downgrade -1 --yes`));
    assert.equal((await place.run('downgrade', '-1', '--yes')).code, 0);
    const { data } = await place.report('current');
    assert.partialDeepStrictEqual(data, { state: 'behind', database: [a] });
  });

  test('keep the journal in the schema that is configured', async (t) => {
    const place = await makeRevisions(t);
    await place.write('stanchion-migrate.json', '{"journalSchema": "deploys"}');

    assert.equal((await place.run('upgrade')).code, 0);

    assert.equal((await place.run('current')).code, 0);
    assert.equal((await place.run('current', '--schema', 'stanchion')).code, 1);
  });

  test('refuse a target that is no revision with 2', async (t) => {
    const place = await makeRevisions(t);
    for (const target of ['head+1', 'nope', '-1']) assert.equal((await place.run('upgrade', target)).code, 2, target);
  });
});
