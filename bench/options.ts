import { parseArgs } from 'node:util';
import { canKeepApart } from './scheduling.ts';

export interface BenchOptions {
  /** Processes of each server, one after the other: the claims are medians over processes, which differ. */
  readonly processes: number;
  readonly rounds: number;
  readonly roundSeconds: number;
  /** Length of a round of logins: 5 s are so long until each of 200 clients has logged in once, at 40 a second. */
  readonly stormSeconds: number;
  readonly warmUpSeconds: number;
  readonly connections: number;
  /** Exit 1 when a target is missed by more than a tenth. */
  readonly check: boolean;
  /** Replace the measured part of bench/README.md. */
  readonly write: boolean;
  /** Leave a CPU profile of our server in .data/bench/profiles; the numbers are then not comparable. */
  readonly profile: boolean;
  /** Leave the FastAPI program out. */
  readonly withoutPython: boolean;
  /** In the logins suite the server's event loop has a core to itself. */
  readonly apart: boolean;
  readonly suites: readonly SuiteName[];
}

export const suiteNames = ['list', 'create', 'logins'] as const;
export type SuiteName = (typeof suiteNames)[number];

export const usage = `npm run bench -- [options]
npm run bench -- migrate [options]: the migration engine, see bench/README.md
npm run bench -- tokens [options]: the check of access tokens
npm run bench -- wire [--quick] [--check] [--write] [--without-python]: the wire alone, see bench/README.md

  --quick            1 process, 3 rounds of 1 s: a look, no claim
  --suite <names>    some of ${suiteNames.join(', ')} (comma-separated; all)
  --processes <n>    processes of each server, one after the other (3)
  --rounds <n>       rounds per process and suite (5)
  --seconds <s>      length of a round (2), of one of logins two and a half times that
  --warm-up <s>      load before the first round, per server and suite (2)
  --connections <n>  keep-alive connections, one request at a time on each (32)
  --check            exit 1 when a target is missed by more than a tenth
  --write            put the result into bench/README.md
  --profile          write a CPU profile of our server to .data/bench/profiles
  --together         logins: nobody has a core to itself, the kernel decides
  --without-python   leave the FastAPI program out
  --help

  TEST_DATABASE_URL  a PostgreSQL server (superuser) to use; else one is started for the run
`;

export class UsageError extends Error {}

/** Undefined: help was asked for. Throws UsageError. */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const values = readArgs(args);
  if (values.help === true) return undefined;
  const quick = values.quick === true;
  const roundSeconds = positive('seconds', values.seconds, quick ? 1 : 2);
  return {
    processes: positive('processes', values.processes, quick ? 1 : 3),
    rounds: positive('rounds', values.rounds, quick ? 3 : 5),
    roundSeconds,
    stormSeconds: roundSeconds * 2.5,
    warmUpSeconds: positive('warm-up', values['warm-up'], quick ? 1 : 2),
    connections: positive('connections', values.connections, 32),
    check: values.check === true,
    write: values.write === true,
    profile: values.profile === true,
    withoutPython: values['without-python'] === true,
    apart: values.together !== true && canKeepApart(),
    suites: parseSuites(values.suite),
  };
}

function readArgs(args: readonly string[]) {
  const flag = { type: 'boolean' } as const;
  const text = { type: 'string' } as const;
  const options = {
    quick: flag,
    check: flag,
    write: flag,
    profile: flag,
    help: flag,
    together: flag,
    'without-python': flag,
    suite: text,
    processes: text,
    rounds: text,
    seconds: text,
    'warm-up': text,
    connections: text,
  } as const;
  try {
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

const wholeNumbers = new Set(['processes', 'rounds', 'connections']);

function positive(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  const valid = value > 0 && Number.isFinite(value) && (Number.isInteger(value) || !wholeNumbers.has(name));
  if (!valid) throw new UsageError(`--${name} must be a positive ${wholeNumbers.has(name) ? 'whole ' : ''}number`);
  return value;
}

function parseSuites(text: string | undefined): readonly SuiteName[] {
  if (text === undefined) return suiteNames;
  return text.split(',').map((name) => {
    const found = suiteNames.find((suite) => suite === name);
    if (found === undefined) throw new UsageError(`--suite knows ${suiteNames.join(', ')}, not "${name}"`);
    return found;
  });
}
