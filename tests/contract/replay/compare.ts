import { compareJson, type Difference } from './compare-json.ts';
import { type ExactJson, findAt, parseExactJson } from './exact-json.ts';
import type { Answer } from './exchange.ts';
import { fillIn, type Variables } from './placeholders.ts';
import type { Step } from './scenario.ts';

export interface CompareContext {
  readonly variables: Variables;
  readonly nowMs: number;
  readonly onTimestamp: (digits: number) => void;
}

/** Headers whose value is a set of names, whatever their order and case. */
const setHeaders = new Set(['allow', 'vary', 'access-control-allow-methods', 'access-control-expose-headers']);

/** Everything by which an answer differs from the recorded one. Throws MissingValue. */
export function compareAnswer(step: Step, answer: Answer, context: CompareContext): Difference[] {
  return [...statusFaults(step, answer), ...headerFaults(step, answer, context), ...bodyFaults(step, answer, context)];
}

function statusFaults({ response }: Step, answer: Answer): Difference[] {
  if (response.status === answer.status) return [];
  return [{ at: 'status', expected: String(response.status), actual: `${answer.status} ${answer.body.slice(0, 200)}` }];
}

function headerFaults({ response }: Step, answer: Answer, { variables }: CompareContext): Difference[] {
  const recorded = Object.entries(response.headers ?? {});
  const expected = new Map(recorded.map(([name, value]) => [name.toLowerCase(), fillIn(value, variables)]));
  const names = new Set([...expected.keys(), ...Object.keys(answer.headers)]);
  return [...names].flatMap((name) => {
    const want = expected.get(name);
    const got = answer.headers[name];
    if (want !== undefined && got !== undefined && formOf(name, want) === formOf(name, got)) return [];
    return [{ at: `header ${name}`, expected: want ?? '(absent)', actual: got ?? '(absent)' }];
  });
}

function formOf(name: string, value: string): string {
  if (!setHeaders.has(name)) return value;
  const members = value.split(',').map((member) => member.trim().toLowerCase());
  return [...new Set(members)].toSorted().join();
}

function bodyFaults(step: Step, answer: Answer, context: CompareContext): Difference[] {
  const rules = step.compare ?? {};
  if (rules.mode === 'status') return [];
  const expected = fillIn(step.response.body ?? '', context.variables);
  if (rules.mode === 'bytes') {
    return expected === answer.body
      ? []
      : [{ at: 'bytes', expected: JSON.stringify(expected), actual: JSON.stringify(answer.body.slice(0, 300)) }];
  }
  const recorded = parseExactJson(expected);
  let actual: ExactJson;
  try {
    actual = parseExactJson(answer.body);
  } catch (error) {
    return [{ at: 'body', expected: expected.slice(0, 300), actual: answer.body.slice(0, 300), why: String(error) }];
  }
  const differences = compareJson(recorded, actual, { ...context, rules, answer: actual });
  for (const [path, value] of Object.entries(rules.notEqual ?? {})) {
    if (findAt(actual, path) !== fillIn(value, context.variables)) continue;
    differences.push({ at: path, expected: 'another value', actual: value, why: 'should have changed' });
  }
  return differences;
}
