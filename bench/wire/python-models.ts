import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Work } from './contenders.ts';
import { createAnswer, createBody, listAnswer } from './samples.ts';

export interface PydanticProcess {
  /** Repetitions a second of CPU. */
  measure(work: Work, seconds: number): Promise<number>;
  close(): Promise<void>;
}

/** Pydantic in a process of its own; it works only while it is asked. */
export function startPydantic(python: string): PydanticProcess {
  const child = spawn(python, [join(import.meta.dirname, 'python-models.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child.stdin.write(`${[createBody, JSON.stringify(createAnswer), JSON.stringify(listAnswer)].join('\t')}\n`);
  return {
    async measure(work, seconds) {
      child.stdin.write(`${seconds} ${work}\n`);
      const line = await lines.next();
      if (line.done === true) throw new Error('python-models.py ended');
      return Number(line.value);
    },
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}
