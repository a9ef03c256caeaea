import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type ClientConfig } from 'pg';
import { inSession, readOptionsOf } from '../../src/autogenerate/compare-models.ts';
import {
  autogenerate,
  buildGraph,
  describeFault,
  downgrade,
  loadRevisions,
  MigrationError,
  parseRevision,
  type RevisionGraph,
  upgrade,
} from '../../src/index.ts';
import { compareSchemas, describeDifference } from '../../src/schema/compare.ts';
import type { Schema } from '../../src/schema/objects.ts';
import { readSchema } from '../../src/schema/read-schema.ts';
import type { Shadow } from '../../src/shadow/shadow.ts';
import { answersOf, type MatrixCase } from './case.ts';

const baseline = 'aaaaaaaaaaaa';

/** Generates, applies, reverts and applies again, beside rows; compares catalog and rows each time. */
export async function runCase(shadow: Shadow, server: ClientConfig, one: MatrixCase): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'st-auto-'));
  try {
    const graph = graphOf(one);
    if (one.refused) {
      await assertRefused(graph, folder, server, one);
      return;
    }
    const generated = await autogenerate(graph, folder, optionsOf(server, one));
    assert.deepEqual(
      generated.map((revision) => revision.phase),
      one.phases ?? ['expand'],
    );
    const text = generated.map((revision) => revision.text).join('\n');
    for (const pattern of one.contains ?? []) assert.match(text, pattern);
    const written = await loadRevisions(folder).catch(() => undefined);
    assert.equal(written, undefined, 'the written files need their parent');
    const grown = buildGraph([
      ...graph.byId.values(),
      ...generated.map(({ file, text }) => parseRevision({ file, text })),
    ]);
    await roundTrip(shadow, grown, one);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function optionsOf(server: ClientConfig, one: MatrixCase) {
  return {
    connection: server,
    models: { sql: one.after, origin: 'models.sql' },
    summary: one.name,
    answers: answersOf(one),
    renames: one.renames ?? [],
    noRename: one.noRename ?? false,
    // The round trip below is the same, with rows.
    verify: false,
  };
}

async function assertRefused(
  graph: RevisionGraph,
  folder: string,
  server: ClientConfig,
  one: MatrixCase,
): Promise<void> {
  await assert.rejects(autogenerate(graph, folder, optionsOf(server, one)), (error) => {
    assert.ok(error instanceof MigrationError, String(error));
    assert.equal(error.code, one.refused?.code, error.message);
    assert.match(error.faults.map(describeFault).join('\n'), one.refused?.advice ?? /./);
    return true;
  });
  assert.deepEqual(await readdir(folder), []);
}

export async function roundTrip(shadow: Shadow, graph: RevisionGraph, one: MatrixCase): Promise<void> {
  const database = await shadow.createDatabase();
  const { connection } = database;
  const read = async (from: ClientConfig): Promise<Schema> =>
    inSession(from, async (session) => readSchema(session, readOptionsOf({})));
  // In a transaction that is rolled back: a database of its own costs more than all the rest of this.
  const wanted = await inSession(connection, async (session) => {
    await session.execute(`BEGIN;\n${one.after}`);
    const schema = await readSchema(session, readOptionsOf({}));
    await session.execute('ROLLBACK');
    return schema;
  });
  const run = { connection, objectLockTimeoutMs: 0 };
  await upgrade(graph, { ...run, target: baseline });
  if (one.rows !== undefined) await runSql(connection, one.rows);
  const before = await read(connection);
  const rows = await readRows(connection);

  await upgrade(graph, run);
  assertEqual(wanted, await read(connection), 'after the upgrade');
  const afterUp = await readRows(connection);
  for (const [sql, expected] of one.then ?? []) assert.deepEqual((await runSql(connection, sql)).rows, expected, sql);
  await downgrade(graph, { ...run, target: baseline });
  assertEqual(before, await read(connection), 'after the downgrade');
  if (one.fillsStay !== true) assert.deepEqual(await readRows(connection), rows, 'rows after the downgrade');
  await upgrade(graph, run);
  assertEqual(wanted, await read(connection), 'after the second upgrade');
  assert.deepEqual(await readRows(connection), afterUp, 'rows after the second upgrade');
  await database.drop();
}

function assertEqual(expected: Schema, found: Schema, when: string): void {
  assert.deepEqual(compareSchemas(expected, found).map(describeDifference), [], when);
}

function graphOf(one: MatrixCase): RevisionGraph {
  const text = `-- stanchion:revision ${baseline}
-- stanchion:down_revision []
-- stanchion:phase baseline
-- stanchion:summary before
-- stanchion:up
-- stanchion:step make mode=tx
${one.before.trim() === '' ? 'SELECT 1;' : one.before}
`;
  return buildGraph([parseRevision({ file: `${baseline}_before.sql`, text })]);
}

/** Every row of every table of ours, by table; columns by name, without what was set aside. */
async function readRows(connection: ClientConfig): Promise<Record<string, unknown[]>> {
  const { rows: tables } = await runSql(
    connection,
    `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT LIKE 'stanchion%'
        AND n.nspname <> 'information_schema' ORDER BY 1`,
  );
  const found: Record<string, unknown[]> = {};
  for (const { name } of tables) {
    const { rows } = await runSql(
      connection,
      `SELECT to_jsonb(t) AS row FROM ${String(name)} AS t ORDER BY to_jsonb(t)::text`,
    );
    found[String(name)] = rows
      .map(({ row }) => withoutAside(row))
      .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  return found;
}

function withoutAside(row: unknown): unknown {
  const entries = Object.entries(row ?? {}).filter(([name]) => !name.startsWith('_st_'));
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

async function runSql(connection: ClientConfig, sql: string): Promise<{ rows: Record<string, unknown>[] }> {
  const client = new Client(connection);
  await client.connect();
  try {
    return await client.query<Record<string, unknown>>(sql);
  } finally {
    await client.end();
  }
}
