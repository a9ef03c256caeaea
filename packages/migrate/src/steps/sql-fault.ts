import type { MigrationFault } from '../errors.ts';
import type { Revision, Step } from '../revision.ts';
import { isRetryable, parseServerError, type ServerError } from '../sqlstate.ts';

/** Undefined when the error did not come from PostgreSQL. */
export function sqlFault(error: unknown, place: { revision: Revision; step: Step }): MigrationFault | undefined {
  const server = parseServerError(error);
  if (!server) return undefined;
  const { revision, step } = place;
  const hint = hintOf(server);
  return {
    code: isRetryable(server.sqlstate) ? 'object_locked' : 'sql_failed',
    message: `step ${step.name}: ${[server.message, ...contextOf(server)].join(' ')}`,
    file: revision.file,
    ...locate(step, server.position),
    revision: revision.id,
    step: step.name,
    sqlstate: server.sqlstate,
    ...(hint === undefined ? {} : { hint }),
  };
}

/** PostgreSQL counts characters from 1, over the whole text that was sent; JavaScript's strings count UTF-16 units. */
function locate(step: Step, position: number | undefined): { line: number; column?: number } {
  if (step.column === null) return { line: step.line };
  if (position === undefined) return { line: firstLine(step) };
  let line = step.line;
  let column = step.column ?? 1;
  let left = position - 1;
  for (const character of step.sql) {
    if (left === 0) break;
    left -= 1;
    if (character === '\n') {
      line += 1;
      column = 1;
    } else column += 1;
  }
  return { line, column };
}

function firstLine(step: Step): number {
  const lines = step.sql.split('\n');
  const found = lines.findIndex((text) => text.trim() !== '' && !text.trimStart().startsWith('--'));
  return step.line + Math.max(0, found);
}

/** What it says beside the message; where neither detail nor hint tells more, the statement inside a function that failed. */
function contextOf({ detail, hint, where }: ServerError): string[] {
  const place = detail === undefined && hint === undefined ? where?.split('\n')[0] : undefined;
  return [detail, place].flatMap((one) => (one === undefined ? [] : [`(${one})`]));
}

function hintOf(server: ServerError): string | undefined {
  if (server.hint !== undefined) return server.hint;
  return server.sqlstate === '55P03'
    ? 'A long transaction holds the table. Run again when it has ended; see pg_locks and pg_stat_activity.'
    : undefined;
}
