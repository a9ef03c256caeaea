import { Worker } from 'node:worker_threads';
import type { LoadJob, LoadOrder, LoadReply, LoadResult } from './jobs.ts';

export interface LoadGenerator {
  /** Several jobs may run at once. Rejects at the first unexpected status and at the first lost connection. */
  run(job: LoadJob): Promise<LoadResult>;
  close(): Promise<void>;
}

/**
 * One thread for the whole run: its code is compiled and warm when the first round begins. `first`: it goes before everybody
 * else on this machine, where that is permitted, so that what it times is the server and not its own wait for a core.
 */
export function startLoadGenerator({
  goes = 'with the others',
}: {
  goes?: 'first' | 'with the others';
} = {}): LoadGenerator {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: { goes } });
  const waiting = new Map<number, PromiseWithResolvers<LoadResult>>();
  let lastId = 0;

  worker.on('message', (message: LoadReply) => {
    const pending = waiting.get(message.id);
    waiting.delete(message.id);
    if ('fault' in message) pending?.reject(new Error(message.fault));
    else pending?.resolve(message.result);
  });
  const failAll = (error: Error) => {
    for (const pending of waiting.values()) pending.reject(error);
    waiting.clear();
  };
  worker.on('error', (error) => failAll(error instanceof Error ? error : new Error(String(error))));
  worker.on('exit', () => failAll(new Error('the load generator has ended')));

  return {
    run(job) {
      lastId += 1;
      const pending = Promise.withResolvers<LoadResult>();
      waiting.set(lastId, pending);
      const order: LoadOrder = { id: lastId, job };
      worker.postMessage(order);
      return pending.promise;
    },
    async close() {
      await worker.terminate();
    },
  };
}
