import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * This process and all that it starts from now on are one group for Linux's scheduler, as the processes of a container are
 * (cgroups(7)). Elsewhere each session is a group of its own (sched(7), autogroup), and PostgreSQL begins one for each
 * connection: a thread of the server that gives way to everybody would not give way to the database.
 *
 * Undefined, and nothing has changed, where there are no such sessions, or the group is not permitted: only root may.
 * What it returns ends the group; call it when all that was started in it has ended.
 */
export function enterSchedulingGroup(): (() => Promise<void>) | undefined {
  const parent = hasAutogroups() ? findController() : undefined;
  if (parent === undefined) return undefined;
  const group = join(parent, `stanchion-bench-${process.pid}`);
  try {
    mkdirSync(group);
  } catch {
    return undefined; // Not permitted.
  }
  if (hasShares(group)) {
    attempt(() => allowGoingFirst(group));
    attempt(() => moveTo(group));
  }
  const leave = async () => {
    attempt(() => moveTo(parent));
    await remove(group);
  };
  if (!hasAutogroups()) return leave;
  attempt(() => rmdirSync(group));
  return undefined;
}

function attempt(change: () => void): boolean {
  try {
    change();
    return true;
  } catch {
    return false;
  }
}

/** Who has ended counts until its parent has taken note of it. What is left after that belongs to one that has not ended. */
async function remove(group: string): Promise<void> {
  for (let tries = 0; tries < 50; tries += 1) {
    if (attempt(() => rmdirSync(group))) return;
    await sleep(100);
  }
}

/** On, and not switched off by a control group, as services and containers have one. */
export function hasAutogroups(): boolean {
  try {
    const isOn = readFileSync('/proc/sys/kernel/sched_autogroup_enabled', 'utf8').trim() === '1';
    const groups = readFileSync('/proc/self/cgroup', 'utf8').split('\n');
    const cpu = groups.find((line) => isOfCpu(line.split(':')[1])) ?? groups.find((line) => line.startsWith('0:'));
    return isOn && cpu?.endsWith(':/') === true;
  } catch {
    return false; // Another system.
  }
}

/** Where the root of the groups is mounted: those of version 1 for the scheduler, else those of version 2 (proc_pid_mountinfo(5)). */
function findController(): string | undefined {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const found = mounts.map((line) => {
    const [place = '', type = ''] = line.split(' - ');
    const [kind, , options] = type.split(' ');
    return { folder: place.split(' ')[4], kind, options };
  });
  const first = found.find(({ kind, options }) => kind === 'cgroup' && isOfCpu(options));
  return (first ?? found.find(({ kind }) => kind === 'cgroup2'))?.folder;
}

function isOfCpu(controllers: string | undefined): boolean {
  return controllers?.split(',').includes('cpu') === true;
}

/** In version 2 a group is one for the scheduler only where its parent says so. */
function hasShares(group: string): boolean {
  return ['cpu.shares', 'cpu.weight'].some((file) => existsSync(join(group, file)));
}

/** A group of version 1 may not use SCHED_FIFO before it has time for it; microseconds of each second. */
function allowGoingFirst(group: string): void {
  const file = join(group, 'cpu.rt_runtime_us');
  if (existsSync(file)) writeFileSync(file, '500000');
}

function moveTo(group: string): void {
  writeFileSync(join(group, 'cgroup.procs'), String(process.pid));
}
