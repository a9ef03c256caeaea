import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { LoadOrder, LoadReply } from './jobs.ts';
import { runLoad } from './loops.ts';

// generator.ts starts this thread. On Linux the priority is the thread's alone.
if (process.platform === 'linux' && workerData?.goes === 'first') {
  try {
    setPriority(0, constants.priority.PRIORITY_HIGHEST);
  } catch {
    // Only root may: then its waits for a core are in what it measures.
  }
}

// The only sender is generator.ts, which sends nothing else.
parentPort?.on('message', (order: LoadOrder) => void serve(order));

async function serve({ id, job }: LoadOrder): Promise<void> {
  reply(
    await runLoad(job).then(
      (result) => ({ id, result }),
      (error: unknown) => ({ id, fault: error instanceof Error ? error.message : String(error) }),
    ),
  );
}

function reply(message: LoadReply): void {
  parentPort?.postMessage(message);
}
