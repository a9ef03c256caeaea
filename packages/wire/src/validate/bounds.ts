import { Float } from '../values/float.ts';
import type { Run } from './run.ts';
import { refuse } from './run.ts';
import type { JsonSchema } from './schema.ts';
import { numberKeyword } from './schema.ts';

type Numeric = number | bigint;

interface Bound {
  holds: (value: Numeric) => boolean;
  type: string;
  key: string;
  phrase: string;
  limit: number;
}

export const boundKeywords = ['multipleOf', 'maximum', 'exclusiveMaximum', 'minimum', 'exclusiveMinimum'] as const;

/** Checks a number against its bounds in Pydantic's order; true when all hold, else one error is recorded. */
export type BoundsCheck = (value: Numeric, place: { input: unknown; run: Run }) => boolean;

/** The bounds of a numeric schema; `asFloat` decides how a limit is shown in `ctx`. NaN satisfies no bound. */
export function compileBounds(schema: JsonSchema, pointer: string, { asFloat }: { asFloat: boolean }): BoundsCheck {
  const bounds = boundKeywords.flatMap((keyword) => {
    const limit = numberKeyword(schema, keyword, pointer);
    return limit === undefined ? [] : [{ ...rule[keyword](limit), limit }];
  });
  return (value, { input, run }) => {
    const broken = bounds.find((bound) => !bound.holds(value));
    if (broken === undefined) return true;
    const shown = asFloat && Number.isInteger(broken.limit) ? new Float(broken.limit) : broken.limit;
    const msg = `Input should be ${broken.phrase} ${formatLimit(broken.limit)}`;
    refuse(run, input, { type: broken.type, msg, ctx: { [broken.key]: shown } });
    return false;
  };
}

const rule: Record<(typeof boundKeywords)[number], (limit: number) => Omit<Bound, 'limit'>> = {
  multipleOf: (limit) => ({
    holds: (value) => isMultiple(value, limit),
    ...{ type: 'multiple_of', key: 'multiple_of', phrase: 'a multiple of' },
  }),
  maximum: (limit) => ({
    holds: (value) => value <= limit,
    ...{ type: 'less_than_equal', key: 'le', phrase: 'less than or equal to' },
  }),
  exclusiveMaximum: (limit) => ({
    holds: (value) => value < limit,
    ...{ type: 'less_than', key: 'lt', phrase: 'less than' },
  }),
  minimum: (limit) => ({
    holds: (value) => value >= limit,
    ...{ type: 'greater_than_equal', key: 'ge', phrase: 'greater than or equal to' },
  }),
  exclusiveMinimum: (limit) => ({
    holds: (value) => value > limit,
    ...{ type: 'greater_than', key: 'gt', phrase: 'greater than' },
  }),
};

function isMultiple(value: Numeric, of: number): boolean {
  if (typeof value === 'bigint') return value % BigInt(of) === 0n;
  const rest = value % of;
  if (Number.isInteger(value) && Number.isInteger(of)) return rest === 0;
  // pydantic-core allows for rounding: the remainder may be off by a billionth of the value. The remainder of an
  // infinite value is NaN, which it takes for none; so does it take anything below the smallest normal number.
  const threshold = Math.max(Math.abs(value) / 1e9, 2 ** -1022);
  return !(Math.abs(rest) > threshold && Math.abs(rest - of) > threshold);
}

/** Rust's Display of an f64 or i64: never an exponent. */
export function formatLimit(limit: number): string {
  if (Number.isInteger(limit)) return BigInt(limit).toString();
  const text = String(limit);
  return text.includes('e') ? limit.toFixed(20).replace(/0+$/, '') : text;
}
