import { isDeepStrictEqual } from 'node:util';
import type { BenchPostgres } from '../servers/postgres.ts';
import { runSql } from '../servers/sql.ts';
import { rotate } from '../suites/throughput.ts';
import type { Contender } from './projects.ts';
import { fingerprintSql } from './statements.ts';
import { type ProcessTime, type ProcessToTime, timeProcess } from './timed-process.ts';

export interface UpgradeTime extends ProcessTime {
  /** CPU of PostgreSQL meanwhile; undefined for a server that is not ours. */
  readonly databaseMs: number | undefined;
}

/** One entry per contender, in their order; each with its rounds in time order. */
export type Rounds<Time> = ReadonlyMap<string, readonly Time[]>;

export interface MigrateRounds {
  readonly upgrade: Rounds<UpgradeTime>;
  readonly current: Rounds<ProcessTime>;
}

export interface MigrateOptions {
  readonly contenders: readonly Contender[];
  /** Start-ups that are measured beside the contenders' own. */
  readonly others: readonly { readonly name: string; readonly process: ProcessToTime }[];
  readonly postgres: BenchPostgres;
  readonly rounds: number;
  readonly say: (progress: string) => void;
  readonly signal: AbortSignal;
}

/** Each round: a new database for each contender, upgraded and then asked. Who begins changes; the first round warms up. */
export async function measureMigrate(options: MigrateOptions): Promise<MigrateRounds> {
  const { contenders, others, rounds, say, signal } = options;
  const upgrade = new Map(contenders.map(({ name }): [string, UpgradeTime[]] => [name, []]));
  const names = [...contenders, ...others].map(({ name }) => name);
  const current = new Map(names.map((name): [string, ProcessTime[]] => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    say(round === 0 ? 'a round without counting, for the caches' : `round ${round} of ${rounds}`);
    const urls = new Map<string, string>();
    const fingerprints: unknown[] = [];
    for (const contender of rotate(contenders, round)) {
      signal.throwIfAborted();
      const url = await options.postgres.createDatabase(databaseOf(contender, round));
      urls.set(contender.name, url);
      const time = await timeUpgrade(options.postgres, contender.upgrade(url));
      if (round > 0) upgrade.get(contender.name)?.push(time);
      fingerprints.push((await runSql(url, fingerprintSql))[0]);
    }
    assertSameSchema(fingerprints);
    const asked = contenders.map((one) => ({ name: one.name, process: one.current(urls.get(one.name) ?? '') }));
    for (const { name, process } of rotate([...asked, ...others], round)) {
      signal.throwIfAborted();
      const time = await timeProcess(process);
      if (round > 0) current.get(name)?.push(time);
    }
  }
  return { upgrade, current };
}

/** Processes in turn, as often as there are rounds, and once before that without counting. */
export async function measureProcesses(
  processes: readonly { readonly name: string; readonly process: ProcessToTime }[],
  { rounds, signal }: { rounds: number; signal: AbortSignal },
): Promise<Rounds<ProcessTime>> {
  const times = new Map(processes.map(({ name }): [string, ProcessTime[]] => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, process } of rotate(processes, round)) {
      signal.throwIfAborted();
      const time = await timeProcess(process);
      if (round > 0) times.get(name)?.push(time);
    }
  }
  return times;
}

async function timeUpgrade(postgres: BenchPostgres, process: ProcessToTime): Promise<UpgradeTime> {
  await postgres.checkpoint();
  const before = postgres.cpuTime();
  const time = await timeProcess(process);
  const after = postgres.cpuTime();
  return { ...time, databaseMs: before === undefined || after === undefined ? undefined : (after - before) / 1000 };
}

/** Throws when one of them left out what another one did. */
export function assertSameSchema(fingerprints: readonly unknown[]): void {
  const [first, ...others] = fingerprints;
  if (others.every((other) => isDeepStrictEqual(other, first))) return;
  throw new Error(`the tools left different schemas: ${fingerprints.map((one) => JSON.stringify(one)).join(', ')}`);
}

/** Dropped at the end of the run alone: a file system is busy for a while after, in the time of whoever comes next. */
function databaseOf({ name }: Contender, round: number): string {
  return `migrate_${name.replaceAll('-', '_')}_${round}`;
}
