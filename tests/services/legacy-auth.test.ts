import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bearer, createTestApp, json, type TestApp } from '../support/app.ts';

function signUp({ app }: TestApp, email: string) {
  const body = JSON.stringify({ email, password: 'Passw0rd!' });
  return app.inject({ method: 'POST', url: '/api/v1/auth/signup', headers: json, body });
}

describe('POST /api/v1/auth/signup', () => {
  test('leaves no user behind when its session cannot be stored', async (t) => {
    const server = await createTestApp(t);
    await server.database.sql('alter table sessions add constraint refuse_all check (false) not valid');

    const answer = await signUp(server, 'half@example.com');

    assert.equal(answer.statusCode, 500);
    assert.deepEqual(await server.database.sql('select email from "user"'), []);
  });

  test('makes two accounts of two spellings that sign up at the same moment', async (t) => {
    const server = await createTestApp(t);
    for (let round = 0; round < 10; round += 1) {
      const answers = await Promise.all([
        signUp(server, `Twin.${round}@example.com`),
        signUp(server, `twin.${round}@example.com`),
      ]);

      assert.deepEqual(
        answers.map((answer) => answer.statusCode),
        [201, 201],
      );
    }
    const [twins] = await server.database.sql('select count(*)::int as n from "user" where email_twin_of is not null');
    assert.equal(twins?.n, 10);
  });

  test('leaves no address to be looked at again by each registration, also where it is none', async (t) => {
    const server = await createTestApp(t);
    assert.equal((await signUp(server, 'no address at all')).statusCode, 201);
    await server.database.sql(
      `insert into "user" (email, is_active, id, hashed_password, created_at, updated_at)
         select 'written by the old backend ' || n, true, gen_random_uuid(), 'x', now(), now() from generate_series(1, 3) as n`,
    );

    assert.equal(await server.services.users.canonicaliseEmails(), 0);

    const pending = `select email from "user" where email_canonical is null and email_twin_of is null`;
    assert.deepEqual(await server.database.sql(pending), []);
    const body = JSON.stringify({ email: 'no address at all', password: 'Passw0rd!' });
    const signedIn = await server.app.inject({ method: 'POST', url: '/api/v1/auth/signin', headers: json, body });
    assert.equal(signedIn.statusCode, 200);
  });

  test('makes one account of 20 parallel sign-ups with one address', async (t) => {
    const server = await createTestApp(t);

    const answers = await Promise.all(Array.from({ length: 20 }, () => signUp(server, 'once@example.com')));

    const statuses = answers.map((answer) => answer.statusCode).toSorted((a, b) => a - b);
    assert.deepEqual(statuses, [201, ...Array.from({ length: 19 }, () => 409)]);
  });
});

test('a sign-out that could not end the session does not say that it did', async (t) => {
  const server = await createTestApp(t, { env: { QUIRK_SIGNOUT_DOES_NOT_REVOKE: 'hardened' } });
  const body = JSON.stringify({ email: 'away@example.com', password: 'a test password that is long' });
  const signedUp = await server.app.inject({ method: 'POST', url: '/api/v1/auth/signup', headers: json, body });
  await server.database.database.close();

  const headers = bearer(signedUp.json().data.token);
  const answer = await server.app.inject({ method: 'POST', url: '/api/v1/auth/signout', headers });

  assert.equal(answer.statusCode, 503);
});
