import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadGenerator } from '../load/generator.ts';
import { startHashing } from '../load/hashing.ts';
import type { LoadRequest } from '../load/jobs.ts';
import type { RunningServer } from '../servers/server.ts';
import { rotate } from './throughput.ts';

/**
 * Clients that log in; `elsewhere` is the control: nobody does, and the work of the server's hashing threads is done in a
 * process of its own. What that costs the cheap routes is the machine's, and no server could spare them.
 */
export const loginLevels = [0, 16, 200, 'elsewhere'] as const;
export type LoginLevel = (typeof loginLevels)[number];

export interface LatencyOptions {
  readonly server: RunningServer;
  /** Sends the logins. */
  readonly generator: LoadGenerator;
  /** Sends and times the cheap requests, in a process of its own: what a storm costs its sender is not the server's. */
  readonly probes: LoadGenerator;
  readonly routes: readonly { readonly name: string; readonly requests: readonly LoadRequest[] }[];
  /** Each is sent again and again; several at once may be the same user. */
  readonly logins: readonly LoadRequest[];
  readonly rounds: number;
  readonly roundSeconds: number;
  /** Called when all threads of the server are there: gives each its cores, until what it returns is called. */
  readonly keepApart: () => () => void;
}

export interface LatencyLevel {
  readonly logins: LoginLevel;
  /** Of all rounds of one process, by route. */
  readonly latenciesMs: ReadonlyMap<string, readonly number[]>;
  /** Hashes a second, for `elsewhere`. */
  readonly loginsPerSecond: number;
  /** Logins that were refused: their clients came back when they were told to. */
  readonly refusedPerSecond: number;
  /** Cheap requests that were answered 503. */
  readonly refused: number;
}

/** Requests a second on each cheap route: little work, and enough of it for a p99. */
const probesPerSecond = 200;
const warmUpRounds = 3;
/** The cheap requests are under way before each round: it pays neither for their connections nor for what the one before left behind. */
const leadMs = 300;

/** Cheap routes at a fixed rate while 0, 16 and 200 clients log in, without a pause unless they are refused. */
export async function measureLatency(options: LatencyOptions): Promise<LatencyLevel[]> {
  const levels = loginLevels.map((logins) => ({
    logins,
    latenciesMs: new Map(options.routes.map((route): [string, number[]] => [route.name, []])),
    rates: [] as LoginRates[],
    refused: 0,
  }));
  await warmUp(options);
  const release = options.keepApart();
  try {
    for (let round = 0; round < options.rounds; round += 1) {
      for (const level of rotate(levels, round)) addRound(level, await measureRound(options, level.logins));
    }
  } finally {
    release();
  }
  return levels.map(({ logins, latenciesMs, rates, refused }) => ({
    logins,
    latenciesMs,
    refused,
    loginsPerSecond: mean(rates.map(({ done }) => done)),
    refusedPerSecond: mean(rates.map((rate) => rate.refused)),
  }));
}

/**
 * Each user logs in once before anything is measured: the first login replaces the incumbent's hash. Then the cheap routes
 * and logins run until their code is compiled, because each function that V8 compiles takes a core from everybody for
 * milliseconds, and of the database's answers so many met one that their p99 without logins was twice as high.
 */
async function warmUp(options: LatencyOptions): Promise<void> {
  const { server, generator, logins, routes, roundSeconds } = options;
  const job = { kind: 'closed', port: server.port, status: 200, connections: 1 } as const;
  for (const login of logins) {
    await Promise.race([generator.run({ ...job, requests: [login], durationMs: 1 }), server.ended]);
  }
  for (const { requests } of routes) {
    const hot = { ...job, requests, connections: 8, durationMs: roundSeconds * 1000 };
    await Promise.race([generator.run(hot), server.ended]);
  }
  for (let round = 0; round < warmUpRounds; round += 1) {
    // Refusals have code of their own.
    for (const storm of [16, 200] as const) await measureRound(options, storm);
  }
}

interface LoginRates {
  readonly done: number;
  readonly refused: number;
}

interface Level {
  readonly latenciesMs: ReadonlyMap<string, number[]>;
  readonly rates: LoginRates[];
  refused: number;
}

function addRound(level: Level, { byRoute, rates }: Awaited<ReturnType<typeof measureRound>>): void {
  level.rates.push(rates);
  for (const [route, { latenciesMs, refused }] of byRoute) {
    level.latenciesMs.get(route)?.push(...latenciesMs);
    level.refused += refused;
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

async function measureRound(options: LatencyOptions, level: LoginLevel) {
  const durationMs = options.roundSeconds * 1000;
  const hashing = level === 'elsewhere' ? await startHashing() : undefined;
  try {
    const probing = Promise.all(probe(options, durationMs));
    await Promise.race([sleep(leadMs), probing, options.server.ended]);
    // Connecting and the first wave of logins count as well.
    const storm = hashing ?? startLogins(options, level === 'elsewhere' ? 0 : level, durationMs);
    const byRoute = await Promise.race([probing, options.server.ended]);
    return { byRoute, rates: await storm.rates() };
  } finally {
    hashing?.stop();
  }
}

function probe({ server, probes, routes }: LatencyOptions, durationMs: number) {
  const common = { kind: 'open', port: server.port, status: 200, mayRefuse: true } as const;
  return routes.map(async ({ name, requests }) => {
    const result = await probes.run({ ...common, requests, perSecond: probesPerSecond, leadMs, durationMs });
    return [name, result] as const;
  });
}

function startLogins({ server, generator, logins }: LatencyOptions, connections: number, durationMs: number) {
  if (connections === 0) return { rates: async () => ({ done: 0, refused: 0 }) };
  const target = { kind: 'closed', port: server.port, status: 200, mayRefuse: true } as const;
  const running = generator.run({ ...target, requests: logins, connections, durationMs });
  // Handled below; until then a fault must not count as unhandled.
  running.catch(() => undefined);
  return {
    async rates() {
      const { requests, refused, elapsedMs } = await running;
      return { done: (requests * 1000) / elapsedMs, refused: (refused * 1000) / elapsedMs };
    },
  };
}
