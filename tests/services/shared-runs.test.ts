import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSharedRuns } from '../../src/services/shared-runs.ts';

/** Work that ends when it is told to, and answers with how many runs had begun. */
function createWork() {
  const begun: PromiseWithResolvers<number>[] = [];
  const work = () => {
    const run = Promise.withResolvers<number>();
    begun.push(run);
    return run.promise;
  };
  return { work, begun, end: (index: number) => begun[index]?.resolve(index + 1) };
}

describe('shared runs', () => {
  test('give those who come during a run the next one, together', async () => {
    const runs = createSharedRuns<number>();
    const { work, begun, end } = createWork();
    const first = runs.join('token', work);
    const later = [runs.join('token', work), runs.join('token', work)];
    assert.equal(begun.length, 1);

    end(0);
    assert.equal(await first, 1);
    await Promise.resolve();
    end(1);

    assert.deepEqual(await Promise.all(later), [2, 2]);
    assert.equal(begun.length, 2);
  });

  test('give one who comes between two runs the one that has not begun', async () => {
    const runs = createSharedRuns<number>();
    const { work, begun, end } = createWork();
    const first = runs.join('token', work);
    const second = runs.join('token', work);
    const third = first.then(() => runs.join('token', work));

    end(0);
    await first;
    await Promise.resolve();
    await Promise.resolve();
    end(1);

    assert.equal(await second, 2);
    for (let index = 2; index < begun.length; index += 1) end(index);
    assert.ok((await third) >= 2);
  });

  test('keep keys apart, and begin anew when nobody is left', async () => {
    const runs = createSharedRuns<number>();
    const { work, begun, end } = createWork();
    const [one, other] = [runs.join('a', work), runs.join('b', work)];
    assert.equal(begun.length, 2);
    end(0);
    end(1);
    await Promise.all([one, other]);

    const again = runs.join('a', work);
    assert.equal(begun.length, 3);
    end(2);
    assert.equal(await again, 3);
  });

  test('pass a failure to those who shared it, and to nobody else', async () => {
    const runs = createSharedRuns<string>();
    const first = runs.join('token', () => Promise.reject(new Error('planted fault')));
    const second = runs.join('token', () => Promise.resolve('fine'));

    await assert.rejects(first, /planted fault/);
    assert.equal(await second, 'fine');
  });
});
