import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { upgrade } from '../src/index.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';
import { graphOf, step } from './support/revisions.ts';

const graph = graphOf({ id: 'aaaa00000001', up: step('column', 'tx', 'ALTER TABLE hot ADD COLUMN n int') });

interface Waits {
  /** The longest time in milliseconds that a query had to wait. */
  hot: number;
  /** The same of a table that nobody alters: what a busy machine adds to each. */
  control: number;
  queries: number;
}

/**
 * Queries as fast as they go until told to stop. The time is the server's: from the arrival of the message to the first row, which
 * waits for the table's lock and for nothing else.
 */
async function query(database: TestDatabase, isOver: () => boolean): Promise<Waits> {
  const client = await database.connect();
  const waits: Waits = { hot: 0, control: 0, queries: 0 };
  while (!isOver()) {
    for (const table of ['hot', 'control'] as const) {
      const { rows } = await client.query<{ ms: number }>(
        `SELECT (1000 * extract(epoch FROM clock_timestamp() - statement_timestamp()))::float8 AS ms FROM ${table} LIMIT 1`,
      );
      waits[table] = Math.max(waits[table], rows[0]?.ms ?? 0);
    }
    waits.queries += 1;
  }
  return waits;
}

/** An upgrade that needs ACCESS EXCLUSIVE while somebody reads for two and a half seconds, and five who only want to query. */
async function measure(t: TestContext, objectLockTimeoutMs?: number): Promise<{ waits: Waits[]; retries: number }> {
  const database = await createDatabase();
  t.after(async () => database.drop());
  await database.client.query(
    'CREATE TABLE hot (id int); INSERT INTO hot VALUES (1); CREATE TABLE control (id int); INSERT INTO control VALUES (1)',
  );
  const reader = await database.connect();
  await reader.query('BEGIN; SELECT * FROM hot');
  let [over, retries] = [false, 0];
  const bystanders = Array.from({ length: 5 }, async () => query(database, () => over));
  const reading = reader.query('SELECT pg_sleep(2.5)').then(async () => reader.query('COMMIT'));

  await upgrade(graph, {
    connection: database.config,
    ...(objectLockTimeoutMs === undefined ? {} : { objectLockTimeoutMs }),
    onEvent: (event) => {
      if (event.type === 'step_retried') retries += 1;
    },
  });
  await reading;
  over = true;
  return { waits: await Promise.all(bystanders), retries };
}

describe('a table that somebody reads for 2.5 s during an upgrade that needs ACCESS EXCLUSIVE', () => {
  test('makes no other query wait for more than 300 ms', async (t) => {
    const { waits, retries } = await measure(t);

    const [hot, control] = [Math.max(...waits.map((one) => one.hot)), Math.max(...waits.map((one) => one.control))];
    t.diagnostic(
      `longest wait ${Math.round(hot)} ms, on the other table ${Math.round(control)} ms, ${retries} retries`,
    );
    assert.ok(hot < 300 + control, `a query waited ${hot} ms, and ${control} ms on a table that nobody altered`);
    assert.ok(retries > 0, 'the upgrade was never in the way');
  });

  test('would make them wait to its end without the short lock_timeout', async (t) => {
    const { waits } = await measure(t, 0);

    const [hot, control] = [Math.max(...waits.map((one) => one.hot)), Math.max(...waits.map((one) => one.control))];
    assert.ok(hot > 300 + control, `the measurement cannot fail: ${hot} ms, ${control} ms`);
  });
});
