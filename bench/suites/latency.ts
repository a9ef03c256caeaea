import type { LoadGenerator } from '../load/generator.ts';
import type { LoadRequest } from '../load/jobs.ts';
import type { RunningServer } from '../servers/server.ts';
import { rotate } from './throughput.ts';

export const loginLevels = [0, 4, 16, 200] as const;
export type LoginLevel = (typeof loginLevels)[number];

export interface LatencyOptions {
  readonly server: RunningServer;
  readonly generator: LoadGenerator;
  readonly routes: readonly { readonly name: string; readonly requests: readonly LoadRequest[] }[];
  /** Each is sent again and again; several at once may be the same user. */
  readonly logins: readonly LoadRequest[];
  readonly rounds: number;
  readonly roundSeconds: number;
}

export interface LatencyLevel {
  readonly logins: LoginLevel;
  /** Of all rounds of one process, by route. */
  readonly latenciesMs: ReadonlyMap<string, readonly number[]>;
  readonly loginsPerSecond: number;
  /** Cheap requests that were answered 503. */
  readonly refused: number;
}

/** Requests a second on each cheap route: little work, and enough of it for a p99. */
const probesPerSecond = 200;
/** So that the logins are all under way before the first cheap request. */
const leadMs = 300;

/** Cheap routes at a fixed rate while 0, 4, 16 and 200 clients log in without a pause. */
export async function measureLatency(options: LatencyOptions): Promise<LatencyLevel[]> {
  const levels = loginLevels.map((logins) => ({
    logins,
    latenciesMs: new Map(options.routes.map((route): [string, number[]] => [route.name, []])),
    rates: [] as number[],
    refused: 0,
  }));
  await warmUp(options);
  for (let round = 0; round < options.rounds; round += 1) {
    for (const level of rotate(levels, round)) {
      const { byRoute, loginsPerSecond } = await measureRound(options, level.logins);
      level.rates.push(loginsPerSecond);
      for (const [route, { latenciesMs, refused }] of byRoute) {
        level.latenciesMs.get(route)?.push(...latenciesMs);
        level.refused += refused;
      }
    }
  }
  return levels.map(({ logins, latenciesMs, rates, refused }) => ({
    logins,
    latenciesMs,
    refused,
    loginsPerSecond: rates.reduce((sum, rate) => sum + rate, 0) / rates.length,
  }));
}

/** Each user logs in once before anything is measured: the first login replaces the incumbent's hash. */
async function warmUp(options: LatencyOptions): Promise<void> {
  const { server, generator, logins } = options;
  const job = { kind: 'closed', port: server.port, status: 200, connections: 1 } as const;
  for (const login of logins) {
    await Promise.race([generator.run({ ...job, requests: [login], durationMs: 1 }), server.ended]);
  }
  await measureRound(options, 4);
}

async function measureRound(options: LatencyOptions, level: LoginLevel) {
  const { server, generator, routes } = options;
  const durationMs = options.roundSeconds * 1000;
  const target = { port: server.port, status: 200 } as const;
  const logins =
    level === 0
      ? undefined
      : generator.run({
          ...target,
          kind: 'closed',
          mayRefuse: true,
          requests: options.logins,
          connections: level,
          durationMs: durationMs + leadMs,
        });
  // Handled below; until then a fault must not count as unhandled.
  logins?.catch(() => undefined);
  await new Promise((settle) => setTimeout(settle, leadMs));
  const probes = routes.map(async ({ name, requests }) => {
    const job = { ...target, kind: 'open', requests, perSecond: probesPerSecond, durationMs, mayRefuse: true } as const;
    return [name, await generator.run(job)] as const;
  });
  const byRoute = await Promise.race([Promise.all(probes), server.ended]);
  const done = await logins;
  return { byRoute, loginsPerSecond: done ? (done.requests * 1000) / done.elapsedMs : 0 };
}
