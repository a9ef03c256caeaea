import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { downgrade } from '@stanchion/migrate';
import { baseline, openDatabase } from './support.ts';

const rows = {
  signing_keys: `INSERT INTO signing_keys VALUES ('kid', 'EdDSA', '\\x01', now(), now(), NULL)`,
  key_uses: `INSERT INTO key_uses VALUES ('kid', 7, now())`,
  legacy_token_holders: `INSERT INTO legacy_token_holders VALUES ('6a26ce8b-c3d0-4fe4-b8e6-c6f6060d7f3c', now(), 'infinity', now())`,
};

describe('the tables of keys and of old tokens', () => {
  test('are set aside with their rows by a downgrade, and taken back by the next upgrade', async (t) => {
    const database = await openDatabase(t);
    await database.upgrade();
    for (const insert of Object.values(rows)) await database.sql(insert);
    const read = () => Promise.all(Object.keys(rows).map((table) => database.sql(`SELECT * FROM ${table}`)));
    const before = await read();

    await downgrade(database.graph, { connection: database.connection, target: baseline });
    assert.deepEqual(await database.sql(`SELECT to_regclass('signing_keys') AS keys`), [{ keys: null }]);
    await database.upgrade();

    assert.deepEqual(await read(), before);
    assert.equal(before.flat().length, 3);
  });

  test('leave nothing in the schema that the old code sees', async (t) => {
    const database = await openDatabase(t);
    await database.upgrade();

    await downgrade(database.graph, { connection: database.connection, target: baseline });

    assert.deepEqual(
      await database.sql(
        `SELECT relname FROM pg_class WHERE relname ~ 'signing_keys|key_uses|legacy_token_holders' AND relnamespace = 'public'::regnamespace`,
      ),
      [],
    );
  });
});
