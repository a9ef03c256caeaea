import { readdirSync, readFileSync } from 'node:fs';

/** Microseconds of CPU, user and system, that a process and its descendants have used; undefined without proc(5). */
export function readCpuTime(rootPid: number): number | undefined {
  const processes = listProcesses();
  if (!processes.has(rootPid)) return undefined;
  let ticks = 0;
  for (const [pid, entry] of processes) {
    if (!descendsFrom(pid, rootPid, processes)) continue;
    // What ended children have used is in their parent's record.
    ticks += entry.ownTicks + entry.endedChildrenTicks;
  }
  return (ticks * 1_000_000) / ticksPerSecond;
}

/** A process and all that descend from it; only itself without proc(5). */
export function listFamily(rootPid: number): number[] {
  const processes = listProcesses();
  return [rootPid, ...[...processes.keys()].filter((pid) => pid !== rootPid && descendsFrom(pid, rootPid, processes))];
}

/** Microseconds of CPU that children of this process have used which have ended; undefined without proc(5). */
export function readEndedChildrenTime(): number | undefined {
  const own = readProcess(process.pid);
  return own && (own.endedChildrenTicks * 1_000_000) / ticksPerSecond;
}

/** USER_HZ, 100 on every Linux that Node runs on (time(7)). */
const ticksPerSecond = 100;

interface ProcessEntry {
  readonly parent: number;
  readonly ownTicks: number;
  readonly endedChildrenTicks: number;
}

function listProcesses(): Map<number, ProcessEntry> {
  const processes = new Map<number, ProcessEntry>();
  for (const pid of processIds()) {
    const entry = readProcess(pid);
    if (entry) processes.set(pid, entry);
  }
  return processes;
}

function processIds(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function readProcess(pid: number): ProcessEntry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may hold spaces; after it come state (field 3) and the parent (4); see proc_pid_stat(5).
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [, parent = 0] = fields;
    const [user = 0, system = 0, childrenUser = 0, childrenSystem = 0] = fields.slice(11, 15);
    return { parent, ownTicks: user + system, endedChildrenTicks: childrenUser + childrenSystem };
  } catch {
    return undefined; // It has ended since it was listed.
  }
}

function descendsFrom(pid: number, rootPid: number, processes: ReadonlyMap<number, ProcessEntry>): boolean {
  for (let current = pid; current > 1; current = processes.get(current)?.parent ?? 0) {
    if (current === rootPid) return true;
  }
  return false;
}
