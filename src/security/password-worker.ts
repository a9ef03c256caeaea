import { parentPort } from 'node:worker_threads';
import type { PasswordJob } from './password-jobs.ts';
import { runPasswordJob } from './password-jobs.ts';
import { giveWay } from './password-priority.ts';

giveWay();

// Only worker-lane.ts posts here, and only what PasswordHasher gives it.
parentPort?.on('message', (job: PasswordJob) => {
  parentPort?.postMessage(runPasswordJob(job));
});
