import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestApp, json, registerUser } from '../support/app.ts';

const legacyHash = '$2b$12$ZGdHtYDoxgj3w9GgqU538.AgUajYBTwF9vEHtCsmhRc7C4tZQwlbi';

async function insertLegacyUser(sql: (text: string) => Promise<unknown>): Promise<void> {
  await sql(
    `insert into "user" (email, is_active, id, hashed_password, created_at, updated_at)
     values ('old@example.com', true, gen_random_uuid(), '${legacyHash}', now(), now())`,
  );
}

const oldLogin = { email: 'old@example.com', password: 'Passw0rd-1' };

test('a login replaces a bcrypt hash by argon2id and keeps the password', async (t) => {
  const { app, database } = await createTestApp(t);
  await insertLegacyUser(database.sql);
  const logIn = () => app.inject({ method: 'POST', url: '/auth/login', headers: json, body: JSON.stringify(oldLogin) });

  assert.equal((await logIn()).statusCode, 200);

  const [user] = await database.sql('select hashed_password from "user"');
  assert.match(String(user?.hashed_password), /^\$argon2id\$/);
  assert.equal((await logIn()).statusCode, 200);
});

test('PASSWORD_SCHEME=bcrypt leaves a bcrypt hash and makes new ones that the incumbent can read', async (t) => {
  const server = await createTestApp(t, { env: { PASSWORD_SCHEME: 'bcrypt' } });
  await insertLegacyUser(server.database.sql);

  const login = await server.app.inject({
    method: 'POST',
    url: '/auth/login',
    headers: json,
    body: JSON.stringify(oldLogin),
  });
  await registerUser(server, { email: 'new@example.com' });

  assert.equal(login.statusCode, 200);
  const users = await server.database.sql('select hashed_password from "user" order by email desc');
  assert.equal(users[0]?.hashed_password, legacyHash);
  assert.match(String(users[1]?.hashed_password), /^\$2b\$12\$[./A-Za-z0-9]{53}$/);
});

test('PASSWORD_SCHEME=bcrypt refuses a new password that bcrypt would cut', async (t) => {
  const { app } = await createTestApp(t, { env: { PASSWORD_SCHEME: 'bcrypt' } });
  const body = JSON.stringify({ email: 'new@example.com', password: 'x'.repeat(73) });

  const answer = await app.inject({ method: 'POST', url: '/auth/register', headers: json, body });

  assert.equal(answer.statusCode, 422);
  assert.match(answer.body, /at most 72 bytes/);
});
