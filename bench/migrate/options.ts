import { parseArgs } from 'node:util';
import { UsageError } from '../options.ts';

export const migrateUsage = `npm run bench -- migrate [options]

  --quick            2 rounds instead of 7: a look, no claim
  --rounds <n>       rounds, each tool once in each
  --revisions <n>    revisions of the upgrade (200)
  --check            exit 1 when a target is missed by more than a tenth
  --write            put the result into bench/README.md
  --without-python   leave Alembic out
`;

export interface MigrateBenchOptions {
  readonly rounds: number;
  readonly revisions: number;
  readonly check: boolean;
  readonly write: boolean;
  readonly withoutPython: boolean;
}

/** Throws UsageError. */
export function parseMigrateOptions(args: readonly string[]): MigrateBenchOptions {
  const flag = { type: 'boolean' } as const;
  const text = { type: 'string' } as const;
  const options = {
    ...{ quick: flag, check: flag, write: flag, 'without-python': flag },
    ...{ rounds: text, revisions: text },
  } as const;
  const values = readArgs();
  return {
    rounds: count('rounds', values.rounds, values.quick === true ? 2 : 7),
    revisions: count('revisions', values.revisions, 200),
    check: values.check === true,
    write: values.write === true,
    withoutPython: values['without-python'] === true,
  };

  function readArgs() {
    try {
      return parseArgs({ args: [...args], options, strict: true }).values;
    } catch (error) {
      throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${migrateUsage}`);
    }
  }
}

function count(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new UsageError(`--${name} must be a positive whole number`);
  return value;
}
