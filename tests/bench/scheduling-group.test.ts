import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { test } from 'node:test';
import { enterSchedulingGroup } from '../../bench/scheduling-group.ts';

interface Seen {
  hadAutogroups: boolean;
  hasEntered: boolean;
  before: string;
  inside: { own: string; child: string; hasAutogroups: boolean };
  after: string;
}

test('a scheduling group holds who enters it and what that one starts, until it is left', async () => {
  if (process.platform !== 'linux') return assert.equal(enterSchedulingGroup(), undefined);
  const child = fork(new URL('./grouped-process.ts', import.meta.url));
  // grouped-process.ts sends nothing else.
  const seen = await new Promise<Seen>((resolve) => void child.once('message', (message: Seen) => resolve(message)));
  assert.equal(seen.after, seen.before);
  assert.equal(seen.inside.child, seen.inside.own);
  assert.equal(seen.inside.own !== seen.before, seen.hasEntered);
  // Who could not enter has changed nothing; who did is no longer a session among others.
  assert.equal(seen.inside.hasAutogroups, seen.hadAutogroups && !seen.hasEntered);
  const group = /:([^:\n]*stanchion-bench-\d+)$/m.exec(seen.inside.own)?.[1];
  assert.equal(group !== undefined, seen.hasEntered);
  if (seen.hadAutogroups && isWritable('/sys/fs/cgroup/cpu/cgroup.procs')) assert.ok(seen.hasEntered);
  if (group !== undefined) assert.equal(isWritable(`/sys/fs/cgroup/cpu${group}`), false);
});

function isWritable(file: string): boolean {
  try {
    accessSync(file, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
