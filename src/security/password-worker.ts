import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import type { PasswordJob } from './password-jobs.ts';
import { runPasswordJob } from './password-jobs.ts';

// On Linux this nices only the calling thread, so hashing gives way to requests; elsewhere it would be the whole process.
if (process.platform === 'linux') {
  try {
    setPriority(0, 10);
  } catch {
    // Not permitted in this sandbox: hashing then competes as an equal.
  }
}

// Only worker-lane.ts posts here, and only what PasswordHasher gives it.
parentPort?.on('message', (job: PasswordJob) => {
  parentPort?.postMessage(runPasswordJob(job));
});
