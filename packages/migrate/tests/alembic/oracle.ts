import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { preparePython } from '../../../../tests/support/python-environment.ts';
import type { RevisionLinks } from '../../src/graph/revision-map.ts';

export type Question =
  | { op: 'find'; target: string }
  | { op: 'range'; lower: string; upper: string }
  | { op: 'upgrade' | 'downgrade' | 'stamp'; heads: readonly string[]; target: string };

export interface GraphCase {
  revisions: readonly RevisionLinks[];
  questions: readonly Question[];
}

/** Python's answer: a result, or the exception. */
export type OracleAnswer = { ok: unknown } | { error: string; message: string };

export interface OracleReply {
  graph: OracleAnswer;
  answers: OracleAnswer[];
}

export interface Oracle {
  version: string;
  ask(graphCase: GraphCase): Promise<OracleReply>;
  close(): Promise<void>;
}

/** One Python process that answers question after question. Throws PythonMissing. */
export async function startOracle(): Promise<Oracle> {
  const child = spawn(
    await preparePython('Alembic', join(import.meta.dirname, 'requirements.txt')),
    [join(import.meta.dirname, 'oracle.py')],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const read = async (): Promise<unknown> => {
    const line = await lines.next();
    if (line.done === true) throw new Error('the oracle ended');
    return JSON.parse(line.value);
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- oracle.py says hello with it
  const { alembic } = (await read()) as { alembic: string };
  return {
    version: alembic,
    async ask(graphCase) {
      child.stdin.write(`${JSON.stringify(graphCase)}\n`);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the form that oracle.py documents
      return (await read()) as OracleReply;
    },
    close: async () => end(child),
  };
}

async function end(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close');
  child.stdin?.end();
  await closed;
}
