import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadRevisions, type MigrationEvent, upgrade } from '../src/index.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';
import type { KillInput } from './support/kill-child.ts';
import { fileName, revisionText, step, writeFolder } from './support/revisions.ts';

const id = 'aaaa00000001';
const killChildFile = fileURLToPath(new URL('support/kill-child.ts', import.meta.url));
const childFile = fileURLToPath(new URL('support/upgrade-child.ts', import.meta.url));

async function prepare(t: TestContext, up: string): Promise<{ database: TestDatabase; folder: string }> {
  const database = await createDatabase();
  const { folder, remove } = await writeFolder({ [fileName(id)]: revisionText({ id, up }) });
  t.after(async () => {
    await database.drop();
    await remove();
  });
  await database.client.query(
    'CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL); INSERT INTO t SELECT g, 0 FROM generate_series(1, 40) g',
  );
  return { database, folder };
}

function startChild(t: TestContext, input: { database: TestDatabase; folder: string }): ChildProcess {
  const argument = JSON.stringify({ folder: input.folder, connection: input.database.config });
  const child = spawn(process.execPath, [childFile, argument], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

function startKillChild(
  t: TestContext,
  { database, folder, killAt }: { database: TestDatabase; folder: string; killAt: string },
): ChildProcess {
  const argument: KillInput = {
    folder,
    connection: database.config,
    target: 'head',
    direction: 'up',
    passed: [],
    killAt,
  };
  const child = spawn(process.execPath, [killChildFile, JSON.stringify(argument)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

async function waitForEvent(child: ChildProcess, matches: (event: MigrationEvent) => boolean): Promise<void> {
  assert.ok(child.stdout);
  for await (const line of createInterface({ input: child.stdout })) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the child prints events
    if (matches(JSON.parse(line) as MigrationEvent)) return;
  }
  assert.fail('the child ended before the event');
}

/** Until the catalog shows it; the runner's time limit ends a wait in vain. */
async function waitForRow(database: TestDatabase, sql: string): Promise<void> {
  while ((await database.client.query(sql)).rows.length === 0) await new Promise(setImmediate);
}

describe('an upgrade after kill -9', () => {
  test('builds an index again that was left invalid in the middle', async (t) => {
    const { database, folder } = await prepare(t, step('index', 'notx', 'CREATE INDEX CONCURRENTLY t_n ON t (n)'));
    const writer = await database.connect();
    await writer.query('BEGIN; UPDATE t SET n = 0 WHERE id = 1');
    const child = startChild(t, { database, folder });
    await waitForRow(
      database,
      "SELECT 1 FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relname = 't_n' AND NOT i.indisvalid",
    );

    await kill(child);
    const events: MigrationEvent[] = [];
    const next = upgrade(await loadRevisions(folder), {
      connection: database.config,
      onEvent: (event) => {
        events.push(event);
        if (event.type === 'step_started') void writer.query('COMMIT');
      },
    });

    assert.deepEqual((await next).to, [id]);
    assert.ok(events.some((event) => event.type === 'step_repaired'));
    const { rows } = await database.client.query(
      "SELECT i.indisvalid AS valid FROM pg_index i WHERE i.indrelid = 't'::regclass AND NOT i.indisprimary",
    );
    assert.deepEqual(rows, [{ valid: true }]);
  });

  test('repeats no batch and leaves none out', async (t) => {
    const fill = step(
      'fill',
      'batch table=t key=id size=1 pause=1ms',
      'UPDATE t SET n = n + 1 WHERE id IN (SELECT id FROM batch_keys)',
    );
    const { database, folder } = await prepare(t, fill);
    const child = startChild(t, { database, folder });
    await waitForEvent(child, (event) => event.type === 'step_progress' && event.rows >= 3);

    await kill(child);
    await upgrade(await loadRevisions(folder), { connection: database.config });

    const { rows } = await database.client.query('SELECT n, count(*)::int FROM t GROUP BY n');
    assert.deepEqual(rows, [{ n: 1, count: 40 }]);
  });

  test('repeats nothing that was on its way to the server', async (t) => {
    const { database, folder } = await prepare(t, step('one', 'tx', 'ALTER TABLE t ADD COLUMN late int'));
    const child = startKillChild(t, { database, folder, killAt: 'commit sent$' });
    await once(child, 'exit');
    assert.equal(child.signalCode, 'SIGKILL');
    await waitForRow(database, "SELECT 1 WHERE to_regclass('stanchion.revision_log') IS NOT NULL");
    await waitForRow(database, 'SELECT 1 FROM stanchion.revision_log');

    const { finished, to } = await upgrade(await loadRevisions(folder), { connection: database.config });

    assert.deepEqual([finished, to], [[], [id]]);
  });

  test('begins a transactional step anew', async (t) => {
    const { database, folder } = await prepare(
      t,
      step('one', 'tx', 'UPDATE t SET n = n + 1; SELECT pg_advisory_xact_lock(42)'),
    );
    await database.client.query('SELECT pg_advisory_lock(42)');
    const child = startChild(t, { database, folder });
    await waitForRow(
      database,
      "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    );

    await kill(child);
    await database.client.query('SELECT pg_advisory_unlock(42)');
    await upgrade(await loadRevisions(folder), { connection: database.config });

    const { rows } = await database.client.query('SELECT DISTINCT n FROM t');
    assert.deepEqual(rows, [{ n: 1 }]);
  });
});
