import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { createTestDatabase } from '../support/postgres.ts';

const root = dirname(dirname(import.meta.dirname));

test('migrate goes to MIGRATION_DATABASE_URL even where the server has no DATABASE_URL', async (t) => {
  const database = await createTestDatabase(t, { content: 'empty' });
  const env = { PATH: process.env.PATH ?? '', ENVIRONMENT: 'development', MIGRATION_DATABASE_URL: database.url };

  await promisify(execFile)(process.execPath, ['scripts/bootstrap.mjs', 'migrate', 'upgrade'], { cwd: root, env });

  const [found] = await database.sql(`select to_regclass('sessions') is not null as upgraded`);
  assert.equal(found?.upgraded, true);
});
