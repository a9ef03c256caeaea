import { setTimeout as pause } from 'node:timers/promises';
import { compareAnswer } from './compare.ts';
import type { Difference } from './compare-json.ts';
import { findAt, parseExactJson } from './exact-json.ts';
import { type Answer, curlLine, exchange } from './exchange.ts';
import { judge, type LedgerEntry, type Verdict } from './ledger.ts';
import { fillIn, MissingValue, mintToken, type Variables } from './placeholders.ts';
import type { RecordedRequest, Scenario, Step } from './scenario.ts';

export interface PlayOptions {
  readonly base: string;
  /** The server's HMAC secret, for scenarios that make their own tokens. */
  readonly secret: string;
  readonly ledger: readonly LedgerEntry[];
  readonly timeoutMs?: number;
}

export interface Played {
  readonly steps: readonly PlayedStep[];
  /** The number of fraction digits of every fresh timestamp. */
  readonly timestampDigits: readonly number[];
}

export interface PlayedStep {
  readonly id: string;
  readonly verdict: Verdict;
  readonly differences: readonly Difference[];
  /** Undefined when the request could not be made. */
  readonly curl: string | undefined;
}

/** Sends a scenario's requests in order and judges each answer. The database is in the scenario's state before. */
export async function play(scenario: Scenario, options: PlayOptions): Promise<Played> {
  const base = options.base.replace(/\/+$/, '');
  const variables: Variables = new Map([['base', base]]);
  const timestampDigits: number[] = [];
  const steps: PlayedStep[] = [];
  for (const step of scenario.steps) {
    const onTimestamp = (digits: number) => void timestampDigits.push(digits);
    steps.push(await playStep(step, { ...options, base, variables, onTimestamp }));
  }
  return { steps, timestampDigits };
}

/** What is not as recorded and not waived, for people to read. */
export function describeFailures(scenario: Scenario, { steps }: Played): string {
  const failures = steps.filter(({ verdict }) => verdict === 'different');
  return failures
    .map(({ id, differences, curl }) => {
      const lines = differences.map(
        ({ at, expected, actual, why }) =>
          `  ${at}${why ? ` ${why}` : ''}\n    expected ${expected}\n    actual   ${actual}`,
      );
      return [`${scenario.name} › ${id}`, ...lines, `  ${curl ?? '(never sent)'}`].join('\n');
    })
    .join('\n');
}

interface StepContext extends PlayOptions {
  readonly variables: Variables;
  readonly onTimestamp: (digits: number) => void;
}

async function playStep(step: Step, context: StepContext): Promise<PlayedStep> {
  const { variables, ledger } = context;
  let request: RecordedRequest | undefined;
  let answer: Answer | undefined;
  let differences: readonly Difference[];
  try {
    for (const [name, recipe] of Object.entries(step.mint ?? {})) {
      variables.set(name, mintToken(recipe, context.secret, variables));
    }
    request = fillRequest(step.request, variables);
    // The recording had this pause: timestamps of neighbouring rows must differ.
    if (step.wait_ms !== undefined) await pause(step.wait_ms);
    const received = await exchange(context.base, request, context.timeoutMs);
    differences = compareAnswer(step, received, { ...context, nowMs: Date.now() });
    answer = received;
    capture(step, received, variables);
  } catch (error) {
    differences = [{ at: 'request', expected: `status ${step.response.status}`, actual: String(error) }];
    if (!(error instanceof MissingValue))
      return { id: step.id, verdict: 'different', differences, curl: lineOf(context, request) };
  }
  return { id: step.id, ...judge({ quirk: step.quirk, differences, answer }, ledger), curl: lineOf(context, request) };
}

function lineOf({ base }: StepContext, request: RecordedRequest | undefined): string | undefined {
  return request && curlLine(base, request);
}

function fillRequest(request: RecordedRequest, variables: Variables): RecordedRequest {
  const headers = Object.entries(request.headers ?? {}).map(([name, value]) => {
    return [name, typeof value === 'string' ? fillIn(value, variables) : value.map((one) => fillIn(one, variables))];
  });
  return {
    ...request,
    path: fillIn(request.path, variables),
    headers: Object.fromEntries(headers),
    body: typeof request.body === 'string' ? fillIn(request.body, variables) : null,
  };
}

/** A value that is not there is forgotten, so that a later step cannot go on with an older one. */
function capture(step: Step, answer: Answer, variables: Variables): void {
  for (const [name, path] of Object.entries(step.capture ?? {})) {
    variables.delete(name);
    const value = findText(answer.body, path);
    if (value !== undefined) variables.set(name, value);
  }
}

function findText(body: string, path: string): string | undefined {
  try {
    const value = findAt(parseExactJson(body), path);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
