import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import {
  downgrade,
  type MigrationError,
  type MigrationFault,
  type RevisionGraph,
  type RunOptions,
  upgrade,
} from '../../src/index.ts';
import { createDatabase, type TestDatabase } from './database.ts';
import { graphOf, step } from './revisions.ts';

export const [a, b] = ['aaaa00000001', 'bbbb00000002'];

export const tables = `
  CREATE TABLE parent (id int PRIMARY KEY, code text);
  CREATE TABLE t (id int PRIMARY KEY, name text, parent_id int, n text);
  INSERT INTO parent VALUES (1, 'x');`;

export interface Prepared {
  database: TestDatabase;
  graph: RevisionGraph;
  down: (options?: Partial<RunOptions>) => Promise<unknown>;
}

/** At head of two revisions, the second of which goes down by the steps given. */
export async function prepare(
  t: TestContext,
  { up = step('one', 'tx', 'SELECT 1'), down, rows = '' }: { up?: string; down: string; rows?: string },
): Promise<Prepared> {
  const database = await createDatabase();
  t.after(() => database.drop());
  const graph = graphOf({ id: a, up: step('one', 'tx', tables) }, { id: b, parents: [a], up, down });
  await upgrade(graph, { connection: database.config });
  if (rows !== '') await database.client.query(rows);
  return {
    database,
    graph,
    down: async (options = {}) => downgrade(graph, { connection: database.config, target: a, ...options }),
  };
}

export async function refused(promise: Promise<unknown>): Promise<readonly MigrationFault[]> {
  let faults: readonly MigrationFault[] = [];
  await assert.rejects(promise, (error: MigrationError) => {
    assert.equal(error.code, 'would_lose_data', error.message);
    faults = error.faults;
    return true;
  });
  return faults;
}

export function numbers(faults: readonly MigrationFault[]): unknown[] {
  return faults.map(({ table, columnName, rows, step: name }) => [name, table, columnName ?? null, rows]);
}

export const many =
  "INSERT INTO t SELECT g, CASE WHEN g > 7 THEN NULL ELSE 'name ' || g % 5 END, CASE WHEN g > 8 THEN g ELSE 1 END, CASE WHEN g > 6 THEN 'x' || g ELSE '0' || g END FROM generate_series(1, 10) g";
