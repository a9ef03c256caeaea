import type { Kind } from './kinds.ts';
import type { Environment } from './types.ts';

/** A default as somebody would write it; null: the variable has no value then. */
export type Default = string | null | Readonly<Record<Environment, string | null>>;

/** Everything there is to know about one variable: loading, checking, docs and `.env.example` come from this. */
export interface Variable<Value = unknown> {
  readonly kind: Kind<NonNullable<Value>>;
  readonly default: Default;
  /** The field of Config or `secrets.…` that it fills; null: it is read for others' sake only. */
  readonly field: string;
  /** One sentence or two, for an operator. */
  readonly help: string;
  /** Other names under which deployments have it, strongest first. */
  readonly aliases?: readonly string[];
  /** Its value is never printed and is taken out of the process environment once read. */
  readonly secret?: boolean;
  /** How to mend it when it is missing or wrong; left out, the accepted form is shown. */
  readonly fix?: string;
  /** What `.env.example` shows instead of the development default. */
  readonly example?: string;
  /** What the docs say instead of "none" when there is no default. */
  readonly withoutDefault?: string;
  /** Two names set to two values are a fault, because nobody can know which one was meant. */
  readonly mustAgree?: boolean;
}

type Spec<Value, D> = Omit<Variable<Value>, 'default' | 'kind'> & { readonly kind: Kind<Value>; readonly default: D };

/** One entry of the table. Without a default in some environment its value can be null. */
export function variable<Value>(spec: Spec<Value, string | Readonly<Record<Environment, string>>>): Variable<Value>;
export function variable<Value>(spec: Spec<Value, Default>): Variable<Value | null>;
export function variable(spec: Variable): Variable {
  return spec;
}

export type ValueOf<V> = V extends Variable<infer Value> ? Value : never;

export function defaultFor(entry: Variable, environment: Environment): string | null {
  return entry.default === null || typeof entry.default === 'string' ? entry.default : entry.default[environment];
}
