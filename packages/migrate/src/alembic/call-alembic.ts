import { spawn } from 'node:child_process';
import { MigrationError } from '../errors.ts';
import type { RevisionGraph } from '../graph.ts';
import { type AlembicPart, renderAlembicCommand } from './needs-alembic.ts';

const keptOutput = 4000;

/** Runs Python's Alembic as alembic.json says. Throws `alembic_failed` with the end of its output, and `aborted`. */
export async function callAlembic(graph: RevisionGraph, part: AlembicPart, signal?: AbortSignal): Promise<void> {
  const [program = 'alembic', ...words] = graph.alembic?.command ?? [];
  const command = renderAlembicCommand(graph, part);
  const cwd = graph.alembic?.commandFolder;
  const child = spawn(program, [...words, part.verb, part.target], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
    ...(signal ? { signal } : {}),
  });
  let output = '';
  const keep = (text: Buffer): void => void (output = `${output}${text.toString()}`.slice(-keptOutput));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const ended = await new Promise<{ code: number | null } | { error: Error }>((resolve) => {
    child.once('error', (error) => resolve({ error }));
    child.once('close', (code) => resolve({ code }));
  });
  if (signal?.aborted) throw new MigrationError({ code: 'aborted', message: `stopped as asked, in \`${command}\`` });
  if ('error' in ended) throw failed(`\`${command}\` could not be started: ${ended.error.message}`, ended.error);
  if (ended.code !== 0) throw failed(`\`${command}\` ended with ${ended.code ?? 'a signal'}: ${output.trim()}`);
}

function failed(message: string, cause?: Error): MigrationError {
  const hint = 'alembic.json says how Alembic is called ("command"); it runs in the folder of the ini file.';
  return new MigrationError({ code: 'alembic_failed', message, hint }, cause ? { cause } : {});
}
