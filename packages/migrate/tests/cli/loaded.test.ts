import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { fileName, revisionText, step } from '../support/revisions.ts';
import { urlOf } from './support.ts';

const bin = join(dirname(dirname(import.meta.dirname)), 'bin/stanchion-migrate.mjs');
const recorder = join(dirname(import.meta.dirname), 'support/record-loaded-child.ts');
let cwd = '';
let database: TestDatabase;

before(async () => {
  database = await createDatabase();
  cwd = await mkdtemp(join(tmpdir(), 'stanchion-migrate-loaded-'));
  await mkdir(join(cwd, 'migrations'));
  const id = 'aaaa00000001';
  const text = revisionText({
    id,
    up: step('one', 'tx', 'CREATE TABLE t ()'),
    down: step('one', 'tx', 'DROP TABLE t'),
  });
  await writeFile(join(cwd, 'migrations', fileName(id)), text);
});

after(async () => {
  await rm(cwd, { recursive: true, force: true });
  await database.drop();
});

/** The modules that a process of this verb loads, Node's own included. Exit codes are the verb's own business. */
async function loadedBy(...words: string[]): Promise<string[]> {
  const file = join(cwd, `${words.join('-')}.txt`);
  const env = { PATH: process.env['PATH'] ?? '', HOME: cwd, LOADED_MODULES: file, DATABASE_URL: urlOf(database) };
  await new Promise((resolve) => {
    execFile(process.execPath, ['--import', recorder, bin, ...words], { cwd, env, timeout: 60_000 }, resolve);
  });
  return (await readFile(file, 'utf8')).split('\n');
}

/** Where a start loads what it does not need, everybody waits for it each time. */
describe('a verb that runs or asks', () => {
  const others = /libpg-query|smol-toml|fastify|drizzle|src\/(?:lint|autogenerate|verify|measure|shadow|offline)\//;
  for (const verb of ['upgrade', 'current', 'history', 'heads']) {
    test(`loads no parser, no TOML and nothing of the other verbs: ${verb}`, async () => {
      const loaded = await loadedBy(verb);

      assert.ok(
        loaded.some((url) => url.endsWith('/src/folder.ts')),
        'the recorder saw nothing',
      );
      assert.deepEqual(
        loaded.filter((url) => others.test(url)),
        [],
      );
    });
  }

  test('loads neither the runner nor what reads Python revisions to say where the database is', async () => {
    const loaded = await loadedBy('current');

    assert.deepEqual(
      loaded.filter((url) =>
        /src\/(?:steps|archive|preflight)\/|src\/(?:run|journal)\.ts$|load-python|load-code/.test(url),
      ),
      [],
    );
  });
});

describe('a command line of a verb and its options', () => {
  for (const line of ['current', 'upgrade', 'lint --fail-on warning', 'heads --json']) {
    test(`is understood without commander, which takes as long as some verbs do: ${line}`, async () => {
      assert.deepEqual(
        (await loadedBy(...line.split(' '))).filter((url) => url.includes('/commander/')),
        [],
      );
    });
  }

  test('loads it for help, so that its absence elsewhere says something', async () => {
    assert.ok((await loadedBy('heads', '--help')).some((url) => url.includes('/commander/')));
  });
});

/** These answer from files alone: `node:crypto` and what speaks with a server would be half of their time. */
describe('a verb that reads files', () => {
  for (const verb of ['lint', 'history', 'heads', 'branches']) {
    test(`loads nothing that connects, measures or hashes: ${verb}`, async () => {
      const loaded = await loadedBy(verb);

      assert.deepEqual(
        loaded.filter((url) =>
          /\/node_modules\/pg[/-]|^node:crypto$|src\/(?:connection|measure|shadow|schema)/.test(url),
        ),
        [],
      );
    });
  }

  test('the lint loads the parser, so that its absence elsewhere says something', async () => {
    assert.ok((await loadedBy('lint')).some((url) => url.includes('/libpg-query/')));
  });

  test('where the database is needs what connects and hashes, so that its absence elsewhere says something', async () => {
    const loaded = await loadedBy('current');

    assert.ok(loaded.some((url) => url.includes('/node_modules/pg/')));
    assert.ok(loaded.includes('node:crypto'));
  });
});
