import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Client, type ClientConfig } from 'pg';
import { MigrationError, openShadow, withShadow } from '../src/index.ts';
import { type Major, majors, preparePostgres } from './postgres/environment.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';

describe('a shadow on the server of its target', () => {
  let target: TestDatabase;
  before(async () => {
    target = await createDatabase();
  });
  after(async () => target.drop());

  test('makes an empty database of the same version, encoding and locale', async () => {
    await withShadow({ connection: target.config }, async (shadow) => {
      const database = await shadow.createDatabase();

      assert.equal(shadow.origin, "the target's own server");
      const facts = `SELECT pg_encoding_to_char(encoding) AS encoding, datcollate, datctype, datlocprovider
        FROM pg_database WHERE datname = current_database()`;
      assert.deepEqual(await ask(database.connection, facts), await ask(target.config, facts));
      assert.deepEqual(
        await ask(database.connection, "SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace"),
        [],
      );
    });
  });

  test('drops its databases at the end, even those that are in use', async () => {
    const shadow = await openShadow({ connection: target.config });
    const { name, connection } = await shadow.createDatabase();
    const idle = new Client(connection);
    idle.on('error', () => undefined);
    await idle.connect();

    await shadow.close();

    assert.deepEqual(await databasesLike(name), []);
    await idle.end().catch(() => undefined);
  });

  test('drops what a killed run left, and nothing of a run that lives', async () => {
    const killed = spawn(process.execPath, [join(import.meta.dirname, 'support/shadow-child.ts')], {
      env: { ...process.env, SHADOW_TARGET: JSON.stringify(target.config) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(killed.stdout, 'data');
    const left = String(line).trim();
    const lives = await openShadow({ connection: target.config });
    const kept = await lives.createDatabase();
    assert.deepEqual(await databasesLike(left), [{ name: left }]);

    killed.kill('SIGKILL');
    await once(killed, 'exit');
    await untilGone(left);
    await (await openShadow({ connection: target.config })).close();

    assert.deepEqual(await databasesLike(left), []);
    assert.deepEqual(await databasesLike(kept.name), [{ name: kept.name }]);
    await lives.close();
  });

  test('is refused with what to do where the role may create none and there are no binaries', async () => {
    const role = `shadowless_${process.pid}`;
    await target.client.query(`CREATE ROLE ${role} LOGIN`);
    try {
      await assert.rejects(
        // A version that nobody has.
        openShadow({ connection: { ...target.config, user: role, password: 'none' }, majorVersion: 12 }),
        (error) =>
          error instanceof MigrationError &&
          error.code === 'shadow_unavailable' &&
          /the role may not create databases/.test(error.message) &&
          /CREATEDB/.test(error.faults[0]?.hint ?? ''),
      );
    } finally {
      await target.client.query(`DROP ROLE ${role}`);
    }
  });

  test('is refused for a pooled host', async () => {
    await assert.rejects(openShadow({ connection: { host: 'ep-x-pooler.example.com' } }), {
      code: 'pooled_connection',
    });
  });

  async function databasesLike(name: string): Promise<unknown[]> {
    const { rows } = await target.client.query('SELECT datname AS name FROM pg_database WHERE datname = $1', [name]);
    return rows;
  }

  /** The server notices a killed client a moment later. */
  async function untilGone(database: string): Promise<void> {
    const run = database.replace(/_\d+$/, '');
    for (;;) {
      const { rows } = await target.client.query('SELECT FROM pg_stat_activity WHERE application_name = $1', [run]);
      if (rows.length === 0) return;
    }
  }
});

describe('a shadow from binaries', () => {
  for (const major of majors) {
    test(`runs PostgreSQL ${major} and leaves nothing behind`, async () => {
      const { shadow, folder } = await openFromPackage(major);
      const { connection } = await shadow.createDatabase();

      const [row] = await ask(connection, "SELECT current_setting('server_version_num')::int / 10000 AS major");
      assert.deepEqual(row, { major });
      assert.equal(shadow.majorVersion, major);
      await shadow.close();
      assert.ok(!existsSync(folder(connection)));
    });
  }

  test('is taken for a role that may not create databases', async () => {
    const { shadow } = await openFromPackage(15);
    const { connection } = await shadow.createDatabase();
    await ask(connection, 'CREATE ROLE modest LOGIN');

    const binaryFolders = [await preparePostgres(15)];
    const second = await openShadow({ connection: { ...connection, user: 'modest' }, binaryFolders });

    assert.equal(second.majorVersion, 15);
    assert.match(second.origin, /PostgreSQL 15 binaries/);
    await second.close();
    await shadow.close();
  });

  async function openFromPackage(major: Major) {
    const shadow = await openShadow({ majorVersion: major, binaryFolders: [await preparePostgres(major)] });
    return { shadow, folder: (connection: ClientConfig) => String(connection.host) };
  }
});

async function ask(config: ClientConfig, sql: string): Promise<unknown[]> {
  const client = new Client(config);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
