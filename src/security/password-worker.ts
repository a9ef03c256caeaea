import { constants, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import type { PasswordJob } from './password-jobs.ts';
import { runPasswordJob } from './password-jobs.ts';

// On Linux this nices only the calling thread, so hashing gives way to requests; elsewhere it would be the whole process. As
// low as it goes: the process itself may run below normal, and a thread on its level would keep a request waiting.
if (process.platform === 'linux') {
  try {
    setPriority(0, constants.priority.PRIORITY_LOW);
  } catch {
    // Not permitted in this sandbox: hashing then competes as an equal.
  }
}

// Only worker-lane.ts posts here, and only what PasswordHasher gives it.
parentPort?.on('message', (job: PasswordJob) => {
  parentPort?.postMessage(runPasswordJob(job));
});
