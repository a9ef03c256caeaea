import { readFile } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import { loadRevisions, type RevisionGraph, upgrade } from '@stanchion/migrate';
import type { ClientConfig } from 'pg';
import { createTestDatabase } from '../support/postgres.ts';

export const baseline = '23d54ac3b8d7';
export const dumps = ['legacy-db.sql', 'legacy-db-alembic.sql'] as const;
export type Dump = (typeof dumps)[number];

/** The incumbent's columns, in the order of its own statements. */
export const userColumns = 'email, name, is_active, id, hashed_password, created_at, updated_at';
export const taskColumns =
  'title, description, due_datetime, priority, is_completed, id, user_id, created_at, updated_at';

export interface IncumbentDatabase {
  graph: RevisionGraph;
  connection: ClientConfig;
  sql: (text: string, values?: unknown[]) => Promise<Record<string, unknown>[]>;
  upgrade: () => ReturnType<typeof upgrade>;
}

/** A database with a dump of the incumbent in it, or nothing; gone after the test. */
export async function openDatabase(t: TestContext, dump?: Dump): Promise<IncumbentDatabase> {
  const graph = await loadRevisions(new URL('../../migrations', import.meta.url).pathname);
  const { sql, connection: target } = await createTestDatabase(t, { content: 'empty' });
  const { host, port, user, password, database } = target;
  const connection = { host, port, user, database, ...(password === null ? {} : { password }) };
  if (dump) await sql(await readDump(dump));
  return { graph, connection, sql, upgrade: async () => upgrade(graph, { connection }) };
}

export async function readDump(dump: Dump): Promise<string> {
  return readFile(new URL(`../contract/data/${dump}`, import.meta.url), 'utf8');
}

/** What a reset script loads: the rows alone, the tasks before the users. */
export async function readDumpRows(dump: Dump): Promise<string> {
  const lines = (await readDump(dump)).split('\n');
  const from = lines.findIndex((line) => line.startsWith('-- Data for Name'));
  const to = lines.findIndex((line, at) => at > from && /^-- Name: .* CONSTRAINT/.test(line));
  return lines.slice(from, to).join('\n');
}

/** Every row of the incumbent's tables as text, only its columns. */
export async function readIncumbentRows(
  sql: IncumbentDatabase['sql'],
): Promise<{ users: unknown[]; tasks: unknown[] }> {
  const users = await sql(`SELECT (ROW(${userColumns}))::text AS row FROM "user" ORDER BY id`);
  const tasks = await sql(`SELECT (ROW(${taskColumns}))::text AS row FROM task ORDER BY id`);
  return { users, tasks };
}
