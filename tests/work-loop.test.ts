import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createWorkLoop } from '../src/work-loop.ts';

describe('a work loop', () => {
  test('looks once more when it is woken during its work, and never twice at once', async () => {
    const loop = createWorkLoop({ retryMs: 60_000, onError: (error) => assert.fail(String(error)) });
    let running = 0;
    let looks = 0;
    const gates: (() => void)[] = [];
    loop.start(async () => {
      looks += 1;
      assert.equal((running += 1), 1);
      await new Promise<void>((resolve) => void gates.push(resolve));
      running -= 1;
      return { failed: 0 };
    });
    loop.wake();
    loop.wake();
    gates.shift()?.();
    await new Promise(setImmediate);
    gates.shift()?.();
    await loop.stop();
    assert.equal(looks, 2);
  });

  test('gathers what comes before it looks', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const loop = createWorkLoop({ retryMs: 60_000, gatherMs: 100, onError: (error) => assert.fail(String(error)) });
    let looks = 0;
    loop.start(async () => {
      looks += 1;
      return { failed: 0 };
    });
    for (let count = 0; count < 5; count += 1) loop.wake();
    t.mock.timers.tick(99);
    await new Promise(setImmediate);
    assert.equal(looks, 0);

    t.mock.timers.tick(1);
    await loop.stop();
    assert.equal(looks, 1);
  });

  test('tells its work when it is to end', async () => {
    const loop = createWorkLoop({ retryMs: 60_000, onError: (error) => assert.fail(String(error)) });
    let ended = false;
    loop.start(async (stopping) => {
      await new Promise<void>((resolve) => stopping.addEventListener('abort', () => resolve()));
      ended = true;
      return { failed: 0 };
    });
    await loop.stop();
    assert.ok(ended);
  });

  test('survives a look that fails, and does nothing after its end', async () => {
    const errors: unknown[] = [];
    const loop = createWorkLoop({ retryMs: 60_000, onError: (error) => errors.push(error) });
    let looks = 0;
    loop.start(async () => {
      looks += 1;
      throw new Error('no database');
    });
    await new Promise(setImmediate);
    loop.wake();
    await loop.stop();
    loop.wake();
    assert.equal(errors.length, looks);
    assert.ok(looks >= 1);
  });
});
