import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, type TestContext, test } from 'node:test';
import { canGoFirst, canKeepApart, goFirst, keepApart } from '../../bench/scheduling.ts';

describe('keeping apart', () => {
  test('gives the first thread of a server a core that nobody else has', async (t) => {
    const [server, other] = [await startProcess(t), await startProcess(t)];
    if (!canKeepApart()) return assertRefused(server);
    const release = keepApart({ server, others: () => [other] });
    t.after(release);
    const [own] = coresOf(server);
    assert.deepEqual([own?.thread, own?.cores.length], [server, 1]);
    const neighbours = [...coresOf(server).slice(1), ...coresOf(other)].flatMap(({ cores }) => cores);
    assert.ok(neighbours.length > 1 && !neighbours.includes(own?.cores[0] ?? Number.NaN), neighbours.join(' '));
  });

  test('ends for everybody, those who came later included', async (t) => {
    const [server, other] = [await startProcess(t), await startProcess(t)];
    if (!canKeepApart()) return assertRefused(server);
    const before = [...coresOf(server), ...coresOf(other)];
    const listed: number[] = [];
    const release = keepApart({ server, others: () => listed });
    listed.push(other);
    release();
    assert.deepEqual([...coresOf(server), ...coresOf(other)], before);
  });

  test('puts up with processes that have ended, and not with a server that has', async (t) => {
    const [server, ended] = [await startProcess(t), await startProcess(t)];
    process.kill(ended, 'SIGKILL');
    if (!canKeepApart()) return assertRefused(server);
    await waitForEnd(ended);
    keepApart({ server, others: () => [ended] })();
    const before = coresOf(server);
    assert.throws(() => keepApart({ server: ended, others: () => [server] }), /could not tie/);
    assert.deepEqual(coresOf(server), before);
  });
});

test('who goes first is scheduled before everybody, where that is permitted', async (t) => {
  const pid = await startProcess(t);
  const isFirst = goFirst(pid);
  assert.equal(isFirst, canGoFirst());
  // Fields 40 and 41 of proc_pid_stat(5): the priority and the policy, 1 for SCHED_FIFO.
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ');
  assert.deepEqual(fields?.slice(37, 39), isFirst ? ['1', '1'] : ['0', '0']);
});

function assertRefused(server: number): void {
  assert.throws(() => keepApart({ server, others: () => [] }), /could not tie|nothing can be kept apart/);
}

/** A process with several threads that waits; it ends with the test. */
async function startProcess(t: TestContext): Promise<number> {
  const child: ChildProcess = fork(new URL('./waiting-process.ts', import.meta.url));
  t.after(() => child.kill('SIGKILL'));
  await once(child, 'message');
  return child.pid ?? assert.fail('a process without an id');
}

function coresOf(pid: number): { thread: number; cores: number[] }[] {
  const threads = readdirSync(`/proc/${pid}/task`).map(Number);
  return threads.map((thread) => {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'latin1');
    const list = /^Cpus_allowed:\s*(\S+)$/m.exec(status)?.[1]?.replaceAll(',', '') ?? '';
    const mask = BigInt(`0x${list}`);
    const cores = Array.from({ length: 1024 }, (_, core) => core).filter((core) => (mask >> BigInt(core)) & 1n);
    return { thread, cores };
  });
}

async function waitForEnd(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => void setImmediate(resolve));
  }
}
