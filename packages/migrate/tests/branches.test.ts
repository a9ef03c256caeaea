import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkSchema, current, downgrade, type RevisionGraph, upgrade } from '../src/index.ts';
import { createDatabase } from './support/database.ts';
import { graphOf, step } from './support/revisions.ts';

const [a, b, c, d] = ['aaaa00000001', 'bbbb00000002', 'cccc00000003', 'dddd00000004'];
const sql = { up: step('one', 'tx', 'SELECT 1'), down: step('one', 'tx', 'SELECT 1') };

/** Two branches, of which the second one waits for the first. */
function twoBranches(): RevisionGraph {
  return graphOf(
    { id: a, ...sql },
    { id: b, parents: [a], header: '-- stanchion:labels [billing]', ...sql },
    { id: c, parents: [a], header: '-- stanchion:labels [search]', ...sql },
    { id: d, parents: [c], header: '-- stanchion:depends_on [billing]', ...sql },
  );
}

describe('a database with several heads', () => {
  test('takes all of them, one branch back, and the branch again', async (t) => {
    const database = await createDatabase();
    t.after(async () => database.drop());
    const [graph, connection] = [twoBranches(), database.config];

    const up = await upgrade(graph, { connection, target: 'heads' });
    assert.deepEqual(up.to, [b, d]);
    assert.equal((await checkSchema(database.client, graph)).state, 'current');

    const down = await downgrade(graph, { connection, target: 'billing@base' });
    assert.deepEqual(
      down.finished.map((one) => one.revision),
      [d, c, b, a],
    );

    const again = await upgrade(graph, { connection, target: 'search@head' });
    assert.deepEqual(again.finished.map((one) => one.revision).toSorted(), [a, b, c, d]);
  });

  test('goes one step along the branch that is named', async (t) => {
    const database = await createDatabase();
    t.after(async () => database.drop());
    const [graph, connection] = [twoBranches(), database.config];
    await upgrade(graph, { connection, target: 'billing' });
    await upgrade(graph, { connection, target: 'search' });

    await assert.rejects(downgrade(graph, { connection, target: '-1' }), { code: 'ambiguous_walk' });
    const { finished } = await downgrade(graph, { connection, target: 'search@-1' });

    assert.deepEqual(
      finished.map((one) => one.revision),
      [c],
    );
    assert.deepEqual(
      (await current(database.client)).map((one) => one.revision),
      [b],
    );
  });
});

test('a label may not be a word that targets use', () => {
  for (const word of ['head', 'heads', 'base']) {
    assert.throws(() => graphOf({ id: a, header: `-- stanchion:labels [${word}]`, ...sql }), { code: 'bad_header' });
  }
});
