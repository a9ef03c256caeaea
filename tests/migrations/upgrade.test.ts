import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { checkSchema, downgrade, upgrade } from '@stanchion/migrate';
import { Client } from 'pg';
import {
  baseline,
  type Dump,
  dumps,
  openDatabase,
  readDumpRows,
  readIncumbentRows,
  taskColumns,
  userColumns,
} from './support.ts';

const indexesSql = `
  SELECT c.relname AS name, pg_get_indexdef(i.indexrelid) AS definition, i.indisvalid AS valid
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
   WHERE c.relnamespace = 'public'::regnamespace AND c.relname LIKE 'ix%' ORDER BY 1`;

describe('the revisions', () => {
  test('make an empty database current', async (t) => {
    const database = await openDatabase(t);

    const result = await database.upgrade();

    assert.ok(result.finished.every((one) => one.outcome === 'applied'));
    const client = new Client(database.connection);
    await client.connect();
    try {
      assert.equal((await checkSchema(client, database.graph)).state, 'current');
    } finally {
      await client.end();
    }
  });

  test('give one schema, whether the incumbent or the baseline made the tables', async (t) => {
    const [adopted, fresh] = [await openDatabase(t, 'legacy-db.sql'), await openDatabase(t)];

    await Promise.all([adopted.upgrade(), fresh.upgrade()]);

    const columns = `SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
      WHERE table_schema = 'public' ORDER BY 1, 2`;
    assert.deepEqual(await adopted.sql(columns), await fresh.sql(columns));
    assert.deepEqual(await adopted.sql(indexesSql), await fresh.sql(indexesSql));
    const constraints = `SELECT conname, convalidated, pg_get_constraintdef(oid) FROM pg_constraint
      WHERE connamespace = 'public'::regnamespace AND contype <> 'n' ORDER BY 1`;
    assert.deepEqual(await adopted.sql(constraints), await fresh.sql(constraints));
  });

  test('leave exactly the intended indexes, all valid', async (t) => {
    const database = await openDatabase(t, 'legacy-db.sql');

    await database.upgrade();

    const found = await database.sql(indexesSql);
    assert.ok(found.every((index) => index['valid'] === true));
    assert.deepEqual(
      found.map((index) => index['name']),
      [
        'ix_account_tokens_user_id',
        'ix_audit_events_request_id',
        'ix_audit_events_session_id_seq',
        'ix_audit_events_user_id_seq',
        'ix_mail_jobs_next_attempt_at',
        'ix_mail_jobs_user_id',
        'ix_rate_limits_tat',
        'ix_sessions_user_id',
        'ix_task_owner_id',
        'ix_task_user_id',
        'ix_task_user_id_created_at_id',
        'ix_user_email',
        'ix_user_email_canonical',
        'ix_user_email_pending',
      ],
    );
  });

  test('are applied once by several servers that start together', async (t) => {
    const database = await openDatabase(t);

    const results = await Promise.all(Array.from({ length: 4 }, async () => database.upgrade()));

    assert.equal(results.flatMap((result) => result.finished).length, database.graph.order.length);
  });
});

for (const dump of dumps) {
  describe(`a database of the incumbent (${dump})`, () => {
    test('keeps every row byte for byte', async (t) => {
      const database = await openDatabase(t, dump);
      const before = await readIncumbentRows(database.sql);

      const result = await database.upgrade();

      assert.equal(result.finished[0]?.outcome, 'recorded');
      assert.deepEqual([before.users.length, before.tasks.length], [26, 395]);
      assert.deepEqual(await readIncumbentRows(database.sql), before);
    });

    test('keeps every row through a downgrade to the baseline and up again', async (t) => {
      const database = await openDatabase(t, dump);
      const before = await readIncumbentRows(database.sql);
      await database.upgrade();

      await downgrade(database.graph, { connection: database.connection, target: baseline });
      const baselineColumns = await database.sql(
        "SELECT count(*)::int AS n FROM information_schema.columns WHERE table_name IN ('user', 'task')",
      );
      assert.deepEqual(baselineColumns, [{ n: 16 }]);
      assert.deepEqual(await readIncumbentRows(database.sql), before);

      await database.upgrade();
      assert.deepEqual(await readIncumbentRows(database.sql), before);
      assert.deepEqual(await database.sql('SELECT count(owner_id)::int AS owned FROM task'), [{ owned: 390 }]);
    });

    test('takes the statements of a running incumbent', async (t) => {
      const database = await openDatabase(t, dump);
      await database.upgrade();
      const [user, ghost] = [randomUUID(), randomUUID()];

      await database.sql(
        `INSERT INTO "user" (${userColumns}) VALUES ('New@Example.com', NULL, true, $1, 'x', now(), now())`,
        [user],
      );
      const insert = `INSERT INTO task (${taskColumns}) VALUES ('t', NULL, NULL, 'URGENT_IMPORTANT', false, $1, $2, now(), now())`;
      await database.sql(insert, [randomUUID(), user]);
      await database.sql(insert, [randomUUID(), ghost]);

      const rows = await database.sql('SELECT user_id, owner_id FROM task WHERE user_id IN ($1, $2)', [user, ghost]);
      assert.deepEqual(
        new Map(rows.map((row) => [row['user_id'], row['owner_id']])),
        new Map([
          [user, user],
          [ghost, null],
        ]),
      );
    });

    test('takes a reset that loads the tasks before the users', async (t) => {
      const database = await openDatabase(t, dump);
      const before = await readIncumbentRows(database.sql);
      await database.upgrade();

      await reset(database, dump);

      assert.deepEqual(await readIncumbentRows(database.sql), before);
    });
  });
}

/** One session with an empty search_path, as a dump leaves it. The rows of alembic_version are not part of a reset. */
async function reset(database: Awaited<ReturnType<typeof openDatabase>>, dump: Dump): Promise<void> {
  const rows = (await readDumpRows(dump)).replace(/^INSERT INTO public\.alembic_version.*$/m, '');
  await database.sql(
    `DELETE FROM public.task; DELETE FROM public."user"; SELECT set_config('search_path', '', false); ${rows}`,
  );
}

describe("another tool's version table", () => {
  test('is left as it is, up and down', async (t) => {
    const database = await openDatabase(t, 'legacy-db-alembic.sql');
    const version = async (): Promise<unknown> => database.sql('SELECT xmin::text, version_num FROM alembic_version');
    const before = await version();

    await database.upgrade();
    await downgrade(database.graph, { connection: database.connection, target: 'base' });

    assert.deepEqual(await version(), before);
  });
});

describe('the baseline', () => {
  test('is not dropped while it holds rows, and says how many', async (t) => {
    const database = await openDatabase(t);
    await database.upgrade();
    await database.sql(
      `INSERT INTO "user" (${userColumns}) VALUES ('a@example.com', NULL, true, $1, 'x', now(), now())`,
      [randomUUID()],
    );

    await assert.rejects(
      downgrade(database.graph, { connection: database.connection, target: 'base' }),
      (error: Error & { code: string }) => {
        assert.equal(error.code, 'sql_failed');
        assert.match(error.message, /1 in "user", 0 in task/);
        return true;
      },
    );
    assert.deepEqual(await database.sql('SELECT count(*)::int AS n FROM "user"'), [{ n: 1 }]);
  });

  test('is refused on tables that differ, and nothing is changed', async (t) => {
    const database = await openDatabase(t, 'legacy-db.sql');
    await database.sql('ALTER TABLE task ALTER COLUMN title TYPE text; DROP INDEX ix_user_email');

    await assert.rejects(
      upgrade(database.graph, { connection: database.connection }),
      (error: Error & { code: string }) => {
        assert.equal(error.code, 'adoption_mismatch');
        assert.match(error.message, /"title" differs/);
        assert.match(error.message, /"ix_user_email" is missing/);
        return true;
      },
    );
    assert.deepEqual(await database.sql("SELECT to_regclass('sessions') AS sessions"), [{ sessions: null }]);
  });
});
