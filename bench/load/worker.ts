import type { LoadOrder, LoadReply } from './jobs.ts';
import { runLoad } from './loops.ts';

// Its parent is generator.ts: it ends this process, or ends itself.
process.on('disconnect', () => process.exit());

// The only sender is generator.ts, which sends nothing else.
process.on('message', (order: LoadOrder) => void serve(order));

async function serve({ id, job }: LoadOrder): Promise<void> {
  reply(
    await runLoad(job).then(
      (result) => ({ id, result }),
      (error: unknown) => ({ id, fault: error instanceof Error ? error.message : String(error) }),
    ),
  );
}

function reply(message: LoadReply): void {
  process.send?.(message);
}
