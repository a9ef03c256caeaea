import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/** The calling thread, and no other, runs when nobody else wants its core. Linux only: elsewhere it would be the whole process. */
export function giveWay(): void {
  if (process.platform !== 'linux') return;
  try {
    // As low as it goes: the process itself may run below normal, and a thread on its level would keep a request waiting.
    setPriority(0, constants.priority.PRIORITY_LOW);
    runWhenIdle(readlinkSync('/proc/thread-self').split('/').at(-1) ?? '');
  } catch {
    // Not permitted in this sandbox: hashing then competes as an equal.
  }
}

/**
 * SCHED_IDLE (sched(7)). The lowest priority alone is not enough: Linux lets a thread finish its slice of three milliseconds
 * whatever its priority, and whoever wakes up on its core waits for that; one of SCHED_IDLE is taken off at once. Node has no
 * call for it, util-linux and BusyBox have a program. Without that program it is left at the lowest priority.
 */
function runWhenIdle(threadId: string): void {
  // An empty environment: no secrets for the child, and the system's own folders instead of PATH.
  spawnSync('chrt', ['-i', '-p', '0', threadId], { env: {}, stdio: 'ignore', timeout: 2000 });
}
