import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { test } from 'node:test';
import { nextTurn } from '../../src/services/turns.ts';

test('a turn of a login gives the core away: the event loop sleeps meanwhile', async () => {
  const before = performance.eventLoopUtilization();
  // More than one: what else the process has to do may take the whole of a pause.
  for (let turn = 0; turn < 20; turn += 1) await nextTurn();
  assert.ok(performance.eventLoopUtilization(before).idle > 0);
});
