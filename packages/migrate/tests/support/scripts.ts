import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import type { Client } from 'pg';
import { scanSql, splitStatements } from '../../src/sql-lexer.ts';
import type { TestDatabase } from './database.ts';

export interface ScriptRunner {
  name: string;
  run: (database: TestDatabase, sql: string) => Promise<void>;
}

/** psql itself where the machine has one, and always what psql does: one statement after the other, stopped by the first error. */
export function scriptRunners(): ScriptRunner[] {
  const hasPsql = spawnSync('psql', ['--version']).status === 0;
  return [{ name: 'statement by statement', run: runSplit }, ...(hasPsql ? [{ name: 'with psql', run: runPsql }] : [])];
}

async function runSplit(database: TestDatabase, sql: string): Promise<void> {
  const [first = '', ...rest] = sql.split('\n');
  if (first !== '\\set ON_ERROR_STOP on') throw new Error('psql would go on after an error');
  const text = rest.join('\n');
  const session: Client = await database.connect();
  try {
    for (const { start, end } of splitStatements(scanSql(text).tokens)) await session.query(text.slice(start, end));
  } finally {
    await session.end();
  }
}

async function runPsql(database: TestDatabase, sql: string): Promise<void> {
  const { host = '', port = 5432, user = '', password, database: name = '' } = database.config;
  const env = { PATH: process.env['PATH'] ?? '', PGPASSWORD: typeof password === 'string' ? password : '' };
  const args = ['--no-psqlrc', '--host', host, '--port', String(port), '--username', user, '--dbname', name];
  const work = promisify(execFile)('psql', [...args, '--file', '-'], { env, timeout: 60_000 });
  work.child.stdin?.end(sql);
  const { stderr } = await work;
  if (/ERROR/.test(stderr)) throw new Error(stderr);
}
