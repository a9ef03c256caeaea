import type { ErrorItem } from '../errors.ts';

/** What a check returns when it recorded at least one error. */
export const invalid: unique symbol = Symbol('invalid');

/** How close an input was to the type; unions prefer the closest branch (Pydantic's "smart mode"). */
export const exactness = { lax: 0, strict: 1, exact: 2 } as const;
export type Exactness = (typeof exactness)[keyof typeof exactness];

/** The state of one validation: where it is, what it found. */
export interface Run {
  errors: ErrorItem[];
  /** Lists and dictionaries are looked at no further once there are so many errors. */
  readonly maxErrors: number;
  path: (string | number)[];
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

export function startRun(path: readonly (string | number)[], maxErrors: number = defaultMaxErrors): Run {
  return { errors: [], maxErrors, path: [...path], exactness: exactness.exact, fieldsSet: undefined };
}

export function floorExactness(run: Run, to: Exactness): void {
  if (run.exactness > to) run.exactness = to;
}

export interface Refusal {
  type: string;
  msg: string;
  ctx?: Record<string, unknown>;
}

/** Records a refusal of `input` at the current place. */
export function refuse(run: Run, input: unknown, refusal: Refusal): typeof invalid {
  const item: ErrorItem = { type: refusal.type, loc: [...run.path], msg: refusal.msg, input };
  if (refusal.ctx !== undefined) item.ctx = refusal.ctx;
  run.errors.push(item);
  return invalid;
}

/** Runs a check one step deeper. */
export function checkAt(key: string | number, check: Check, input: { value: unknown; run: Run }): unknown {
  input.run.path.push(key);
  const output = check(input.value, input.run);
  input.run.path.pop();
  return output;
}

/** The item for a value that was not sent; `input` is what it was looked for in. */
export function missingItem(loc: (string | number)[], input: unknown): ErrorItem {
  return { type: 'missing', loc, msg: 'Field required', input };
}
