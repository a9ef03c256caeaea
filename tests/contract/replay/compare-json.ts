import { type ExactJson, ExactNumber, findAt, writeExactJson } from './exact-json.ts';
import { fillIn, type Variables } from './placeholders.ts';
import type { CompareRules } from './scenario.ts';

export interface Difference {
  /** `status`, the name of a header, or a path in the body. */
  readonly at: string;
  readonly expected: string;
  readonly actual: string;
  readonly why?: string;
}

export interface JsonContext {
  readonly rules: CompareRules;
  readonly variables: Variables;
  /** The whole answer, for rules that compare its parts with each other. */
  readonly answer: ExactJson;
  readonly nowMs: number;
  /** Told of every fresh timestamp. */
  readonly onTimestamp: (digits: number) => void;
}

const freshMs = 300_000;

/** Keys in any order, numbers by value, nothing missing and nothing more, except where a rule speaks. */
export function compareJson(expected: ExactJson, actual: ExactJson, context: JsonContext, path = ''): Difference[] {
  const { rules } = context;
  if (matches(rules.ignore, path)) return [];
  const differ = (why: string): Difference[] => [
    { at: path || '(body)', expected: shorten(expected), actual: shorten(actual), why },
  ];
  if (matches(rules.uuid, path)) return isUuid(actual) ? [] : differ('is no lower-case UUID with hyphens');
  if (matches(rules.timestamp, path)) return timestampFaults(expected, actual, context).flatMap(differ);
  if (matches(rules.jwt, path)) return tokenFaults(expected, actual, { context, path }).flatMap(differ);

  if (kindOf(expected) !== kindOf(actual)) return differ(`is ${kindOf(actual)}, not ${kindOf(expected)}`);
  if (expected instanceof ExactNumber && actual instanceof ExactNumber) {
    return expected.equals(actual) ? [] : differ('is another number');
  }
  if (Array.isArray(expected) && Array.isArray(actual)) return compareArrays(expected, actual, context, path);
  if (isObject(expected) && isObject(actual)) return compareObjects(expected, actual, context, path);
  return expected === actual ? [] : differ('is another value');
}

function compareObjects(
  expected: Readonly<Record<string, ExactJson>>,
  actual: Readonly<Record<string, ExactJson>>,
  context: JsonContext,
  path: string,
): Difference[] {
  const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  return [...keys].flatMap((key) => {
    const at = path === '' ? key : `${path}.${key}`;
    const want = Object.hasOwn(expected, key) ? expected[key] : undefined;
    const got = Object.hasOwn(actual, key) ? actual[key] : undefined;
    if (want !== undefined && got !== undefined) return compareJson(want, got, context, at);
    const why = want === undefined ? 'has no place in the answer' : 'is missing';
    return [{ at, expected: shorten(want), actual: shorten(got), why }];
  });
}

function compareArrays(
  expected: readonly ExactJson[],
  actual: readonly ExactJson[],
  context: JsonContext,
  path: string,
): Difference[] {
  if (expected.length !== actual.length) {
    const why = `has ${actual.length} items, not ${expected.length}`;
    return [{ at: path || '(body)', expected: shorten([...expected]), actual: shorten([...actual]), why }];
  }
  const at = (index: number) => (path === '' ? `${index}` : `${path}.${index}`);
  const compareItem = (want: ExactJson, got: ExactJson | undefined, index: number) =>
    got === undefined ? [] : compareJson(want, got, context, at(index));
  if (!matches(context.rules.unordered, path)) {
    return expected.flatMap((want, index) => compareItem(want, actual[index], index));
  }
  const left = [...actual];
  return expected.flatMap((want, index) => {
    const found = left.findIndex((got) => compareItem(want, got, index).length === 0);
    if (found >= 0) left.splice(found, 1);
    return found >= 0
      ? []
      : [{ at: at(index), expected: shorten(want), actual: '(no such item)', why: 'is missing in any order' }];
  });
}

function timestampFaults(expected: ExactJson, actual: ExactJson, { nowMs, onTimestamp }: JsonContext): string[] {
  const want = parseTimestamp(expected);
  const got = parseTimestamp(actual);
  if (!want || !got) return ['is no timestamp'];
  onTimestamp(got.digits);
  const faults: string[] = [];
  if (got.zone !== want.zone || got.separator !== want.separator) faults.push('is a timestamp of another form');
  // Exactly zero microseconds are left out: either side may have hit that instant.
  if (got.digits !== want.digits && Math.min(got.digits, want.digits) > 0) faults.push('has another number of digits');
  if (got.digits !== 0 && got.digits !== 6) faults.push(`has ${got.digits} digits of a fraction`);
  if (Math.abs(got.ms - nowMs) > freshMs) faults.push('is not the present in UTC');
  return faults;
}

function parseTimestamp(value: ExactJson) {
  if (typeof value !== 'string') return undefined;
  const found = /^(\d{4}-\d\d-\d\d)([T ])(\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:?\d\d)?$/.exec(value);
  if (!found) return undefined;
  const [, date, separator, time, fraction = '', zone = ''] = found;
  return { separator, zone: zone.slice(0, 1), digits: fraction.length, ms: Date.parse(`${date}T${time}Z`) };
}

function tokenFaults(
  expected: ExactJson,
  actual: ExactJson,
  { context, path }: { context: JsonContext; path: string },
): string[] {
  const want = readClaims(expected);
  const got = readClaims(actual);
  if (!want || !got) return ['is no JWT'];
  const faults: string[] = [];
  for (const [claim, value] of Object.entries(want)) {
    if (!Object.hasOwn(got, claim)) faults.push(`lacks the claim ${claim}`);
    else if (kindOfClaim(got[claim]) !== kindOfClaim(value)) faults.push(`has another type of ${claim}`);
  }
  for (const [claim, rule] of Object.entries(context.rules.claims?.[path] ?? {})) {
    const value = typeof rule !== 'string' ? rule : readClaimRule(rule, context);
    if (got[claim] !== value) faults.push(`has ${claim} ${JSON.stringify(got[claim])}, not ${JSON.stringify(value)}`);
  }
  return faults;
}

function readClaimRule(rule: string, { answer, variables }: JsonContext): ExactJson | undefined {
  return rule.startsWith('@') ? findAt(answer, rule.slice(1)) : fillIn(rule, variables);
}

function readClaims(token: ExactJson): Record<string, unknown> | undefined {
  if (typeof token !== 'string' || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return undefined;
  try {
    const [header, payload] = token
      .split('.', 2)
      .map((part): unknown => JSON.parse(Buffer.from(part, 'base64url').toString()));
    if (typeof header !== 'object' || typeof payload !== 'object' || payload === null) return undefined;
    return Array.isArray(payload) ? undefined : { ...payload };
  } catch {
    return undefined;
  }
}

function kindOfClaim(value: unknown): string {
  return value === null ? 'null' : typeof value;
}

function kindOf(value: ExactJson): string {
  if (value === null) return 'null';
  if (value instanceof ExactNumber) return 'number';
  return Array.isArray(value) ? 'array' : typeof value;
}

function isObject(value: ExactJson): value is Record<string, ExactJson> {
  return kindOf(value) === 'object';
}

function isUuid(value: ExactJson): boolean {
  return typeof value === 'string' && /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/.test(value);
}

function matches(patterns: readonly string[] | undefined, path: string): boolean {
  const steps = path.split('.');
  return (patterns ?? []).some((pattern) => {
    const wanted = pattern.split('.');
    return wanted.length === steps.length && wanted.every((step, at) => step === '*' || step === steps[at]);
  });
}

function shorten(value: ExactJson | undefined): string {
  const text = writeExactJson(value);
  return text.length <= 300 ? text : `${text.slice(0, 300)}… (${text.length} characters)`;
}
