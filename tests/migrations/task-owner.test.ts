import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { downgrade } from '@stanchion/migrate';
import { Client } from 'pg';
import { baseline, openDatabase, taskColumns, userColumns } from './support.ts';

const insertTask = `INSERT INTO public.task (${taskColumns}) VALUES ('t', NULL, NULL, 'URGENT_IMPORTANT', false, $1, $2, now(), now())`;
const insertUser = `INSERT INTO "user" (${userColumns}) VALUES ($1::text || '@example.com', NULL, true, $1::uuid, 'x', now(), now())`;

describe("a task's owner", () => {
  test('is its user where that exists; the orphans are found without one', async (t) => {
    const database = await openDatabase(t, 'legacy-db.sql');

    await database.upgrade();

    const orphans = await database.sql('SELECT title FROM task WHERE owner_id IS NULL ORDER BY title');
    assert.deepEqual(
      orphans.map((row) => row['title']),
      ['Orphan 1', 'Orphan 2', 'Orphan 3', 'Orphan 4', 'Orphan 5'],
    );
    assert.deepEqual(await database.sql('SELECT count(*)::int AS n FROM task WHERE owner_id <> user_id'), [{ n: 0 }]);
  });

  test('must exist', async (t) => {
    const database = await openDatabase(t, 'legacy-db.sql');
    await database.upgrade();

    const claim = database.sql('UPDATE task SET owner_id = user_id WHERE owner_id IS NULL');

    await assert.rejects(claim, { code: '23503', constraint: 'task_owner_id_fkey' });
  });

  test('leaves the tasks of a deleted user behind as orphans', async (t) => {
    const database = await openDatabase(t, 'legacy-db.sql');
    await database.upgrade();
    const countTasks = async () => (await database.sql('SELECT count(*)::int AS n FROM task'))[0]?.n;
    const before = await countTasks();

    await database.sql('DELETE FROM "user" WHERE id = (SELECT owner_id FROM task WHERE owner_id IS NOT NULL LIMIT 1)');

    assert.equal(await countTasks(), before);
  });

  test('is filled when a session has an empty search_path', async (t) => {
    const database = await openDatabase(t);
    await database.upgrade();
    const [user, task] = [randomUUID(), randomUUID()];
    await database.sql(insertUser, [user]);
    const client = new Client(database.connection);
    await client.connect();
    try {
      await client.query("SELECT set_config('search_path', '', false)");
      await client.query(insertTask, [task, user]);
    } finally {
      await client.end();
    }

    assert.deepEqual(await database.sql('SELECT owner_id FROM task WHERE id = $1', [task]), [{ owner_id: user }]);
  });

  test('is nobody when the user is deleted at the same moment, and the insert succeeds', async (t) => {
    const database = await openDatabase(t);
    await database.upgrade();
    const [user, task] = [randomUUID(), randomUUID()];
    await database.sql(insertUser, [user]);
    const deleter = new Client(database.connection);
    await deleter.connect();
    try {
      await deleter.query('BEGIN');
      await deleter.query('DELETE FROM "user" WHERE id = $1', [user]);
      const inserted = database.sql(insertTask, [task, user]);
      // Not by the deleter: within a transaction the view stands still.
      const waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
      while ((await database.sql(waiting)).length === 0) await new Promise(setImmediate);
      await deleter.query('COMMIT');
      await inserted;
    } finally {
      await deleter.end();
    }

    assert.deepEqual(await database.sql('SELECT owner_id FROM task WHERE id = $1', [task]), [{ owner_id: null }]);
  });

  test('that is not the user is counted by a downgrade, which refuses', async (t) => {
    const database = await openDatabase(t, 'legacy-db.sql');
    await database.upgrade();
    await database.sql(`UPDATE task SET owner_id = (SELECT id FROM "user" LIMIT 1) WHERE owner_id IS NULL`);

    await assert.rejects(
      downgrade(database.graph, { connection: database.connection, target: baseline }),
      /5 tasks have an owner who is not their user/,
    );
  });
});
