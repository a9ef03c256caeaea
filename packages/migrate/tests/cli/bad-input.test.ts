import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { TestDatabase } from '../support/database.ts';
import { fileName, revisionText, step } from '../support/revisions.ts';
import { makePlaceWithDatabase, type Place } from './support.ts';

const [a, b, c] = ['aaaa00000001', 'bbbb00000002', 'cccc00000003'];
const nothing = step('one', 'tx', 'SELECT 1');

async function open(t: TestContext): Promise<{ place: Place; database: TestDatabase }> {
  const made = await makePlaceWithDatabase(t);
  await mkdir(join(made.place.cwd, 'migrations'));
  return made;
}

async function write(place: Place, id: string, up: string, parents: readonly string[] = []): Promise<void> {
  await place.write(`migrations/${fileName(id)}`, revisionText({ id, parents, up, down: nothing }));
}

async function tables(database: TestDatabase): Promise<string[]> {
  const sql =
    "SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1";
  return (await database.client.query<{ name: string }>(sql)).rows.map((row) => row.name);
}

describe('bad input', () => {
  test('a statement that fails is told with file, line, column and SQLSTATE, and the next run goes on', async (t) => {
    const { place, database } = await open(t);
    await write(
      place,
      a,
      `${step('good', 'tx', 'CREATE TABLE t (v int)')}\n${step('bad', 'tx', "INSERT INTO t\n  SELECT 'é', nothing")}`,
    );

    const failed = await place.report('upgrade');

    assert.equal(failed.code, 3);
    assert.partialDeepStrictEqual(failed.findings, [
      { id: 'ST-MIGRATE-SQL-FAILED', evidence: `migrations/${fileName(a)}:10:15` },
    ]);
    assert.match(failed.findings[0]?.cause ?? '', /\(SQLSTATE 42703\)/);
    await write(
      place,
      a,
      `${step('good', 'tx', 'CREATE TABLE t (v int)')}\n${step('bad', 'tx', 'INSERT INTO t VALUES (1)')}`,
    );
    assert.equal((await place.run('upgrade')).code, 0);
    assert.deepEqual(await tables(database), ['alembic_version', 't']);
  });

  test('a file that was edited after it was applied is refused, and nothing runs', async (t) => {
    const { place, database } = await open(t);
    await write(place, a, nothing);
    await place.run('upgrade');
    await write(place, a, step('one', 'tx', 'SELECT 2'));
    await write(place, b, step('one', 'tx', 'CREATE TABLE t (v int)'), [a]);

    const { code, findings } = await place.report('upgrade');

    assert.deepEqual(
      [code, findings[0]?.id, findings[0]?.evidence],
      [5, 'ST-MIGRATE-REVISION-EDITED', `migrations/${fileName(a)}`],
    );
    assert.deepEqual(await tables(database), ['alembic_version']);
  });

  test('CRLF and a byte order mark change nothing: neither what runs, nor whether a file counts as edited', async (t) => {
    const { place } = await open(t);
    await write(place, a, step('one', 'tx', "CREATE TABLE t (v text DEFAULT 'a\nb')"));
    assert.equal((await place.run('upgrade')).code, 0);
    const path = join(place.cwd, 'migrations', fileName(a));
    await place.write(`migrations/${fileName(a)}`, `\uFEFF${(await readFile(path, 'utf8')).replaceAll('\n', '\r\n')}`);

    assert.equal((await place.run('current')).code, 0);
    assert.equal((await place.run('upgrade')).code, 0);
  });

  for (const [what, sql, column] of [
    ['a table', `CREATE TABLE ${'t'.repeat(64)} (v int)`, 14],
    ['an index, counted in bytes', `CREATE INDEX CONCURRENTLY "${'é'.repeat(32)}" ON t (v)`, 27],
  ] as const) {
    test(`a name of more than 63 bytes is refused with its place: ${what}`, async (t) => {
      const { place, database } = await open(t);
      await write(place, a, nothing);
      const mode = sql.includes('CONCURRENTLY') ? 'notx' : 'tx';
      await write(place, b, step('long', mode, `-- é\n${sql}`), [a]);

      const { code, findings } = await place.report('upgrade');

      assert.deepEqual(
        [code, findings.map(({ id, evidence }) => [id, evidence])],
        [3, [['ST-MIGRATE-NAME-TOO-LONG', `migrations/${fileName(b)}:8:${column}`]]],
      );
      assert.deepEqual(await tables(database), []);
    });
  }

  test('names of 63 bytes, and long words that are no names, are taken', async (t) => {
    const { place } = await open(t);
    const long = 'x'.repeat(64);
    await write(
      place,
      a,
      step(
        'long',
        'tx',
        `CREATE TABLE ${'t'.repeat(63)} (v text DEFAULT '${long}'); DO $$ BEGIN PERFORM '${long}'; END $$; SELECT 1${'0'.repeat(70)} -- ${long}`,
      ),
    );

    assert.equal((await place.run('upgrade')).code, 0);
  });

  test('two heads are refused by name, with the way out, and taken with heads', async (t) => {
    const { place } = await open(t);
    await write(place, a, nothing);
    await write(place, b, nothing, [a]);
    await write(place, c, nothing, [a]);

    const { code, findings } = await place.report('upgrade');

    assert.deepEqual([code, findings[0]?.id], [3, 'ST-MIGRATE-MULTIPLE-HEADS']);
    assert.match(`${findings[0]?.cause} ${findings[0]?.fix}`, /bbbb00000002, cccc00000003.*merge/);
    assert.equal((await place.run('upgrade', 'heads')).code, 0);
  });

  test('a cycle and a missing parent are named with their files before anything connects', async (t) => {
    const { place } = await open(t);
    await write(place, a, nothing, [b]);
    await write(place, b, nothing, [a]);
    assert.match(
      (await place.run('upgrade', '--url', 'postgresql://u@127.0.0.1:1/d')).stderr,
      /aaaa00000001_test\.sql.*→/,
    );
    await write(place, a, nothing, [c]);
    assert.match(
      (await place.run('upgrade', '--url', 'postgresql://u@127.0.0.1:1/d')).stderr,
      /aaaa00000001_test\.sql: its parent cccc00000003 does not exist/,
    );
  });

  test('a revision of the database that no file has is refused, and current names it', async (t) => {
    const { place } = await open(t);
    await write(place, a, nothing);
    await place.run('upgrade');
    await place.write(`migrations/${fileName(a)}`, '');
    const other = await open(t);
    await write(other.place, b, nothing);

    const { code, findings } = await other.place.report('upgrade', '--url', place.url);

    assert.deepEqual([code, findings[0]?.id], [5, 'ST-MIGRATE-DATABASE-AHEAD']);
    const current = await other.place.run('current', '--url', place.url);
    assert.deepEqual([current.code, /unknown to this code: aaaa00000001/.test(current.stdout)], [1, true]);
  });

  test('every file’s faults are told at once', async (t) => {
    const { place } = await open(t);
    await place.write(`migrations/${fileName(a)}`, 'SELECT 1;');
    await place.write('migrations/wrong.sql', '');
    await place.write(`migrations/${fileName(b)}`, revisionText({ id: b, up: step('one', 'tx', "SELECT 'open") }));

    const { findings } = await place.report('upgrade');

    assert.deepEqual(
      [...new Set(findings.map(({ evidence }) => evidence.split(':')[0]))],
      [`migrations/${fileName(a)}`, `migrations/${fileName(b)}`, 'migrations/wrong.sql'],
    );
  });
});
