import { parentPort, threadId } from 'node:worker_threads';

// Stands in for the password worker where a test needs one that fails: see worker-lane.test.ts.
parentPort?.on('message', (job: string) => {
  if (job === 'crash') throw new Error('a planted crash');
  if (job === 'exit') process.exit(3);
  if (job === 'hang') return;
  parentPort?.postMessage(`${job} by ${threadId}`);
});
