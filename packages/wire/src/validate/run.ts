import type { ErrorItem } from '../errors.ts';
import { rememberKeyOrder, setOwn } from '../json/key-order.ts';
import type { PlainReader } from './plain.ts';

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
  /** Whether nobody else looks at the input, so that a model's input may become its value. */
  ownsInput: boolean;
  /** What stood in such an input before it was changed, last first. */
  replaced: Replaced | undefined;
  exactness: Exactness;
  /** Fields that were sent for the models met so far; undefined before the first model. */
  fieldsSet: number | undefined;
}

/** A member that had a value or, with {@link absent}, none; or the order in which all keys were sent. */
type Replaced = { object: Record<string, unknown>; before: Replaced | undefined } & (
  | { key: string; value: unknown }
  | { keys: readonly string[] }
);

/** Stands in {@link Replaced} for a member that was not there. */
export const absent: unique symbol = Symbol('absent');

/** Turns an input into its typed value, or records errors and returns {@link invalid}. */
export type Check = (input: unknown, run: Run) => unknown;

/** A compiled schema and the name under which Pydantic lists it as a union branch. */
export interface Node {
  check: Check;
  label: string;
  /** What the check would return as it is, and call an exact match; default {@link asIs}.nothing. */
  takes?: number;
  /** The check of all else, where it is a simpler one. */
  checkOther?: Check;
  /** Reads what most clients send; default: nothing but what it takes as it is. */
  readPlain?: PlainReader | undefined;
}

/** Sets of kinds of values, as bits. */
export const asIs = { nothing: 0, text: 1, boolean: 2, null: 4 } as const;

/** Whether the value is of a kind in the set, so that its check need not be called. */
export function isTakenAsIs(value: unknown, takes: number): boolean {
  if (typeof value === 'string') return (takes & asIs.text) !== 0;
  if (typeof value === 'boolean') return (takes & asIs.boolean) !== 0;
  return value === null && (takes & asIs.null) !== 0;
}

/** More than any client reads; without a bound a body of a megabyte asks for an answer of fifty. */
export const defaultMaxErrors = 1000;

export function startRun(maxErrors: number = defaultMaxErrors): Run {
  return {
    errors: [],
    maxErrors,
    ownsInput: false,
    replaced: undefined,
    exactness: exactness.exact,
    fieldsSet: undefined,
  };
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

function restoreInput(run: Run): void {
  for (let replaced = run.replaced; replaced !== undefined; replaced = replaced.before) {
    if ('keys' in replaced) rememberKeyOrder(replaced.object, replaced.keys);
    else if (replaced.value === absent) delete replaced.object[replaced.key];
    else setOwn(replaced.object, replaced.key, replaced.value);
  }
  run.replaced = undefined;
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
