import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createPasswordHasher } from '../../src/security/passwords.ts';

/** Of every thread of this process, where Linux lists them: proc_pid_stat(5), field 19. */
function niceValues(): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc/self/task').map((thread) => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  });
}

test('passwords are hashed in a thread of the lowest priority, and no other thread becomes slower', async (t) => {
  const before = niceValues();
  const hasher = createPasswordHasher({ memoryKib: 64, iterations: 1, workers: 1 });
  t.after(() => hasher.close());

  await hasher.hash('a test password that is long');

  const lowest = (values: readonly number[]) => values.filter((nice) => nice === 19).length;
  assert.equal(lowest(niceValues()) - lowest(before), process.platform === 'linux' ? 1 : 0);
});
