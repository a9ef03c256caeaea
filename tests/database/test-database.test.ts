import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTestDatabase, runSql } from '../support/postgres.ts';

describe('a test database', () => {
  test('has our migrations, and no rows of others', async (t) => {
    const [one, two] = await Promise.all([createTestDatabase(t), createTestDatabase(t)]);
    const insert = `insert into "user" (id, email, is_active, hashed_password, created_at, updated_at)
      values ('0b8f7c1e-0000-4000-8000-000000000001', 'a@example.com', true, 'x', now(), now())`;
    await one.sql(insert);
    const count = 'select count(*)::int as n from "user"';
    assert.deepEqual([await one.sql(count), await two.sql(count)], [[{ n: 1 }], [{ n: 0 }]]);
  });

  test('is dropped when it is closed, with connections still open', async (t) => {
    const { url, database, close } = await createTestDatabase(t, { content: 'empty' });
    await database.ping(1000);
    await close();
    await assert.rejects(runSql(url, 'select 1'), { code: '3D000' });
  });
});
