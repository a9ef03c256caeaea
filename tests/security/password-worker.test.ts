import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createPasswordHasher } from '../../src/security/passwords.ts';

/** A field of every thread of this process, where Linux lists them, by its number in proc_pid_stat(5). */
function threadsField(number: number): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc/self/task').map((thread) => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[number - 3]);
  });
}

const niceValues = () => threadsField(19);
const idlePolicies = () => threadsField(41).filter((policy) => policy === 5).length;

test('passwords are hashed in a thread of the lowest priority, and no other thread becomes slower', async (t) => {
  const before = niceValues();
  const idleBefore = idlePolicies();
  const hasher = createPasswordHasher({ memoryKib: 64, iterations: 1, workers: 1 });
  t.after(() => hasher.close());

  await hasher.hash('a test password that is long');

  const lowest = (values: readonly number[]) => values.filter((nice) => nice === 19).length;
  assert.equal(lowest(niceValues()) - lowest(before), process.platform === 'linux' ? 1 : 0);
  const hasProgram = ['/bin/chrt', '/usr/bin/chrt'].some((file) => existsSync(file));
  assert.equal(idlePolicies() - idleBefore, process.platform === 'linux' && hasProgram ? 1 : 0);
});
