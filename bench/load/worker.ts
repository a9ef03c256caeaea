import { parentPort } from 'node:worker_threads';
import type { LoadOrder, LoadReply } from './jobs.ts';
import { runLoad } from './loops.ts';

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
