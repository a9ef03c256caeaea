import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { checkSchema, downgrade, upgrade } from '@stanchion/migrate';
import { Client } from 'pg';
import {
  baseline,
  type Dump,
  dumps,
  type IncumbentDatabase,
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

  // Those of new tables are the models': tests/migrations/models.test.ts.
  test('leave the old tables exactly the intended indexes, and no index invalid', async (t) => {
    const database = await openDatabase(t, 'legacy-db.sql');

    await database.upgrade();

    const found = await database.sql(indexesSql);
    assert.ok(found.every((index) => index['valid'] === true));
    assert.deepEqual(
      found.filter(({ definition }) => / ON public\.(task|"user") /.test(String(definition))).map(({ name }) => name),
      [
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

    test('comes back as it was from a downgrade, whatever was written before: every table, every column, every session', async (t) => {
      const database = await openDatabase(t, dump);
      await database.upgrade();
      await database.sql(
        `INSERT INTO sessions (id, user_id, kind, generation, confirmed, token_salt, created_at, last_used_at, idle_expires_at, absolute_expires_at)
         SELECT gen_random_uuid(), id, 'native', 3, true, 'salt', now(), now(), now(), now() FROM "user"`,
      );
      const before = await readEverything(database.sql);

      await downgrade(database.graph, { connection: database.connection, target: baseline });
      assert.deepEqual(
        Object.keys(await readEverything(database.sql)).filter((name) => name !== 'alembic_version'),
        ['task', 'user'],
      );
      await database.upgrade();

      assert.equal(before['sessions']?.length, 26);
      assert.deepEqual(await readEverything(database.sql), before);
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

/** The rows of each table as text, with all columns, in an order of their own. */
async function readEverything(sql: IncumbentDatabase['sql']): Promise<Record<string, unknown[]>> {
  const everything: Record<string, unknown[]> = {};
  const tables = await sql(
    `SELECT table_name AS name, string_agg(quote_ident(column_name), ', ' ORDER BY column_name) AS columns
       FROM information_schema.columns WHERE table_schema = 'public' GROUP BY 1 ORDER BY 1`,
  );
  for (const { name, columns } of tables) {
    everything[String(name)] = await sql(
      `SELECT ROW(${String(columns)})::text AS row FROM public."${String(name)}" ORDER BY 1`,
    );
  }
  return everything;
}

/** One session with an empty search_path, as a dump leaves it. The rows of alembic_version are not part of a reset. */
async function reset(database: Awaited<ReturnType<typeof openDatabase>>, dump: Dump): Promise<void> {
  const rows = (await readDumpRows(dump)).replace(/^INSERT INTO public\.alembic_version.*$/m, '');
  await database.sql(
    `DELETE FROM public.task; DELETE FROM public."user"; SELECT set_config('search_path', '', false); ${rows}`,
  );
}

describe('the alembic_version of the incumbent', () => {
  // Whatever the incumbent's revision is called: the second is not the dump's.
  for (const version of ['5f3c9a7e21bd', '0f1e2d3c4b5a']) {
    test(`stays as it is, up and down (${version})`, async (t) => {
      const database = await openDatabase(t, 'legacy-db-alembic.sql');
      await database.sql('UPDATE alembic_version SET version_num = $1', [version]);
      const row = async (): Promise<unknown> => database.sql('SELECT xmin::text, version_num FROM alembic_version');
      const [before, rows] = [await row(), await readIncumbentRows(database.sql)];

      await database.upgrade();
      assert.deepEqual([await row(), await readIncumbentRows(database.sql)], [before, rows]);
      await downgrade(database.graph, { connection: database.connection, target: baseline });
      assert.deepEqual([await row(), await readIncumbentRows(database.sql)], [before, rows]);
      await downgrade(database.graph, { connection: database.connection, target: 'base' });
      assert.deepEqual([await row(), await readIncumbentRows(database.sql)], [before, rows]);
    });
  }

  test('that moves on stops the next upgrade by name, until a person has looked', async (t) => {
    const database = await openDatabase(t, 'legacy-db-alembic.sql');
    const connection = database.connection;
    await upgrade(database.graph, { connection, target: baseline });
    await database.sql("UPDATE alembic_version SET version_num = '77aa00000007'");

    await assert.rejects(database.upgrade(), (error: Error & { code: string }) => {
      assert.equal(error.code, 'unknown_version');
      assert.match(error.message, /77aa00000007/);
      return true;
    });
    await upgrade(database.graph, { connection, acceptVersions: ['77aa00000007'] });

    assert.deepEqual(await database.sql('SELECT version_num FROM alembic_version'), [{ version_num: '77aa00000007' }]);
  });

  test('is refused on tables that are not the baseline', async (t) => {
    const database = await openDatabase(t);
    await database.sql(
      "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY); INSERT INTO alembic_version VALUES ('5f3c9a7e21bd')",
    );

    await assert.rejects(database.upgrade(), { code: 'unknown_version' });
    assert.deepEqual(await database.sql("SELECT to_regclass('task') AS task"), [{ task: null }]);
  });

  test('is made where it never was, and holds our head', async (t) => {
    const database = await openDatabase(t, 'legacy-db.sql');

    await database.upgrade();

    assert.deepEqual(await database.sql('SELECT array_agg(version_num::text) AS heads FROM alembic_version'), [
      { heads: database.graph.heads },
    ]);
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
        assert.equal(error.code, 'would_lose_data');
        assert.match(error.message, /1 row of user would go/);
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
