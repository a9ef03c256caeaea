import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { Client } from 'pg';
import { downgrade, type MigrationError, upgrade } from '../src/index.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';
import { graphOf, step } from './support/revisions.ts';

const [a, b, c, d] = ['aaaa00000001', 'bbbb00000002', 'cccc00000003', 'dddd00000004'];
const nothing = step('one', 'tx', 'SELECT 1');
const chain = graphOf({ id: a, up: nothing, down: nothing }, { id: b, parents: [a], up: nothing, down: nothing });
const forked = graphOf(
  { id: a, up: nothing, down: nothing },
  { id: b, parents: [a], up: nothing, down: nothing },
  { id: c, parents: [a], up: nothing, down: nothing },
  { id: d, parents: [b, c], up: nothing, down: nothing },
);

async function open(t: TestContext): Promise<TestDatabase> {
  const database = await createDatabase();
  t.after(() => database.drop());
  return database;
}

async function versions(database: TestDatabase, table = 'alembic_version'): Promise<string[]> {
  const { rows } = await database.client.query<{ version_num: string }>(`SELECT version_num FROM ${table} ORDER BY 1`);
  return rows.map((row) => row.version_num);
}

async function journalled(database: TestDatabase): Promise<string[]> {
  const { rows } = await database.client.query<{ line: string }>(
    "SELECT revision || ' ' || outcome || ' ' || (CASE actor WHEN current_user THEN 'us' ELSE actor END) AS line FROM stanchion.revision_log ORDER BY seq",
  );
  return rows.map((row) => row.line);
}

async function failure(promise: Promise<unknown>): Promise<MigrationError> {
  let caught: unknown;
  await assert.rejects(promise, (error) => {
    caught = error;
    return true;
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- callers look at its code first
  return caught as MigrationError;
}

describe('the version table', () => {
  test('is made as Alembic makes it, and holds the heads that are applied', async (t) => {
    const database = await open(t);

    await upgrade(chain, { connection: database.config });

    assert.deepEqual(await versions(database), [b]);
    const { rows } = await database.client.query(
      `SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull, conname, pg_get_constraintdef(k.oid) AS key
         FROM pg_attribute a JOIN pg_constraint k ON k.conrelid = a.attrelid AND k.contype = 'p'
        WHERE a.attrelid = 'alembic_version'::regclass AND a.attnum > 0`,
    );
    assert.deepEqual(rows, [
      {
        attname: 'version_num',
        type: 'character varying(32)',
        attnotnull: true,
        conname: 'alembic_version_pkc',
        key: 'PRIMARY KEY (version_num)',
      },
    ]);
  });

  test('follows branches, a merge, and the way back', async (t) => {
    const database = await open(t);
    const seen: string[][] = [];
    for (const target of [a, b, 'heads']) {
      await upgrade(forked, { connection: database.config, target });
      seen.push(await versions(database));
    }
    for (const target of [b, a, 'base']) {
      await downgrade(forked, { connection: database.config, target });
      seen.push(await versions(database));
    }

    assert.deepEqual(seen, [[a], [b], [d], [b, c], [a], []]);
  });

  test('leaves out what another head depends on', async (t) => {
    const database = await open(t);
    const graph = graphOf({ id: a, up: nothing }, { id: b, header: `-- stanchion:depends_on [${a}]`, up: nothing });

    await upgrade(graph, { connection: database.config, target: 'heads' });

    assert.deepEqual(await versions(database), [b]);
  });

  test('is compared in one order, whatever the collation of the database', async (t) => {
    const database = await open(t);
    // Names of Python revisions may be anything; here a linguistic order differs from the bytes'.
    await database.client.query(
      `CREATE TABLE alembic_version (version_num varchar(32) COLLATE "en-x-icu" PRIMARY KEY);
       INSERT INTO alembic_version VALUES ('a1'), ('B1'), ('_c'), ('${a}')`,
    );

    await upgrade(chain, { connection: database.config, acceptVersions: ['a1', 'B1', '_c'] });

    assert.deepEqual(await versions(database), ['_c', 'a1', 'B1', b]);
  });

  test('may have another schema and name', async (t) => {
    const database = await open(t);
    await database.client.query('CREATE SCHEMA "Other"');
    const versionTable = { schema: 'Other', name: 'versions' };

    await upgrade(chain, { connection: database.config, versionTable });

    assert.deepEqual(await versions(database, '"Other".versions'), [b]);
    assert.deepEqual((await database.client.query("SELECT to_regclass('alembic_version') AS t")).rows, [{ t: null }]);
  });

  test('is filled from a journal that is older than its upkeep', async (t) => {
    const database = await open(t);
    await upgrade(chain, { connection: database.config });
    for (const loss of ['DROP TABLE alembic_version', 'DELETE FROM alembic_version']) {
      await database.client.query(`${loss}; DROP TABLE stanchion.foreign_versions`);

      await upgrade(chain, { connection: database.config });

      assert.deepEqual(await versions(database), [b]);
    }
    assert.deepEqual(await journalled(database), [`${a} applied us`, `${b} applied us`]);
  });

  test('is believed where the journal was lost', async (t) => {
    const database = await open(t);
    await upgrade(chain, { connection: database.config });
    await database.client.query('DROP SCHEMA stanchion CASCADE');

    const result = await upgrade(chain, { connection: database.config });

    assert.deepEqual(result.finished, []);
    assert.deepEqual(await journalled(database), [`${a} applied alembic`, `${b} applied alembic`]);
  });

  test('is not believed when it forgets what the journal has', async (t) => {
    const database = await open(t);
    await upgrade(chain, { connection: database.config });
    await database.client.query(`UPDATE alembic_version SET version_num = '${a}'`);

    const error = await failure(upgrade(chain, { connection: database.config }));

    assert.deepEqual([error.code, error.faults[0]?.revision], ['version_conflict', b]);
    assert.match(error.faults[0]?.hint ?? '', /stamp/);
  });

  test('of another owner is refused with the right that is missing', async (t) => {
    const database = await open(t);
    const role = `migrate_other_${process.pid}`;
    await database.client.query(
      `CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY); CREATE ROLE ${role} LOGIN PASSWORD 'test-secret'; GRANT CREATE ON DATABASE ${String(database.config.database)} TO ${role}`,
    );
    const guest = { ...database.config, user: role, password: 'test-secret' };
    try {
      const error = await failure(upgrade(chain, { connection: guest }));

      assert.equal(error.code, 'journal_unreadable');
      assert.match(error.faults[0]?.hint ?? '', /GRANT ALL/);
    } finally {
      await database.client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });
});

describe('a row that nobody knows', () => {
  const foreign = '5f3c9a7e21bd';
  const tables = 'CREATE TABLE person (id int NOT NULL)';
  const adoptable = graphOf(
    {
      id: a,
      phase: 'baseline',
      header: '-- stanchion:adopt_when table=person',
      up: step('one', 'tx', tables),
      down: step('one', 'tx', 'DROP TABLE person'),
    },
    { id: b, parents: [a], up: nothing, down: nothing },
  );

  async function openForeign(t: TestContext, sql: string): Promise<TestDatabase> {
    const database = await open(t);
    await database.client.query(
      `CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY); INSERT INTO alembic_version VALUES ('${foreign}'); ${sql}`,
    );
    return database;
  }

  test('is accepted with the baseline that finds its tables, and never touched', async (t) => {
    const database = await openForeign(t, tables);
    const row = async (): Promise<unknown> =>
      (await database.client.query('SELECT xmin::text, version_num FROM alembic_version')).rows;
    const before = await row();

    await upgrade(adoptable, { connection: database.config });
    await downgrade(adoptable, { connection: database.config, target: 'base' });

    assert.deepEqual(await row(), before);
    assert.deepEqual(await journalled(database), [
      `${a} recorded us`,
      `${b} applied us`,
      `${b} reverted us`,
      `${a} unrecorded us`,
    ]);
  });

  test('is refused by name where nothing explains it, and nothing runs', async (t) => {
    const database = await openForeign(t, '');

    for (const graph of [adoptable, chain]) {
      const error = await failure(upgrade(graph, { connection: database.config }));

      assert.equal(error.code, 'unknown_version');
      assert.match(error.message, new RegExp(foreign));
    }
    assert.deepEqual(await journalled(database), []);
    assert.deepEqual(await versions(database), [foreign]);
  });

  test('is left alone once it is accepted by name', async (t) => {
    const database = await openForeign(t, '');

    await upgrade(chain, { connection: database.config, acceptVersions: [foreign] });
    await downgrade(chain, { connection: database.config, target: a });

    assert.deepEqual(await versions(database), [foreign]);
  });

  test('is refused again when the other history goes on, before anything runs', async (t) => {
    const database = await openForeign(t, tables);
    await upgrade(adoptable, { connection: database.config, target: a });
    await database.client.query("UPDATE alembic_version SET version_num = '77aa00000007'");

    const error = await failure(upgrade(adoptable, { connection: database.config }));
    assert.equal(error.code, 'unknown_version');
    assert.match(error.message, /77aa00000007/);

    await upgrade(adoptable, { connection: database.config, acceptVersions: ['77aa00000007'] });
    assert.deepEqual(await versions(database), ['77aa00000007']);
  });

  test('stands beside ours where some of the rows are ours', async (t) => {
    const database = await openForeign(t, '');
    await database.client.query(`INSERT INTO alembic_version VALUES ('${a}')`);

    await upgrade(chain, { connection: database.config, acceptVersions: [foreign] });

    assert.deepEqual(await versions(database), [foreign, b]);
  });
});

describe('the guard', () => {
  const [first, second] = [step('first', 'tx', 'CREATE TABLE t ()'), step('second', 'tx', 'CREATE TABLE u ()')];
  const wait = step('wait', 'notx rerun=safe', 'SELECT pg_advisory_lock_shared(7)');
  const graph = graphOf({ id: a, up: `${first}\n${wait}\n${second}` });

  test('stops a run whose table was moved between two steps; the next run goes on', async (t) => {
    const database = await open(t);
    const other = await database.connect();
    await other.query('SELECT pg_advisory_lock(7)');
    const move = async (): Promise<void> => {
      await other.query("INSERT INTO alembic_version VALUES ('dddd00000004')");
      await other.query('SELECT pg_advisory_unlock(7)');
    };
    let moved: Promise<void> | undefined;

    const running = upgrade(graph, {
      connection: database.config,
      onEvent: (event) => {
        if (event.type === 'step_started' && event.step === 'wait') moved = move();
      },
    });

    const error = await failure(running);
    await moved;
    assert.equal(error.code, 'version_moved');
    assert.match(error.message, /was empty and is dddd00000004/);
    assert.deepEqual((await other.query("SELECT to_regclass('u') AS u")).rows, [{ u: null }]);

    await other.query('DELETE FROM alembic_version');
    await upgrade(graph, { connection: database.config });
    assert.deepEqual(await versions(database), [a]);
  });

  test('waits for a transaction that has read the table, in short attempts, and says who is in the way', async (t) => {
    const database = await open(t);
    await upgrade(graphOf({ id: c, up: nothing }), { connection: database.config, target: c });
    const python = await database.connect();
    await python.query('BEGIN; SELECT version_num FROM alembic_version');
    const both = graphOf({ id: c, up: nothing }, { id: a, parents: [c], up: first });

    const error = await failure(
      upgrade(both, { connection: database.config, objectLockTimeoutMs: 10, objectLockWaitMs: 60 }),
    );

    assert.equal(error.code, 'object_locked');
    assert.match(error.message, /Alembic/);
    await python.query('COMMIT');
    await upgrade(both, { connection: database.config });
    assert.deepEqual(await versions(database), [a]);
  });

  test('lets no Alembic begin while a transactional step runs, and is gone while another step does', async (t) => {
    const database = await open(t);
    const probe = await database.connect();
    const seen: string[] = [];
    const mixed = graphOf({
      id: a,
      up: [
        step('table', 'tx', 'CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)'),
        step('index', 'notx', 'CREATE INDEX CONCURRENTLY t_i ON t (id)'),
        step('fill', 'batch table=t key=id', 'UPDATE t SET id = id'),
      ].join('\n'),
    });
    // The event trigger looks from inside of the statement, without waiting for anybody.
    await probe.query(`
      CREATE FUNCTION locks() RETURNS event_trigger LANGUAGE plpgsql AS $$
      DECLARE held bigint;
      BEGIN
        SELECT count(*) INTO held FROM pg_locks
         WHERE relation = to_regclass('alembic_version') AND mode = 'AccessExclusiveLock' AND pid = pg_backend_pid();
        RAISE NOTICE '% %', tg_tag, held;
      END $$;
      CREATE EVENT TRIGGER locks ON ddl_command_start EXECUTE FUNCTION locks()`);

    await upgrade(mixed, {
      connection: () => {
        const client = new Client(database.config);
        client.on('notice', ({ message }) => seen.push(message ?? ''));
        return client;
      },
    });

    assert.ok(seen.includes('CREATE TABLE 1'), seen.join());
    assert.ok(seen.includes('CREATE INDEX 0'), seen.join());
  });
});
