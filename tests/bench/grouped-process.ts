import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { enterSchedulingGroup, hasAutogroups } from '../../bench/scheduling-group.ts';

// scheduling-group.test.ts starts this process: it enters a group, starts a process, ends it, and leaves.
const groupOf = (pid: number | undefined) => readFileSync(`/proc/${pid}/cgroup`, 'latin1');
const before = groupOf(process.pid);
const hadAutogroups = hasAutogroups();
const leave = enterSchedulingGroup();
const child = fork(new URL('./waiting-process.ts', import.meta.url));
await once(child, 'message');
const inside = { own: groupOf(process.pid), child: groupOf(child.pid), hasAutogroups: hasAutogroups() };
child.kill('SIGKILL');
await once(child, 'exit');
await leave?.();
process.send?.({ hadAutogroups, hasEntered: leave !== undefined, before, inside, after: groupOf(process.pid) });
process.disconnect?.();
