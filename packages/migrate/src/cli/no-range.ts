import { CliError } from './verb.ts';

/** Throws CliError `usage` for a range: only a script begins where it is told, a run where the database is. */
export function assertNoRange(target: string): void {
  if (!target.includes(':')) return;
  throw new CliError(
    'usage',
    `"${target}" is a range, which only --sql takes`,
    `name the target alone: ${target.slice(target.indexOf(':') + 1)}`,
  );
}
