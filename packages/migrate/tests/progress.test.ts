import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { Client } from 'pg';
import { renderBatch, renderIndex, tellEvents } from '../src/cli/progress.ts';
import { createTalk } from '../src/cli/talk.ts';
import { type MigrationEvent, upgrade } from '../src/index.ts';
import { paceOf } from '../src/steps/pace.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';
import { graphOf, step } from './support/revisions.ts';

const a = 'aaaa00000001';

async function open(t: TestContext): Promise<TestDatabase> {
  const database = await createDatabase();
  t.after(async () => database.drop());
  return database;
}

/** With 25 rows in `t`, and statistics that know it. */
async function openWithRows(t: TestContext): Promise<TestDatabase> {
  const database = await open(t);
  await database.client.query(
    'CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t SELECT generate_series(1, 25); ANALYZE t',
  );
  return database;
}

describe('the pace of a step', () => {
  test('is what was done over time, and what is left over that', () => {
    assert.deepEqual(paceOf({ done: 200, total: 1000, elapsedMs: 2000, earlier: 300 }), {
      perSecond: 100,
      etaSeconds: 5,
    });
  });

  test('leaves nothing where more was done than was estimated', () => {
    assert.equal(paceOf({ done: 200, total: 100, elapsedMs: 1000 }).etaSeconds, 0);
  });

  test('is unknown without time, without work and without an estimate', () => {
    assert.deepEqual(paceOf({ done: 1, total: 2, elapsedMs: 0 }), { perSecond: null, etaSeconds: null });
    assert.deepEqual(paceOf({ done: 0, total: 2, elapsedMs: 5 }), { perSecond: null, etaSeconds: null });
    assert.deepEqual(paceOf({ done: 1, total: null, elapsedMs: 1000 }), { perSecond: 1, etaSeconds: null });
  });
});

describe('a batch step', () => {
  test('tells how many rows it has visited, of how many, and how fast', async (t) => {
    const database = await openWithRows(t);
    const up = step(
      'fill',
      'batch table=t key=id size=10',
      'UPDATE t SET v = 1 WHERE id IN (SELECT id FROM batch_keys) AND id % 2 = 0',
    );
    const events: MigrationEvent[] = [];

    await upgrade(graphOf({ id: a, up }), { connection: database.config, onEvent: (event) => events.push(event) });

    const told = events.filter((event) => event.type === 'step_progress');
    assert.deepEqual(
      told.map(({ visited, rows, estimatedRows }) => [visited, rows, estimatedRows]),
      [
        [10, 5, 25],
        [20, 10, 25],
        [25, 12, 25],
      ],
    );
    assert.ok(told.every(({ rowsPerSecond }) => Number(rowsPerSecond) > 0));
    assert.equal(told.at(-1)?.etaSeconds, 0);
  });

  test('begins where an earlier run stopped', async (t) => {
    const database = await openWithRows(t);
    const up = step(
      'fill',
      'batch table=t key=id size=10',
      'UPDATE t SET v = 1 WHERE id IN (SELECT id FROM batch_keys)',
    );
    const told: [visited: number, earlierRows: number, line: string][] = [];
    const stop = new AbortController();
    const onEvent = (event: MigrationEvent): void => {
      if (event.type !== 'step_progress') return;
      told.push([event.visited, event.earlierRows, renderBatch({ ...event, rowsPerSecond: null, etaSeconds: null })]);
      if (event.visited === 20) stop.abort();
    };
    const options = { connection: database.config, onEvent };

    await assert.rejects(upgrade(graphOf({ id: a, up }), { ...options, signal: stop.signal }), { code: 'aborted' });
    await upgrade(graphOf({ id: a, up }), options);

    assert.deepEqual(told, [
      [10, 0, '10 of about 25 rows (40 %)'],
      [20, 0, '20 of about 25 rows (80 %)'],
      [5, 20, '25 of about 25 rows (100 %)'],
    ]);
  });

  test('knows no end where the table was never analyzed', async (t) => {
    const database = await open(t);
    await database.client.query(
      'CREATE TABLE t (id int PRIMARY KEY) WITH (autovacuum_enabled = off); INSERT INTO t VALUES (1)',
    );
    const events: MigrationEvent[] = [];

    await upgrade(graphOf({ id: a, up: step('fill', 'batch table=t key=id', 'SELECT 1') }), {
      connection: database.config,
      onEvent: (event) => events.push(event),
    });

    const [told] = events.filter((event) => event.type === 'step_progress');
    assert.deepEqual([told?.estimatedRows, told?.etaSeconds], [null, null]);
  });
});

describe('a concurrent index build', () => {
  test('tells its phase, and for whom it waits, from a second connection', async (t) => {
    const database = await open(t);
    await database.client.query('CREATE TABLE t (id int)');
    const reader = await database.connect();
    // A transaction that has written: the build waits for its end.
    await reader.query('BEGIN; INSERT INTO t VALUES (1)');
    const { rows } = await reader.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const told: MigrationEvent[] = [];

    await upgrade(graphOf({ id: a, up: step('index', 'notx', 'CREATE INDEX CONCURRENTLY t_id ON t (id)') }), {
      connection: database.config,
      progressMs: 1,
      onEvent(event) {
        if (event.type !== 'index_progress') return;
        told.push(event);
        if (event.waitsFor !== null && told.length < 1_000) void reader.query('COMMIT');
      },
    });

    const waiting = told.find((event) => event.type === 'index_progress' && event.waitsFor !== null);
    assert.partialDeepStrictEqual(waiting, {
      phase: 'waiting for writers before build',
      unit: 'transactions',
      done: 0,
      total: 1,
      waitsFor: rows[0]?.pid,
      step: 'index',
      etaSeconds: null,
    });
  });

  test('is built also where nobody can look', async (t) => {
    const database = await open(t);
    await database.client.query('CREATE TABLE t (id int)');
    const writer = await database.connect();
    await writer.query('BEGIN; INSERT INTO t VALUES (1)');
    let opened = 0;

    await upgrade(graphOf({ id: a, up: step('index', 'notx', 'CREATE INDEX CONCURRENTLY t_id ON t (id)') }), {
      progressMs: 1,
      connection() {
        opened += 1;
        if (opened > 1) void writer.query('COMMIT');
        return new Client(opened === 1 ? database.config : { ...database.config, database: 'no_such_database' });
      },
    });

    assert.equal(opened, 2);
    const { rows } = await database.client.query(
      "SELECT indisvalid AS v FROM pg_index WHERE indexrelid = 't_id'::regclass",
    );
    assert.deepEqual(rows, [{ v: true }]);
  });
});

describe('lines for the person who waits', () => {
  test('say how far a batch is', () => {
    const told = {
      rows: 1,
      visited: 12_000,
      earlierRows: 0,
      estimatedRows: 50_000,
      rowsPerSecond: 3_200.4,
      etaSeconds: 11.9,
      cursor: [],
    };
    assert.equal(renderBatch(told), '12,000 of about 50,000 rows (24 %), 3,200 rows/s, 12 s left');
    assert.equal(
      renderBatch({ ...told, earlierRows: 35_000 }),
      '47,000 of about 50,000 rows (94 %), 3,200 rows/s, 12 s left',
    );
    assert.equal(renderBatch({ ...told, estimatedRows: 9, etaSeconds: 0 }), '12,000 rows, 3,200 rows/s');
    assert.equal(renderBatch({ ...told, estimatedRows: null, rowsPerSecond: null, etaSeconds: null }), '12,000 rows');
  });

  test('say how far an index is', () => {
    const told = {
      phase: 'building index: scanning table',
      done: 43,
      total: 100,
      unit: 'blocks',
      waitsFor: null,
      etaSeconds: 720,
    } as const;
    assert.equal(renderIndex(told), 'building index: scanning table, 43 %, 12 min left');
    assert.equal(renderIndex({ ...told, total: 0, etaSeconds: null }), 'building index: scanning table');
    const waiting = {
      ...told,
      phase: 'waiting for writers before build',
      unit: 'transactions',
      done: 1,
      total: 3,
      waitsFor: 7,
      etaSeconds: null,
    } as const;
    assert.equal(
      renderIndex(waiting),
      'waiting for writers before build: 1 of 3 transactions have ended, now for process 7',
    );
  });

  test('say of a leftover of their own first attempt what is true of it', async (t) => {
    const database = await open(t);
    await database.client.query('CREATE TABLE t (id int); INSERT INTO t VALUES (1), (1)');
    let text = '';
    const talk = createTalk({ write: (more) => (text += more), now: () => 0 });
    const up = step('index', 'notx', 'CREATE UNIQUE INDEX CONCURRENTLY t_id ON t (id)');

    const failed = upgrade(graphOf({ id: a, up }), { connection: database.config, onEvent: tellEvents(talk) });

    await assert.rejects(failed, { code: 'sql_failed' });
    assert.match(text, /^ {2}index: "public"\."t_id" was left half-done, which is repaired$/m);
  });

  test('stay only where they matter', async (t) => {
    const database = await open(t);
    await database.client.query('CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 3)');
    let text = '';
    const talk = createTalk({ write: (more) => (text += more), now: () => 0 });

    await upgrade(graphOf({ id: a, up: step('fill', 'batch table=t key=id size=1', 'SELECT 1') }), {
      connection: database.config,
      onEvent: tellEvents(talk),
    });

    assert.match(text, /^aaaa00000001 revision aaaa00000001 …\naaaa00000001 applied in \d+ ms\n$/);
  });
});
