import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestApp, registerUser } from '../support/app.ts';

const tail = `${'A'.repeat(22)}$${'A'.repeat(43)}`;
const stored = [
  ['$2b$12$ZGdHtYDoxgj3w9GgqU538.AgUajYBTwF9vEHtCsmhRc7C4tZQwlbi', 'bcrypt', 'cost=12', 'weaker'],
  [`$argon2id$v=19$m=65536,t=3,p=4$${tail}`, 'argon2id', 'v=19 m=65536 t=3 p=4', 'current'],
  [`$argon2id$v=19$m=7168,t=1,p=1,keyid=YQ$${tail}`, 'argon2id', 'v=19 m=7168 t=1 p=1 pepper=a', 'pepper_unknown'],
  ['!', 'none', '', 'unusable'],
  ['hunter2', 'none', '', 'unknown_format'],
  ['$2b$30$ZGdHtYDoxgj3w9GgqU538.AgUajYBTwF9vEHtCsmhRc7C4tZQwlbi', 'none', '', 'cost_exceeds_limit'],
  [`salt:${'0'.repeat(64)}`, 'salted sha256', '', 'weaker'],
] as const;

test('a census of hashes counts every user once, by how the hash was made', async (t) => {
  const server = await createTestApp(t);
  for (const [hash] of stored) await insertUsers(server.database.sql, hash, 1);
  await insertUsers(server.database.sql, '!', 6000);
  await registerUser(server);

  const counts = await server.services.hashCensus.count();

  assert.deepEqual(counts[0], { scheme: 'none', parameters: '', status: 'unusable', users: 6001 });
  assert.equal(
    counts.reduce((sum, { users }) => sum + users, 0),
    6000 + stored.length + 1,
  );
  for (const [hash, scheme, parameters, status] of stored) {
    const found = counts.filter((count) => count.scheme === scheme && count.parameters === parameters);
    assert.ok(
      found.some((count) => count.status === status),
      hash,
    );
  }
  assert.ok(counts.some((count) => count.scheme === 'argon2id' && count.status === 'current' && count.users === 1));
});

async function insertUsers(sql: (text: string) => Promise<unknown>, hash: string, count: number): Promise<void> {
  await sql(
    `insert into "user" (email, is_active, id, hashed_password, created_at, updated_at)
     select gen_random_uuid()::text, true, gen_random_uuid(), '${hash}', now(), now() from generate_series(1, ${count})`,
  );
}
