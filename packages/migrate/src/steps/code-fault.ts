import type { MigrationFault } from '../errors.ts';
import type { Revision, Step } from '../revision.ts';
import { sqlFault } from './sql-fault.ts';

/** What went wrong in a step: PostgreSQL's refusal, or an error of its code. Undefined: neither, so that it is ours. */
export function stepFault(error: unknown, place: { revision: Revision; step: Step }): MigrationFault | undefined {
  const { revision, step } = place;
  const fault = sqlFault(error, place);
  if (!step.code) return fault;
  const at = placeIn(error, revision.file) ?? { line: step.line };
  if (fault) {
    const { line: _, column: __, ...rest } = fault;
    return { ...rest, ...at };
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    ...{ code: 'code_failed', message: `step ${step.name}: ${message}` },
    ...{ file: revision.file, ...at, revision: revision.id, step: step.name },
  };
}

/** The topmost line of the file in an error's stack: types are stripped in place, so that its lines are the file's. */
export function placeIn(error: unknown, file: string): { line: number; column?: number } | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const at = stack.indexOf(`/${file}`);
  if (at === -1) return undefined;
  const [, line, column] = /^[^\s:)]*:(\d+)(?::(\d+))?/.exec(stack.slice(at + 1)) ?? [];
  if (line === undefined) return undefined;
  return { line: Number(line), ...(column === undefined ? {} : { column: Number(column) }) };
}
