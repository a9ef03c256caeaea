import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { step } from '../support/revisions.ts';
import { createProject, type Project, type ProjectOptions } from './project.ts';

export const [p1, p2] = ['0000aaaa0001', '0000aaaa0002'];
export const [s1, s2, s3] = ['5555bbbb0001', '5555bbbb0002', '5555bbbb0003'];

export const every = {
  up: [
    step('table', 'tx', "CREATE TABLE ours (id int PRIMARY KEY, n int NOT NULL, note text DEFAULT 'é🙂 100% :x');"),
    step(
      'rows',
      'tx',
      "INSERT INTO ours SELECT g, 0 FROM generate_series(1, 25) g;\nINSERT INTO ours VALUES (26, 0, 'a;b')",
    ),
    step('index', 'notx', 'CREATE INDEX CONCURRENTLY ours_n ON ours (n)'),
    step(
      'fill',
      'batch table=ours key=id size=10',
      'UPDATE ours SET n = n + 1 WHERE id IN (SELECT id FROM batch_keys)',
    ),
  ].join('\n'),
  down: `${step('index', 'notx', 'DROP INDEX CONCURRENTLY ours_n')}\n${step('table', 'tx accept="ST050: a test\'s table"', 'DROP TABLE ours')}`,
};

export const python = [{ id: p1, up: 'CREATE TABLE theirs (id int)', revert: 'DROP TABLE theirs' }];
export const sql = [
  { id: s1, parents: [p1], ...every },
  {
    id: s2,
    parents: [s1],
    up: step('one', 'tx', 'ALTER TABLE ours ADD COLUMN x int'),
    down: step('one', 'tx', 'ALTER TABLE ours DROP COLUMN x'),
  },
];

export interface Place {
  database: TestDatabase;
  project: Project;
}

export async function open(
  t: TestContext,
  options: Omit<ProjectOptions, 'database'> = { python, sql },
): Promise<Place> {
  const database = await createDatabase();
  t.after(() => database.drop());
  return { database, project: await createProject(t, { database, ...options }) };
}

export async function versions({ client }: TestDatabase): Promise<string[]> {
  const { rows } = await client.query<{ version_num: string }>('SELECT version_num FROM alembic_version ORDER BY 1');
  return rows.map((row) => row.version_num);
}

export async function journal({ client }: TestDatabase): Promise<string[]> {
  const { rows } = await client.query<{ line: string }>(
    "SELECT revision || ' ' || outcome || CASE actor WHEN 'alembic' THEN ' by alembic' ELSE '' END AS line FROM stanchion.revision_log ORDER BY seq",
  );
  return rows.map((row) => row.line);
}

export async function value({ client }: TestDatabase, query: string): Promise<unknown> {
  return (await client.query<{ v: unknown }>(query)).rows[0]?.v;
}

export async function succeed(project: Project, ...words: string[]): Promise<string> {
  const { code, output } = await project.alembic(...words);
  assert.equal(code, 0, output);
  return output;
}
