import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  autogenerate,
  buildGraph,
  downgrade,
  MigrationError,
  parseRevision,
  type RevisionGraph,
  upgrade,
} from '../src/index.ts';
import { graphBefore } from './cookbook/page.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';

const item = 'CREATE TABLE item (id int PRIMARY KEY);';

describe('autogenerate', () => {
  let database: TestDatabase;
  let folder: string;
  before(async () => {
    database = await createDatabase();
    folder = await mkdtemp(join(tmpdir(), 'st-auto-'));
  });
  after(async () => {
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  });

  test('keeps what was written into a new table and a new column through a downgrade, and goes on without orphans', async () => {
    const graph = graphBefore(item);
    const models = `CREATE TABLE item (id int PRIMARY KEY, note text);
      CREATE TABLE part (id int PRIMARY KEY, item_id int NOT NULL REFERENCES item (id));`;
    const grown = await generate(graph, models);
    const run = { connection: database.config };
    const sql = async (text: string) => (await database.client.query(text)).rows;
    await upgrade(grown, run);
    await sql("INSERT INTO item VALUES (1, 'one'), (2, 'two'); INSERT INTO part VALUES (10, 1), (20, 2)");

    await downgrade(grown, { ...run, target: graph.heads[0] ?? '' });
    await sql('DELETE FROM item WHERE id = 2; INSERT INTO item VALUES (3)');
    await upgrade(grown, run);

    assert.deepEqual(await sql('SELECT id, note FROM item ORDER BY id'), [
      { id: 1, note: 'one' },
      { id: 3, note: null },
    ]);
    assert.deepEqual(await sql('SELECT * FROM part'), [{ id: 10, item_id: 1 }]);
    assert.deepEqual(await sql("SELECT convalidated FROM pg_constraint WHERE conname = 'part_item_id_fkey'"), [
      { convalidated: true },
    ]);
  });

  test('writes nothing when what it generated does not lead to the models', async () => {
    const differ = {
      diff: async () => [{ ...nothing, up: [{ name: 'wrong', sql: 'ALTER TABLE item ADD COLUMN wrong int;' }] }],
    };

    await assert.rejects(
      autogenerate(graphBefore(item), folder, {
        ...{ connection: database.config, summary: 'x', differ },
        models: { sql: 'CREATE TABLE item (id int PRIMARY KEY, right_one int);', origin: 'models.sql' },
      }),
      (error) =>
        error instanceof MigrationError &&
        error.code === 'unverified' &&
        /after the upgrade, column item\.right_one is missing/.test(error.message) &&
        /column item\.wrong is not expected/.test(error.message),
    );
    assert.deepEqual(await readdir(folder), []);
  });

  test('refuses a way back that leads elsewhere', async () => {
    const up = [{ name: 'add', sql: 'ALTER TABLE item ADD COLUMN n int;' }];
    const differ = { diff: async () => [{ ...nothing, up, down: [{ name: 'nothing', sql: 'SELECT 1;' }] }] };

    await assert.rejects(
      autogenerate(graphBefore(item), folder, {
        ...{ connection: database.config, summary: 'x', differ },
        models: { sql: 'CREATE TABLE item (id int PRIMARY KEY, n int);', origin: 'models.sql' },
      }),
      { code: 'unverified', message: /after the downgrade, column item\.n is not expected/ },
    );
  });

  const nothing = { phase: 'expand', stage: 'make', keys: [], what: 'a mistake', up: [], down: [] } as const;

  async function generate(graph: RevisionGraph, sql: string): Promise<RevisionGraph> {
    const revisions = await autogenerate(graph, folder, {
      ...{ connection: database.config, summary: 'change', dryRun: true },
      models: { sql, origin: 'models.sql' },
    });
    return buildGraph([...graph.byId.values(), ...revisions.map(({ file, text }) => parseRevision({ file, text }))]);
  }
});
