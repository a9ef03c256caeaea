import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Client } from 'pg';
import { downgrade, type RevisionGraph, upgrade } from '../src/index.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';
import { graphOf, type RevisionParts, step } from './support/revisions.ts';

let database: TestDatabase;

beforeEach(async () => {
  database = await createDatabase();
});

afterEach(async () => database.drop());

/** A client of which every call is one message and one wait for its answer. */
function countingClient(): { client: Client; count: () => number } {
  const client = new Client(database.config);
  const send = client.query.bind(client);
  let calls = 0;
  const query = async (...call: unknown[]): Promise<unknown> => {
    calls += 1;
    // oxlint-disable-next-line typescript/no-unsafe-argument, typescript/no-explicit-any, typescript/no-unsafe-type-assertion -- one of pg's overloads, as the engine called it
    return send(...(call as [any]));
  };
  return { client: Object.assign(client, { query }), count: () => calls };
}

/** Of one run, between the beginning of the first revision and the end of the last; and what came before that. */
async function countMessages(
  graph: RevisionGraph,
  direction: 'up' | 'down',
): Promise<{ setUp: number; perRevision: number }> {
  const { client, count } = countingClient();
  let began = 0;
  let ended = 0;
  await (direction === 'up' ? upgrade : downgrade)(graph, {
    connection: () => client,
    target: direction === 'up' ? 'head' : 'base',
    onEvent({ type }) {
      if (type === 'revision_started') began ||= count();
      if (type === 'revision_finished') ended = count();
    },
  });
  return { setUp: began, perRevision: (ended - began) / graph.order.length };
}

async function countPerRevision(graph: RevisionGraph, direction: 'up' | 'down'): Promise<number> {
  return (await countMessages(graph, direction)).perRevision;
}

function chainOf(parts: (index: number) => Pick<RevisionParts, 'up' | 'down'>): RevisionGraph {
  const id = (index: number): string => `aaaa${String(index).padStart(8, '0')}`;
  return graphOf(
    ...Array.from({ length: 5 }, (_, index) => ({
      ...{ id: id(index), parents: index === 0 ? [] : [id(index - 1)] },
      ...parts(index),
    })),
  );
}

// Node-pg-migrate, which proves less, needs four: BEGIN, the change, its record, COMMIT.
describe('a revision of one definition', () => {
  const plain = chainOf((index) => ({
    up: step('make', 'tx', `CREATE TABLE plain_${index} (id int)`),
    down: step('make', 'tx', `ALTER TABLE plain_${index} RENAME TO plain_gone_${index}`),
  }));

  test('costs one round trip up, and one down', async () => {
    assert.equal(await countPerRevision(plain, 'up'), 1);
    assert.equal(await countPerRevision(plain, 'down'), 1);
  });
});

describe('a revision of one transactional step that may change rows', () => {
  const rows = chainOf((index) => ({
    up: step('make', 'tx', `CREATE TABLE rows_${index} AS SELECT 1 AS id`),
    down: step('make', 'tx', `ALTER TABLE rows_${index} RENAME TO rows_gone_${index}; SELECT 1`),
  }));

  test('costs two round trips up, and two down', async () => {
    assert.equal(await countPerRevision(rows, 'up'), 2);
    assert.equal(await countPerRevision(rows, 'down'), 2);
  });
});

describe('what comes before the first revision', () => {
  const plain = chainOf((index) => ({
    up: step('make', 'tx', `CREATE TABLE plain_${index} (id int)`),
    down: step('make', 'tx', `ALTER TABLE plain_${index} RENAME TO plain_gone_${index}`),
  }));

  test('costs an empty database 13 round trips, and one more where the journal has something to say', async () => {
    assert.equal((await countMessages(plain, 'up')).setUp, 13);
    assert.equal((await countMessages(plain, 'down')).setUp, 14);
  });
});

describe('a revision of three definitions in a step each', () => {
  const three = chainOf((index) => ({
    up: ['a', 'b', 'c'].map((name) => step(name, 'tx', `CREATE TABLE three_${name}_${index} (id int)`)).join('\n'),
  }));

  test('costs one round trip a step', async () => {
    assert.equal(await countPerRevision(three, 'up'), 3);
  });
});
