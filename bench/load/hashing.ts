import { fork } from 'node:child_process';
import { once } from 'node:events';

export interface Hashing {
  /** Of the time since the start. */
  rates(): Promise<{ done: number; refused: number }>;
  stop(): void;
}

/** Passwords hashed without a pause by the threads that our server would have for it, in a process that does nothing else. */
export async function startHashing(): Promise<Hashing> {
  const child = fork(new URL('./hashing-child.ts', import.meta.url));
  await Promise.race([once(child, 'message'), once(child, 'exit').then(() => Promise.reject(new Error('no hashing')))]);
  const startedAt = performance.now();
  return {
    async rates() {
      const elapsedMs = performance.now() - startedAt;
      child.send('how many?');
      const [count] = await once(child, 'message');
      return { done: (Number(count) * 1000) / elapsedMs, refused: 0 };
    },
    stop: () => void child.kill('SIGKILL'),
  };
}
