import { median, percentile, type Spread, spreadOf } from './statistics.ts';
import type { LatencyLevel } from './suites/latency.ts';
import type { ThroughputRounds } from './suites/throughput.ts';

/** A ratio between two sides of the same run, and what it should be. Absolute numbers are never a claim. */
export interface Claim {
  readonly name: string;
  /** The median of the processes' medians; `min` and `max` are the processes that differ most. */
  readonly ratio: Spread;
  readonly bound: 'at least' | 'at most';
  readonly target: number;
}

export type Verdict = 'met' | 'missed, within a tenth' | 'missed';

export const targets = { ofBare: 0.8, ofFastapi: 20, loginSlowdown: 2 } as const;

/** What may be missing before a gate turns red: the machine that runs it is shared. */
const tolerance = 0.9;

export function judge({ ratio, bound, target }: Claim): Verdict {
  const share = bound === 'at least' ? ratio.median / target : target / ratio.median;
  if (share >= 1) return 'met';
  return share >= tolerance ? 'missed, within a tenth' : 'missed';
}

/** One entry per process of each server. */
export interface Measured {
  readonly list: readonly ThroughputRounds[];
  readonly create: readonly ThroughputRounds[];
  readonly logins: readonly (readonly LatencyLevel[])[];
}

/** What was not measured makes no claim. */
export function makeClaims({ list, create, logins }: Measured): Claim[] {
  return [
    ...throughputClaims('GET /api/tasks', list),
    ...throughputClaims('POST /api/tasks', create),
    ...loginClaims(logins),
  ];
}

/** The quotient of two lanes, round by round, of one process each. Empty when one of them was not measured. */
export function roundRatios(rounds: ThroughputRounds, lane: string, base: string): number[] {
  const above = rounds.get(lane) ?? [];
  const below = rounds.get(base) ?? [];
  return above.flatMap((round, index) => {
    const other = below[index];
    return other ? [round.perSecond / other.perSecond] : [];
  });
}

function throughputClaims(route: string, processes: readonly ThroughputRounds[]): Claim[] {
  const bases = [
    { base: 'bare', target: targets.ofBare },
    { base: 'fastapi', target: targets.ofFastapi },
  ];
  return bases.flatMap(({ base, target }): Claim[] => {
    const medians = processes.map((rounds) => roundRatios(rounds, 'ours', base)).filter((ratios) => ratios.length > 0);
    if (medians.length === 0) return [];
    return [{ name: `${route}: ours ÷ ${base}`, ratio: spreadOf(medians.map(median)), bound: 'at least', target }];
  });
}

function loginClaims(processes: readonly (readonly LatencyLevel[])[]): Claim[] {
  const routes = new Set(processes.flatMap((levels) => levels.flatMap((level) => [...level.latenciesMs.keys()])));
  const storms = ([16, 200] as const).filter((logins) =>
    processes.every((levels) => levels.some((one) => one.logins === logins)),
  );
  return [...routes].flatMap((route) =>
    storms.map(
      (logins): Claim => ({
        name: `${route}: p99 with ${logins} logins ÷ without`,
        ratio: spreadOf(processes.map((levels) => slowdown(levels, route, logins))),
        bound: 'at most',
        target: targets.loginSlowdown,
      }),
    ),
  );
}

/** p99 of a route ÷ that without logins, of one process. */
export function slowdown(levels: readonly LatencyLevel[], route: string, logins: LatencyLevel['logins']): number {
  return p99(levels, route, logins) / p99(levels, route, 0);
}

function p99(levels: readonly LatencyLevel[], route: string, logins: LatencyLevel['logins']): number {
  const level = levels.find((candidate) => candidate.logins === logins);
  return percentile(level?.latenciesMs.get(route) ?? [], 99);
}
