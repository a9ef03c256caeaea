import type { ErrorItem } from '../errors.ts';
import type { Exactness, Node, Run } from './run.ts';
import { asIs, exactness, floorExactness, invalid, placeErrors, startRun } from './run.ts';

/** `Optional[…]`: null stays null; every other value is checked as if the schema were not nullable. */
export function nullable(inner: Node): Node {
  return {
    label: `nullable[${inner.label}]`,
    takes: asIs.null | (inner.takes ?? asIs.nothing),
    checkOther: inner.checkOther ?? inner.check,
    // It has no value for null, which the model takes as it is.
    readPlain: inner.readPlain,
    check: (input, run) => (input === null ? null : inner.check(input, run)),
  };
}

export interface UnionOptions {
  mode: 'smart' | 'left_to_right';
}

/** A union: the first branch that accepts, or in smart mode the one that fits best; else the errors of every branch. */
export function union(branches: readonly Node[], { mode }: UnionOptions): Node {
  return {
    label: `union[${branches.map((branch) => branch.label).join(',')}]`,
    check: (input, run) => (mode === 'smart' ? checkSmart : checkInOrder)(branches, input, run),
  };
}

interface Match {
  value: unknown;
  exactness: Exactness;
  fieldsSet: number | undefined;
}

function checkSmart(branches: readonly Node[], input: unknown, run: Run): unknown {
  const failures: ErrorItem[] = [];
  let best: Match | undefined;
  for (const branch of branches) {
    const match = attempt(branch, input, { run, failures });
    if (match === undefined) continue;
    if (match.exactness === exactness.exact && match.fieldsSet === undefined) return match.value;
    if (best === undefined || isBetter(match, best)) best = match;
  }
  return settle(best, run, failures);
}

function checkInOrder(branches: readonly Node[], input: unknown, run: Run): unknown {
  const failures: ErrorItem[] = [];
  for (const branch of branches) {
    const match = attempt(branch, input, { run, failures });
    if (match !== undefined) return settle(match, run, failures);
  }
  return settle(undefined, run, failures);
}

function settle(match: Match | undefined, run: Run, failures: readonly ErrorItem[]): unknown {
  if (match === undefined) {
    run.errors.push(...failures);
    return invalid;
  }
  floorExactness(run, match.exactness);
  if (match.fieldsSet !== undefined) run.fieldsSet = (run.fieldsSet ?? 0) + match.fieldsSet;
  return match.value;
}

/** One branch on its own: its errors are kept apart, and name the branch after the place. */
function attempt(
  branch: Node,
  input: unknown,
  { run, failures }: { run: Run; failures: ErrorItem[] },
): Match | undefined {
  // The other branches see the same input.
  const attemptRun = startRun(run.maxErrors);
  const value = branch.check(input, attemptRun);
  if (attemptRun.errors.length > 0) {
    placeErrors(attemptRun.errors, 0, branch.label);
    for (const item of attemptRun.errors) failures.push(item);
    return undefined;
  }
  return { value, exactness: attemptRun.exactness, fieldsSet: attemptRun.fieldsSet };
}

// The number of fields that were sent decides first, how exactly the value fits second, the earlier branch last.
function isBetter(match: Match, best: Match): boolean {
  if (match.fieldsSet !== undefined && best.fieldsSet !== undefined && match.fieldsSet !== best.fieldsSet) {
    return match.fieldsSet > best.fieldsSet;
  }
  return match.exactness > best.exactness;
}
