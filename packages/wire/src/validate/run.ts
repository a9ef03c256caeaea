import type { ErrorItem } from '../errors.ts';

/** What a check returns when it recorded at least one error. */
export const invalid: unique symbol = Symbol('invalid');

/** How close an input was to the type; unions prefer the closest branch (Pydantic's "smart mode"). */
export const exactness = { lax: 0, strict: 1, exact: 2 } as const;
export type Exactness = (typeof exactness)[keyof typeof exactness];

/** The state of one validation: what it found so far. */
export interface Run {
  /** Places are relative to the check that runs, and reversed until {@link finishRun}: a valid input needs none at all. */
  errors: ErrorItem[];
  /** Lists and dictionaries are looked at no further once there are so many errors. */
  readonly maxErrors: number;
  /**
   * Defined where nobody else looks at the input, so that a model may become its own value: what stood in it before, in
   * threes of object, key and value.
   */
  replaced: unknown[] | undefined;
  exactness: Exactness;
  /** Fields that were sent for the models met so far; undefined before the first model. */
  fieldsSet: number | undefined;
}

/** Turns an input into its typed value, or records errors and returns {@link invalid}. */
export type Check = (input: unknown, run: Run) => unknown;

/** A compiled schema and the name under which Pydantic lists it as a union branch. */
export interface Node {
  check: Check;
  label: string;
}

/** More than any client reads; without a bound a body of a megabyte asks for an answer of fifty. */
export const defaultMaxErrors = 1000;

export function startRun(maxErrors: number = defaultMaxErrors): Run {
  return { errors: [], maxErrors, replaced: undefined, exactness: exactness.exact, fieldsSet: undefined };
}

/** The errors of a run whose input stands at `place`, with the input as it was sent. Ends the run. */
export function finishRun(run: Run, place: string): ErrorItem[] {
  restoreInput(run);
  for (const item of run.errors) {
    item.loc.push(place);
    item.loc.reverse();
  }
  return run.errors;
}

/** Changes a member of an input that is its own value. */
export function replaceMember(object: Record<string, unknown>, key: string, value: unknown, replaced: unknown[]): void {
  replaced.push(object, key, object[key]);
  object[key] = value;
}

function restoreInput({ replaced }: Run): void {
  if (replaced === undefined) return;
  for (let at = replaced.length - 3; at >= 0; at -= 3) {
    const object = replaced[at] as Record<string, unknown>; // oxlint-disable-line typescript/no-unsafe-type-assertion -- as replaceMember put it there
    object[String(replaced[at + 1])] = replaced[at + 2];
  }
}

export function floorExactness(run: Run, to: Exactness): void {
  if (run.exactness > to) run.exactness = to;
}

export interface Refusal {
  type: string;
  msg: string;
  ctx?: Record<string, unknown>;
}

/** Records a refusal of `input`. */
export function refuse(run: Run, input: unknown, refusal: Refusal): typeof invalid {
  const item: ErrorItem = { type: refusal.type, loc: [], msg: refusal.msg, input };
  if (refusal.ctx !== undefined) item.ctx = refusal.ctx;
  run.errors.push(item);
  return invalid;
}

/** Runs a check one step deeper. */
export function checkAt(key: string | number, check: Check, { value, run }: { value: unknown; run: Run }): unknown {
  const errorsBefore = run.errors.length;
  const output = check(value, run);
  if (run.errors.length > errorsBefore) placeErrors(run.errors, errorsBefore, key);
  return output;
}

/** Adds a step to the places of the errors from `start` on. */
export function placeErrors(errors: readonly ErrorItem[], start: number, step: string | number): void {
  for (let at = start; at < errors.length; at += 1) errors[at]?.loc.push(step);
}

/** The item for a value that was not sent; `input` is what it was looked for in. */
export function missingItem(loc: (string | number)[], input: unknown): ErrorItem {
  return { type: 'missing', loc, msg: 'Field required', input };
}
