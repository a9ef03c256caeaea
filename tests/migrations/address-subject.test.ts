import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { downgrade, upgrade } from '@stanchion/migrate';
import { Client } from 'pg';
import { findAddressSubject } from '../../src/services/client-addresses.ts';
import { type IncumbentDatabase, openDatabase, userColumns } from './support.ts';

const before = '9d1b5f7e3a20';
const addresses = ['192.0.2.7', '::ffff:192.0.2.7', '2001:DB8::1', 'fe80::1%eth0', 'unix:', '', '999.1.1.1', '(', null];
/** As the version before writes a session: it does not know the column. */
const oldInsert = `INSERT INTO public.sessions (id, user_id, kind, generation, confirmed, token_salt, user_agent, ip, created_at, last_used_at, idle_expires_at, absolute_expires_at)
  SELECT gen_random_uuid(), id, 'native', 1, false, 'salt', NULL, $1, now(), now(), now(), now() FROM public."user" LIMIT 1`;

async function openWithUser(t: TestContext): Promise<IncumbentDatabase> {
  const database = await openDatabase(t);
  await upgrade(database.graph, { connection: database.connection, target: before });
  const insert = `INSERT INTO "user" (${userColumns}) VALUES ('a@example.com', NULL, true, $1, 'x', now(), now())`;
  await database.sql(insert, [randomUUID()]);
  return database;
}

async function subjects({ sql }: IncumbentDatabase): Promise<unknown[]> {
  return (await sql('SELECT ip, address_subject FROM sessions')).map((row) => [row['ip'], row['address_subject']]);
}

const wanted = addresses.map((ip) => [ip, ip === null ? null : findAddressSubject(ip)]);

describe('the address subject of a session', () => {
  test('is filled for the sessions that are there, lost by a downgrade, and filled again', async (t) => {
    const database = await openWithUser(t);
    for (const ip of addresses) await database.sql(oldInsert, [ip]);
    const rows = await database.sql('SELECT * FROM sessions ORDER BY id');

    await database.upgrade();
    assert.deepEqual(sorted(await subjects(database)), sorted(wanted));

    await downgrade(database.graph, { connection: database.connection, target: before });
    assert.deepEqual(await database.sql('SELECT * FROM sessions ORDER BY id'), rows);
    const left = "SELECT proname FROM pg_proc WHERE proname LIKE '%address_subject'";
    assert.deepEqual(await database.sql(left), []);

    await database.upgrade();
    assert.deepEqual(sorted(await subjects(database)), sorted(wanted));
  });

  test('is filled for the version before, whatever address it has and with an empty search_path', async (t) => {
    const database = await openWithUser(t);
    await database.upgrade();
    const client = new Client(database.connection);
    await client.connect();
    try {
      await client.query("SELECT set_config('search_path', '', false)");
      for (const ip of addresses) await client.query(oldInsert, [ip]);
    } finally {
      await client.end();
    }

    assert.deepEqual(sorted(await subjects(database)), sorted(wanted));
  });

  test('stays as the server wrote it', async (t) => {
    const database = await openWithUser(t);
    await database.upgrade();

    await database.sql(
      oldInsert.replace('user_agent, ip', 'address_subject, ip').replace('NULL, $1', "'written', $1"),
      ['192.0.2.7'],
    );

    assert.deepEqual(await subjects(database), [['192.0.2.7', 'written']]);
  });
});

/** The collation of the database is not that of JavaScript. */
function sorted(list: readonly unknown[]): string[] {
  return list.map((one) => JSON.stringify(one)).toSorted();
}
