import { Float } from '../values/float.ts';
import type { Run } from './run.ts';
import { refuse } from './run.ts';
import type { JsonSchema } from './schema.ts';
import { numberKeyword, UnsupportedSchemaError, wireRulesOf } from './schema.ts';

type Numeric = number | bigint;

interface Bound {
  holds: (value: Numeric) => boolean;
  type: string;
  key: string;
  phrase: string;
  limit: Numeric;
}

export const boundKeywords = ['multipleOf', 'maximum', 'exclusiveMaximum', 'minimum', 'exclusiveMinimum'] as const;

/** Checks a number against its bounds in Pydantic's order; true when all hold, else one error is recorded. */
export type BoundsCheck = (value: Numeric, place: { input: unknown; run: Run }) => boolean;

/** The bounds of a numeric schema; `asFloat` decides how a limit is shown in `ctx`. NaN satisfies no bound. */
export function compileBounds(schema: JsonSchema, pointer: string, { asFloat }: { asFloat: boolean }): BoundsCheck {
  const bounds = boundKeywords.flatMap((keyword) => {
    const limit = asFloat ? numberKeyword(schema, keyword, pointer) : integerLimit(schema, keyword, pointer);
    return limit === undefined ? [] : [{ ...rule[keyword](limit, { asFloat }), limit }];
  });
  return (value, { input, run }) => {
    const broken = bounds.find((bound) => !bound.holds(value));
    if (broken === undefined) return true;
    const shown = asFloat && Number.isInteger(broken.limit) ? new Float(Number(broken.limit)) : broken.limit;
    const msg = `Input should be ${broken.phrase} ${formatLimit(broken.limit)}`;
    refuse(run, input, { type: broken.type, msg, ctx: { [broken.key]: shown } });
    return false;
  };
}

type BoundRule = (limit: Numeric, options: { asFloat: boolean }) => Omit<Bound, 'limit'>;

const rule: Record<(typeof boundKeywords)[number], BoundRule> = {
  multipleOf: (limit, options) => ({
    holds: (value) => isMultiple(value, limit, options),
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

const ruleOfKeyword = {
  multipleOf: 'multipleOf',
  maximum: 'le',
  exclusiveMaximum: 'lt',
  minimum: 'ge',
  exclusiveMinimum: 'gt',
} as const;

/**
 * OpenAPI shows bounds as floats: 2^63 - 1 as 2^63. A rule may say it exactly; without one a maximum of 2^63 is taken for
 * the greatest integer of 64 bits, which is what people mean.
 */
function integerLimit(
  schema: JsonSchema,
  keyword: (typeof boundKeywords)[number],
  pointer: string,
): Numeric | undefined {
  const exact = wireRulesOf(schema, pointer)[ruleOfKeyword[keyword]];
  const number = numberKeyword(schema, keyword, pointer);
  if (exact === undefined && number === undefined) return undefined;
  if (!/^-?\d+$/.test(exact ?? formatLimit(number ?? 0))) {
    throw new UnsupportedSchemaError(`${pointer}/x-wire/${ruleOfKeyword[keyword]}`, 'expected an integer');
  }
  const limit = BigInt(exact ?? number ?? 0);
  if (exact === undefined && keyword === 'maximum' && limit === 2n ** 63n) return limit - 1n;
  return Number.isSafeInteger(Number(limit)) ? Number(limit) : limit;
}

function isMultiple(value: Numeric, of: Numeric, { asFloat }: { asFloat: boolean }): boolean {
  if (!asFloat) return BigInt(value) % BigInt(of) === 0n;
  // pydantic-core allows for rounding: a billionth around the nearest multiple. For NaN and infinities the difference is
  // NaN, which it takes for none.
  const [float, step] = [Number(value), Number(of)];
  return !(Math.abs(float - Math.round(float / step) * step) > 1e-9);
}

/** Rust's Display of an f64 or i64: the shortest digits that mean the number, never an exponent. */
export function formatLimit(limit: number | bigint): string {
  const text = String(limit);
  const [, sign = '', whole = '', fraction = '', exponent] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(text) ?? [];
  if (exponent === undefined) return text;
  const point = whole.length + Number(exponent);
  const digits = whole + fraction;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  const padded = digits.padEnd(point, '0');
  return padded.length === point ? `${sign}${padded}` : `${sign}${padded.slice(0, point)}.${padded.slice(point)}`;
}
