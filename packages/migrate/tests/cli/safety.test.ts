import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { fileName, type RevisionParts, revisionText, step } from '../support/revisions.ts';
import { makePlaceWithDatabase } from './support.ts';

const [a, b] = ['aaaa00000001', 'bbbb00000002'];
const base = {
  id: a,
  up: step('one', 'tx', "CREATE TABLE t (id int PRIMARY KEY, ref text NOT NULL); INSERT INTO t VALUES (1, 'x')"),
};

async function makeRevisions(t: TestContext, ...revisions: RevisionParts[]): ReturnType<typeof makePlaceWithDatabase> {
  const made = await makePlaceWithDatabase(t);
  await mkdir(join(made.place.cwd, 'migrations'));
  for (const parts of revisions) await made.place.write(`migrations/${fileName(parts.id)}`, revisionText(parts));
  return made;
}

const contract = {
  id: b,
  parents: [a],
  up: step('aside', 'tx', `SELECT stanchion.soft_drop_column('t', 'ref', '${b}')`),
  down: step('back', 'tx', `SELECT stanchion.restore_column('t', 'ref', '${b}')`),
};

describe('a downgrade that cannot represent some rows', () => {
  test('ends with 5 and the numbers, and goes on with --fill', async (t) => {
    const { place, database } = await makeRevisions(t, base, contract);
    await place.run('upgrade');
    await database.client.query('INSERT INTO t VALUES (2)');

    const refused = await place.report('downgrade', '-1', '--yes');
    assert.deepEqual([refused.code, refused.findings[0]?.id], [5, 'ST-MIGRATE-WOULD-LOSE-DATA']);
    assert.match(refused.findings[0]?.cause ?? '', /1 row of t\.ref have no value/);
    assert.equal((await place.run('downgrade', '-1', '--dry-run')).code, 5);
    assert.equal((await place.run('downgrade', '-1', '--dry-run', '--accept-loss')).code, 0);
    assert.equal((await place.run('downgrade', '-1', '--yes', '--fill', 'nonsense')).code, 2);
    assert.equal((await place.run('downgrade', '-1', '--yes', '--fill', "t.ref='filled ' || id")).code, 0);

    const { rows } = await database.client.query('SELECT ref FROM t ORDER BY id');
    assert.deepEqual(rows, [{ ref: 'x' }, { ref: 'filled 2' }]);
  });

  test('goes on with --accept-loss, and the archive has the rows', async (t) => {
    const { place, database } = await makeRevisions(t, base, contract);
    await place.run('upgrade');
    await database.client.query('INSERT INTO t VALUES (2)');

    assert.equal((await place.run('downgrade', '-1', '--yes', '--accept-loss')).code, 0);

    const { data } = await place.report('archive', 'list');
    assert.partialDeepStrictEqual(data, [{ kind: 'rows', object: 'public.t', rows: 1 }]);
    const [id = ''] = JSON.stringify(data).match(/(?<="id":)\d+/) ?? [];
    assert.equal((await place.run('archive', 'restore', id)).code, 2);
  });
});

describe('the archive', () => {
  test('lists what is set aside, prints how it comes back, and brings it back', async (t) => {
    const { place, database } = await makeRevisions(t, base, contract);
    assert.match((await place.run('archive', 'list')).stdout, /Nothing is set aside/);
    await place.run('upgrade');

    const list = await place.run('archive', 'list');
    assert.match(
      list.stdout,
      /^1 {2}column public\.t\.ref {2}1 rows .*kept until .*\n {3}as public\.t\._st_bbbb00_ref\n$/,
    );
    const dry = await place.run('archive', 'restore', '1', '--dry-run');
    assert.match(dry.stdout, /^ALTER TABLE public\.t RENAME COLUMN _st_bbbb00_ref TO ref;\n/);
    assert.equal((await place.run('archive', 'restore', '1')).code, 0);

    assert.deepEqual((await database.client.query('SELECT ref FROM t')).rows, [{ ref: 'x' }]);
    assert.equal((await place.run('archive', 'restore', '1')).code, 2);
  });

  test('purges only what is named or whose time is over, and only with --yes', async (t) => {
    const table = {
      ...contract,
      up: [
        step(
          'type',
          'tx',
          "CREATE TYPE mood AS ENUM ('low'); CREATE TABLE u (mood mood); INSERT INTO u VALUES ('low')",
        ),
        step(
          'aside',
          'tx',
          `SELECT stanchion.soft_drop_table('u', '${b}', '0 seconds'); SELECT stanchion.soft_drop_type('mood', '${b}', '0 seconds'); SELECT stanchion.soft_drop_column('t', 'ref', '${b}')`,
        ),
      ].join('\n'),
    };
    const { place, database } = await makeRevisions(t, base, table);
    await place.run('upgrade');

    const refused = await place.run('archive', 'purge');
    assert.equal(refused.code, 5);
    assert.match(refused.stderr, /table public\.u/);
    assert.doesNotMatch(refused.stderr, /t\.ref/);
    assert.equal((await place.run('archive', 'purge', '--dry-run')).code, 0);
    assert.equal((await place.run('archive', 'purge', '--yes')).code, 0);
    const left = await place.report('archive', 'list');
    assert.partialDeepStrictEqual(left.data, [{ object: 'public.t.ref' }]);
    const [id = ''] = JSON.stringify(left.data).match(/(?<="id":)\d+/) ?? [];
    assert.equal((await place.run('archive', 'purge', id, '--yes')).code, 0);

    const { rows } = await database.client.query(
      "SELECT (SELECT count(*)::int FROM pg_class WHERE relnamespace = 'stanchion_archive'::regnamespace AND relkind = 'r') AS tables, (SELECT count(*)::int FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0 AND NOT attisdropped) AS columns, to_regtype('mood') AS mood",
    );
    assert.deepEqual(rows, [{ tables: 0, columns: 1, mood: null }]);
    const downgrade = await place.run('downgrade', '-1', '--yes');
    assert.deepEqual([downgrade.code, /nothing is kept of column ref/.test(downgrade.stderr)], [3, true]);
  });
});

describe('a step in doubt', () => {
  const doubtful = {
    id: b,
    parents: [a],
    up: step('call', 'notx probe=SELECT NULL::boolean', 'ANALYZE t'),
    down: step('call', 'tx', 'SELECT 1'),
  };

  test('is shown by the status, ends an upgrade with 6, and is decided by resolve', async (t) => {
    const { place } = await makeRevisions(t, base, doubtful);
    assert.equal((await place.run('upgrade')).code, 3);

    const upgrade = await place.run('upgrade');
    assert.equal(upgrade.code, 6);
    assert.match(upgrade.stderr, new RegExp(`resolve ${b} call --applied`));
    const status = await place.run('status', '--watch');
    assert.equal(status.code, 1);
    assert.match(status.stdout, new RegExp(`Nobody runs a migration\\.\nstep ${b} call \\(up, notx\\) in doubt`));
    assert.equal((await place.run('resolve', b, 'call')).code, 2);
    assert.equal((await place.run('resolve', b, 'call', '--applied', '--retry')).code, 2);
    assert.equal((await place.run('resolve', b, 'call', '--undo')).code, 5);
    assert.equal((await place.run('resolve', b, 'call', '--undo', '--dry-run')).code, 5);
    const dry = await place.run('resolve', b, 'call', '--applied', '--dry-run');
    assert.deepEqual([dry.code, dry.stdout], [0, `Nothing was decided. With this step call of ${b} counts as done.\n`]);
    assert.equal((await place.run('resolve', b, 'call', '--retry', '--dry-run')).code, 0);
    assert.match((await place.run('status')).stdout, /call \(up, notx\) in doubt/);
    assert.equal((await place.run('resolve', b, 'call', '--applied')).code, 0);
    assert.equal((await place.run('resolve', b, 'call', '--applied')).code, 2);
    assert.equal((await place.run('upgrade')).code, 0);
    assert.deepEqual((await place.run('status')).stdout, 'Nobody runs a migration.\n');
  });
});

test('half an upgrade is taken back with undo --yes', async (t) => {
  const half = {
    id: b,
    parents: [a],
    up: `${step('column', 'tx', 'ALTER TABLE t ADD COLUMN n int')}\n${step('fails', 'tx', 'SELECT 1 / 0')}`,
    down: step('column', 'tx', 'ALTER TABLE t DROP COLUMN n'),
  };
  const { place, database } = await makeRevisions(t, base, half);
  assert.equal((await place.run('upgrade')).code, 3);

  const refused = await place.run('undo', b);
  assert.equal(refused.code, 5);
  assert.match(refused.stderr, /with the steps column of its down section/);
  const { code, data } = await place.report('undo', b, '--dry-run', '--yes');
  assert.deepEqual([code, data], [0, { revision: b, steps: ['column'] }]);
  assert.equal((await place.run('undo', a)).code, 2);
  assert.equal((await place.run('undo', b, '--yes')).code, 0);
  assert.equal((await place.run('undo', b, '--yes')).code, 2);

  const { rows } = await database.client.query('SELECT * FROM t');
  assert.deepEqual(rows, [{ id: 1, ref: 'x' }]);
});

test('downgrade without --yes says why it would be refused: half an upgrade, rows that would be lost', async (t) => {
  const dropping = { ...base, down: step('one', 'tx', 'DROP TABLE t') };
  const up = `${step('none', 'tx', 'SELECT 1')}\n${step('fails', 'tx', 'SELECT 1 / 0')}`;
  const half = { id: b, parents: [a], up, down: step('none', 'tx', 'SELECT 1') };
  const { place } = await makeRevisions(t, dropping, half);
  assert.equal((await place.run('upgrade')).code, 3);

  const begun = await place.run('downgrade', '-1');
  assert.equal((await place.run('undo', b, '--yes')).code, 0);
  const losing = await place.run('downgrade', '-1');

  assert.deepEqual([begun.code, losing.code], [5, 5]);
  assert.match(begun.stderr, /begun and not finished/);
  assert.match(losing.stderr, /1 row of .*\n {2}fix: .*--accept-loss/);
  assert.match((await place.run('downgrade', '-1', '--accept-loss')).stderr, /downgrade -1 --yes/);
});
