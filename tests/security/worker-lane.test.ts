import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createWorkerLane, type LaneOptions, type WorkerLane } from '../../src/security/worker-lane.ts';

const script = new URL('./crashing-worker.ts', import.meta.url);

async function withLane(options: Partial<LaneOptions>, run: (lane: WorkerLane<string, string>) => Promise<void>) {
  const lane = createWorkerLane<string, string>({ script, workers: 1, maxQueue: 10, timeoutMs: 0, ...options });
  try {
    await run(lane);
  } finally {
    await lane.close();
  }
}

describe('a lane of worker threads', () => {
  test('answers jobs in order with one thread', () =>
    withLane({}, async (lane) => {
      const answers = await Promise.all(['a', 'b', 'c'].map((job) => lane.run(job)));
      assert.deepEqual(
        answers.map((answer) => answer[0]),
        ['a', 'b', 'c'],
      );
      assert.equal(lane.stats().workers, 1);
    }));

  test('replaces a thread that crashed and goes on with the jobs behind it', () =>
    withLane({}, async (lane) => {
      const crashing = lane.run('crash');
      const behind = lane.run('fine');
      await assert.rejects(crashing, (error: Error) => {
        assert.equal(Reflect.get(error, 'code'), 'internal_error');
        assert.equal(error.cause instanceof Error && error.cause.message, 'a planted crash');
        return true;
      });
      assert.match(await behind, /^fine/);
      assert.equal(lane.stats().crashes, 2, 'the job was tried twice');
    }));

  test('replaces a thread that ended without a word', () =>
    withLane({}, async (lane) => {
      await assert.rejects(lane.run('exit'), { code: 'internal_error', reason: 'worker_crashed' });
      assert.match(await lane.run('fine'), /^fine/);
    }));

  test('gives up on a job that takes too long and frees its thread', () =>
    withLane({ timeoutMs: 500 }, async (lane) => {
      const hanging = lane.run('hang');
      // The timer alone does not keep a process alive; the busy thread does.
      await assert.rejects(hanging, { code: 'overloaded', reason: 'timeout' });
      assert.equal(lane.stats().timedOut, 1);
      assert.match(await lane.run('fine'), /^fine/);
    }));

  test('rests after each job where it has a share of the thread, and does what waits then', () =>
    withLane({ share: 0.001 }, async (lane) => {
      const [first, second] = [lane.run('a'), lane.run('b')];
      await first;
      assert.deepEqual([lane.stats().busy, lane.stats().queued], [0, 1]);
      assert.match(await second, /^b/);
    }));

  test('does not rest where it has the whole thread', () =>
    withLane({}, async (lane) => {
      const [first, second] = [lane.run('a'), lane.run('b')];
      await first;
      assert.deepEqual([lane.stats().busy, lane.stats().queued], [1, 0]);
      await second;
    }));

  test('closes while a thread rests', async () => {
    const lane = createWorkerLane<string, string>({ script, workers: 1, maxQueue: 10, timeoutMs: 0, share: 0.001 });
    const [first, second] = [lane.run('a'), lane.run('b')];
    await first;
    const refused = assert.rejects(second, { code: 'overloaded', reason: 'closed' });
    await lane.close();
    await refused;
  });

  test('refuses a share that is none', () => {
    for (const share of [0, -0.5, 1.01, Number.NaN]) {
      assert.throws(() => createWorkerLane({ script, workers: 1, maxQueue: 1, timeoutMs: 0, share }), TypeError);
    }
  });

  test('refuses what waits when it is closed', async () => {
    const lane = createWorkerLane<string, string>({ script, workers: 1, maxQueue: 10, timeoutMs: 0 });
    const jobs = [lane.run('hang'), lane.run('waits')].map((job) =>
      assert.rejects(job, { code: 'overloaded', reason: 'closed' }),
    );
    await lane.close();
    await Promise.all(jobs);
    assert.equal(lane.stats().workers, 0);
  });
});
