import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verifyRevisions } from '@stanchion/migrate';
import { baseline, openDatabase } from './support.ts';

test('every revision comes back as it was, with rows in every table; only the baseline refuses to drop rows', async (t) => {
  const { graph, connection } = await openDatabase(t);

  const { trips, unfilled } = await verifyRevisions(graph, { connection });

  assert.deepEqual(
    trips.map(({ revision, outcome, differences }) => [revision, outcome, differences]),
    [...graph.order.map(({ id }) => [id, 'passed', []]), ['base', 'refused', []]],
  );
  assert.match(trips.at(-1)?.refusal ?? '', new RegExp(`^${baseline}_.*rows of task would go`));
  assert.deepEqual(unfilled, []);
});
