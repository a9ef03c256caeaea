import { Agent } from 'node:http';
import type { WireProfile } from '../../src/profile.ts';
import type { Verdict } from './compare.ts';
import { compareAnswers } from './compare.ts';
import type { Answer } from './exchange.ts';
import { exchange } from './exchange.ts';
import { generateRequest } from './generate-requests.ts';
import { generateScenario } from './generate-scenario.ts';
import type { Oracle } from './oracle.ts';
import { startOurs } from './our-server.ts';
import { preamble, pythonSource } from './python-source.ts';
import { Random } from './random.ts';
import type { RequestSpec, Scenario } from './spec.ts';

/** One request to both servers and what they said. */
export interface Trial {
  scenario: Scenario;
  request: RequestSpec;
}

export interface Finding extends Trial {
  theirs: Answer;
  ours: Answer;
}

export interface FuzzOptions {
  seed: number;
  cases: number;
  profile?: WireProfile | undefined;
  /** Stops after this many differences. */
  limit?: number;
  progress?: (done: number) => void;
}

export interface FuzzReport {
  cases: number;
  agree: number;
  departures: Map<string, number>;
  statuses: Map<number, number>;
  findings: Finding[];
  /** Schemas that Python refuses to declare, by its reason. */
  refused: Map<string, number>;
}

const scenariosPerBatch = 60;
const requestsPerScenario = 12;
const inFlight = 16;

/** Sends generated requests to both servers until there were enough, or too many differences. */
export async function fuzz(oracle: Oracle, options: FuzzOptions): Promise<FuzzReport> {
  const random = new Random(options.seed);
  const report: FuzzReport = {
    cases: 0,
    agree: 0,
    departures: new Map(),
    statuses: new Map(),
    findings: [],
    refused: new Map(),
  };
  while (report.cases < options.cases && report.findings.length < (options.limit ?? 50)) {
    const scenarios = Array.from({ length: scenariosPerBatch }, (_, index) => generateScenario(index, random));
    await withServers(oracle, { scenarios, profile: options.profile }, async ({ ask, declared, refused }) => {
      for (const reason of refused) report.refused.set(reason, (report.refused.get(reason) ?? 0) + 1);
      const trials = declared.flatMap((scenario) =>
        Array.from({ length: requestsPerScenario }, () => ({ scenario, request: generateRequest(scenario, random) })),
      );
      await forEachInFlight(trials.slice(0, options.cases - report.cases), async (trial) =>
        record(report, await ask(trial)),
      );
    });
    options.progress?.(report.cases);
  }
  return report;
}

function record(report: FuzzReport, finding: Finding & { verdict: Verdict }): void {
  const { verdict, ...rest } = finding;
  report.cases += 1;
  report.statuses.set(rest.theirs.status, (report.statuses.get(rest.theirs.status) ?? 0) + 1);
  if (verdict.kind === 'same') report.agree += 1;
  else if (verdict.kind === 'departs')
    report.departures.set(verdict.rule, (report.departures.get(verdict.rule) ?? 0) + 1);
  else report.findings.push(rest);
}

export type Ask = (trial: Trial) => Promise<Finding & { verdict: Verdict }>;

export interface Servers {
  ask: Ask;
  /** The scenarios that Python could declare, and why it could not declare the others. */
  declared: readonly Scenario[];
  refused: readonly string[];
  port: number;
}

interface ServerSetup {
  scenarios: readonly Scenario[];
  profile?: WireProfile | undefined;
}

/** Loads the scenarios into both servers, hands out a way to ask them, and stops ours. */
export async function withServers<T>(
  oracle: Oracle,
  { scenarios, profile }: ServerSetup,
  use: (servers: Servers) => Promise<T>,
): Promise<T> {
  const { openapi, refused } = await oracle.load({ preamble, sources: scenarios.map(pythonSource) });
  const declared = scenarios.filter((_, index) => refused[index] === undefined);
  const { app, unsupported } = await startOurs(declared, openapi, profile);
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const agents = [new Agent({ keepAlive: true }), new Agent({ keepAlive: true })] as const;
  try {
    return await use({
      declared,
      refused: Object.values(refused),
      port,
      ask: async ({ scenario, request }) => {
        const [theirs, ours] = await Promise.all([
          exchange(oracle.port, request, agents[0]),
          unanswered(unsupported.get(scenario.id)) ?? exchange(port, request, agents[1]),
        ]);
        return { scenario, request, theirs, ours, verdict: compareAnswers(scenario, theirs, ours) };
      },
    });
  } finally {
    for (const agent of agents) agent.destroy();
    await app.close();
  }
}

/** In place of an answer of a route that could not be made. */
function unanswered(reason: string | undefined): Answer | undefined {
  return reason === undefined ? undefined : { status: 0, headers: {}, body: reason };
}

/** Visits all, a few at a time. */
export async function forEachInFlight<T>(list: readonly T[], visit: (item: T) => Promise<void>): Promise<void> {
  const rest = list.values();
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      for (const item of rest) await visit(item);
    }),
  );
}
