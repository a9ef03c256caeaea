import { fork } from 'node:child_process';
import { once } from 'node:events';
import { goFirst } from '../scheduling.ts';
import type { LoadJob, LoadOrder, LoadReply, LoadResult } from './jobs.ts';

export interface LoadGenerator {
  /** Several jobs may run at once. Rejects at the first unexpected status and at the first lost connection. */
  run(job: LoadJob): Promise<LoadResult>;
  /** It was asked to go first, and that was permitted. */
  readonly goesFirst: boolean;
  close(): Promise<void>;
}

/**
 * One process for the whole run: its code is compiled and warm when the first round begins. `first`: it goes before everybody
 * else on this machine, where that is permitted, so that what it times is the server and not its own wait for a core.
 */
export function startLoadGenerator({
  goes = 'with the others',
}: {
  goes?: 'first' | 'with the others';
} = {}): LoadGenerator {
  const child = fork(new URL('./worker.ts', import.meta.url), {
    // One that goes first must not wait for V8's helpers: it spins, and they would want its core.
    execArgv: goes === 'first' ? ['--single-threaded'] : [],
    serialization: 'advanced',
  });
  const goesFirst = goes === 'first' && child.pid !== undefined && goFirst(child.pid);
  const waiting = new Map<number, PromiseWithResolvers<LoadResult>>();
  let lastId = 0;

  // worker.ts sends nothing else.
  child.on('message', (message: LoadReply) => {
    const pending = waiting.get(message.id);
    waiting.delete(message.id);
    if ('fault' in message) pending?.reject(new Error(message.fault));
    else pending?.resolve(message.result);
  });
  const failAll = (error: Error) => {
    for (const pending of waiting.values()) pending.reject(error);
    waiting.clear();
  };
  child.on('error', failAll);
  child.on('exit', () => failAll(new Error('the load generator has ended')));

  return {
    goesFirst,
    run(job) {
      lastId += 1;
      const pending = Promise.withResolvers<LoadResult>();
      waiting.set(lastId, pending);
      const order: LoadOrder = { id: lastId, job };
      child.send(order);
      return pending.promise;
    },
    async close() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}
