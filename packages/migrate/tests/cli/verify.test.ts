import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { revisionText, step } from '../support/revisions.ts';
import { makePlaceWithDatabase, type Place } from './support.ts';

const first = 'aaaa00000001';
const second = 'aaaa00000002';

async function placed(t: TestContext, undo: string): Promise<Place> {
  const { place } = await makePlaceWithDatabase(t);
  await mkdir(join(place.cwd, 'migrations'));
  const table = step('one', 'tx', 'CREATE TABLE t (id bigint PRIMARY KEY, v text);');
  await place.write(`migrations/${first}_a.sql`, revisionText({ id: first, up: table }));
  const up = step('one', 'tx', 'CREATE VIEW w AS SELECT v FROM t;');
  await place.write(
    `migrations/${second}_b.sql`,
    revisionText({ id: second, parents: [first], up, down: step('one', 'tx', undo) }),
  );
  return place;
}

describe('verify', () => {
  test('says of each revision that it came back, and of the first that it has no down', async (t) => {
    const place = await placed(t, 'DROP VIEW w;');

    const { code, stdout } = await place.run('verify', '--rows', '3');

    assert.equal(code, 0);
    assert.match(stdout, /^aaaa00000001 +has no down, with 0 rows there$/m);
    assert.match(stdout, /^aaaa00000002 +up, down, up: the same, with 3 rows there$/m);
    assert.match(stdout, /^the whole chain +the down refuses/m);
  });

  test('ends with 1 and the difference when a down leaves something', async (t) => {
    const place = await placed(t, 'ALTER VIEW w RENAME TO other;');

    const { code, findings } = await place.report('verify', `${second}:`);

    assert.equal(code, 1);
    const [{ id, evidence, cause } = { id: '', evidence: '', cause: '' }] = findings;
    assert.deepEqual(
      [id, evidence, cause],
      ['ST-VERIFY', 'migrations/aaaa00000002_b.sql', 'after down: view other is not expected'],
    );
  });
});
