import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { preparePython } from '../../../../tests/support/python-environment.ts';
import type { JsonSchema } from '../../src/validate/schema.ts';

export interface Loaded {
  openapi: JsonSchema;
  /** Sources that Python could not declare, by index, and why. */
  refused: Readonly<Record<string, string>>;
}

/** A FastAPI in a process of its own. */
export interface Oracle {
  fastapi: string;
  port: number;
  /** Makes an application of the sources the one that answers. */
  load(application: { preamble: string; sources: readonly string[] }): Promise<Loaded>;
  close(): Promise<void>;
}

/** Starts a FastAPI with exactly the packages of a requirements file. Throws PythonMissing. */
export async function startOracle(requirements = join(import.meta.dirname, 'requirements.txt')): Promise<Oracle> {
  const python = await preparePython('FastAPI', requirements);
  // Detached, so that Ctrl-C is ours to answer; it ends with its standard input, however we end.
  const child = spawn(python, [join(import.meta.dirname, 'server.py')], {
    ...{ stdio: ['pipe', 'pipe', 'inherit'], detached: true },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const read = async (): Promise<unknown> => {
    const line = await lines.next();
    if (line.done === true) throw new Error('the server in Python ended');
    return JSON.parse(line.value);
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- server.py says hello with it
  const { port, fastapi } = (await read()) as { port: number; fastapi: string };
  return {
    fastapi,
    port,
    async load(application) {
      child.stdin.write(`${JSON.stringify(application)}\n`);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the form that server.py documents
      const answer = (await read()) as Loaded | { error: string };
      if ('error' in answer) throw new Error(answer.error);
      return answer;
    },
    close: async () => end(child),
  };
}

async function end(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close');
  child.stdin?.end();
  await closed;
}
