import type { LoadGenerator } from '../load/generator.ts';
import type { LoadRequest } from '../load/jobs.ts';
import type { BenchPostgres } from '../servers/postgres.ts';
import type { RunningServer } from '../servers/server.ts';
import { percentile } from '../statistics.ts';

export interface Lane {
  readonly name: string;
  readonly server: RunningServer;
  readonly requests: readonly LoadRequest[];
}

export interface ThroughputRound {
  readonly perSecond: number;
  /** CPU of the server's process and its descendants, per request. */
  readonly cpuMicros: number | undefined;
  /** CPU of PostgreSQL, what it does in the background included, per request. */
  readonly databaseMicros: number | undefined;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

/** One entry per lane, in the lanes' order; each with its rounds in time order. */
export type ThroughputRounds = ReadonlyMap<string, readonly ThroughputRound[]>;

export interface ThroughputOptions {
  readonly lanes: readonly Lane[];
  readonly generator: LoadGenerator;
  readonly postgres: BenchPostgres;
  readonly rounds: number;
  readonly roundSeconds: number;
  readonly warmUpSeconds: number;
  readonly connections: number;
  readonly status: number;
  readonly assertBody: (body: string) => void;
}

/** All servers are up; one at a time is loaded. Who begins changes from round to round. */
export async function measureThroughput(options: ThroughputOptions): Promise<ThroughputRounds> {
  const { lanes } = options;
  for (const lane of lanes) await loadOnce(options, lane, options.warmUpSeconds);
  const rounds = new Map(lanes.map((lane): [string, ThroughputRound[]] => [lane.name, []]));
  for (let round = 0; round < options.rounds; round += 1) {
    for (const lane of rotate(lanes, round)) {
      await options.postgres.checkpoint();
      rounds.get(lane.name)?.push(await measureRound(options, lane));
    }
  }
  return rounds;
}

export function rotate<Item>(items: readonly Item[], by: number): Item[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

async function measureRound(options: ThroughputOptions, lane: Lane): Promise<ThroughputRound> {
  const before = { server: lane.server.cpuTime(), database: options.postgres.cpuTime() };
  const result = await loadOnce(options, lane, options.roundSeconds);
  const after = { server: lane.server.cpuTime(), database: options.postgres.cpuTime() };
  const perRequest = (start: number | undefined, end: number | undefined) =>
    start === undefined || end === undefined ? undefined : (end - start) / result.requests;
  const latencies = [...result.latenciesMs];
  return {
    perSecond: (result.requests * 1000) / result.elapsedMs,
    cpuMicros: perRequest(before.server, after.server),
    databaseMicros: perRequest(before.database, after.database),
    p50Ms: percentile(latencies, 50),
    p95Ms: percentile(latencies, 95),
    p99Ms: percentile(latencies, 99),
  };
}

async function loadOnce(options: ThroughputOptions, { server, requests }: Lane, seconds: number) {
  const { generator, connections, status, assertBody } = options;
  const { port } = server;
  const job = { kind: 'closed', port, requests, status, durationMs: seconds * 1000, connections } as const;
  const result = await Promise.race([generator.run(job), server.ended]);
  for (const body of result.samples) assertBody(body);
  return result;
}
