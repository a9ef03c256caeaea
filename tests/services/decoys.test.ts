import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { createDecoys } from '../../src/services/decoys.ts';
import { createTestApp, json, type TestApp } from '../support/app.ts';

const bcrypt = '$2b$12$ZGdHtYDoxgj3w9GgqU538.AgUajYBTwF9vEHtCsmhRc7C4tZQwlbi';
const argon2 = `$argon2id$v=19$m=65536,t=3,p=4$${'A'.repeat(22)}$${'A'.repeat(43)}`;
const accounts = Array.from({ length: 2000 }, (_, n) => `nobody-${n}@example.com`);

async function withUsers(t: Parameters<typeof createTestApp>[0], hashes: Record<string, number>) {
  const server = await createTestApp(t);
  for (const [hash, count] of Object.entries(hashes)) {
    await server.database.sql(
      `insert into "user" (email, is_active, id, hashed_password, created_at, updated_at)
       select gen_random_uuid()::text, true, gen_random_uuid(), '${hash}', now(), now() from generate_series(1, ${count})`,
    );
  }
  return server;
}

async function decoysOf({ database, services }: TestApp, secret = 'a-secret-of-a-test') {
  const decoys = createDecoys({ db: database.db, passwords: services.passwords, secret, randomId: randomUUID });
  await decoys.refresh();
  return (account: string) => decoys.hashFor(account)?.split('$')[1] ?? 'new';
}

describe('an unknown account', () => {
  test('looks old as often as users do, and always the same', async (t) => {
    const server = await withUsers(t, { [bcrypt]: 30, [argon2]: 60, '!': 10 });
    const schemeOf = await decoysOf(server);

    const counts = new Map<string, number>();
    for (const account of accounts) counts.set(schemeOf(account), (counts.get(schemeOf(account)) ?? 0) + 1);

    const share = (scheme: string) => (counts.get(scheme) ?? 0) / accounts.length;
    assert.ok(
      Math.abs(share('2b') - 0.3) < 0.05 && Math.abs(share('argon2id') - 0.6) < 0.05,
      JSON.stringify([...counts]),
    );
    assert.ok(Math.abs(share('new') - 0.1) < 0.05);
  });

  test('counts each user once, wherever the sample begins', async (t) => {
    const { database, services } = await withUsers(t, { [bcrypt]: 30, [argon2]: 30 });
    // The old hashes come last, and the sample begins with them.
    await database.sql(`update "user" set id = overlay(id::text placing 'ffff' from 1 for 4)::uuid
      where hashed_password like '$2b$%'`);
    await database.sql(`update "user" set id = overlay(id::text placing '0000' from 1 for 4)::uuid
      where hashed_password like '$argon2id$%'`);
    const randomId = () => 'f0000000-0000-4000-8000-000000000000';
    const decoys = createDecoys({ db: database.db, passwords: services.passwords, secret: 'a-test-secret', randomId });
    await decoys.refresh();

    const old = accounts.filter((account) => decoys.hashFor(account) === bcrypt).length;
    assert.ok(Math.abs(old / accounts.length - 0.5) < 0.05, `${old} of ${accounts.length}`);
  });

  test('moves from an old kind to a new one and never back while users are upgraded', async (t) => {
    const server = await withUsers(t, { [bcrypt]: 80, [argon2]: 20 });
    const before = await decoysOf(server);
    await server.database.sql(
      `update "user" set hashed_password = '${argon2}' where ctid in (select ctid from "user" where hashed_password = '${bcrypt}' limit 40)`,
    );
    const after = await decoysOf(server);

    const moved = accounts.filter((account) => before(account) !== after(account));
    assert.ok(moved.length > 500);
    assert.ok(moved.every((account) => before(account) === '2b' && after(account) === 'argon2id'));
  });

  test('cannot be told by who does not know the secret', async (t) => {
    const server = await withUsers(t, { [bcrypt]: 50, [argon2]: 50 });
    const [ours, theirs] = [await decoysOf(server), await decoysOf(server, 'another-secret-of-a-test')];
    const equal = accounts.filter((account) => ours(account) === theirs(account)).length;
    assert.ok(Math.abs(equal / accounts.length - 0.5) < 0.06, String(equal));
  });

  test('is new where there are no users', async (t) => {
    const schemeOf = await decoysOf(await createTestApp(t));
    assert.equal(schemeOf('nobody@example.com'), 'new');
  });

  test('costs as many verifications as a user whatever the length of the password', async (t) => {
    const server = await withUsers(t, { [argon2]: 1 });
    const [known] = await server.database.sql('select email from "user"');
    const work = async (email: string, password: string) => {
      const before = server.services.passwords.stats().completed;
      await server.app.inject({
        method: 'POST',
        url: '/auth/login',
        headers: json,
        body: JSON.stringify({ email, password }),
      });
      return server.services.passwords.stats().completed - before;
    };
    for (const password of ['a short one of a test', 'x'.repeat(100)]) {
      assert.equal(await work('nobody@example.com', password), await work(String(known?.email), password));
    }
  });
});
