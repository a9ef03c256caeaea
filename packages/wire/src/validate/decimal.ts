import { Decimal, isDecimalMultiple, parseDecimal } from '../values/decimal.ts';
import { Float, formatPythonFloat } from '../values/float.ts';
import { boundKeywords, formatLimit } from './bounds.ts';
import type { invalid, Node, Refusal, Run } from './run.ts';
import { exactness, floorExactness, refuse } from './run.ts';
import type { JsonSchema, WireRules } from './schema.ts';
import { assertKnownKeywords, isSchema, numberKeyword, UnsupportedSchemaError, wireRulesOf } from './schema.ts';
import { orders } from './temporal-rules.ts';

/** Pydantic's pattern of a Decimal's text starts with this; a text with bounds on its digits goes on differently. */
const decimalPattern = '^(?!^[-+.]*$)[+-]?0*';

/** Whether these neighbours in an `anyOf` are what Pydantic shows for one Decimal. */
export function isDecimalPair(number: JsonSchema | undefined, text: JsonSchema | undefined): boolean {
  return number?.type === 'number' && text !== undefined && isDecimalText(text);
}

/** What Pydantic shows for a Decimal in an answer, and as the second half of one in a request. */
export function isDecimalText(schema: JsonSchema): boolean {
  return schema.type === 'string' && typeof schema.pattern === 'string' && schema.pattern.startsWith(decimalPattern);
}

/** `Decimal`: numbers and texts, exactly; the value is a Decimal. Bounds come from `schema`, exact ones from `rules`. */
export function compileDecimal(schema: JsonSchema, pointer: string, rules: WireRules): Node {
  assertKnownKeywords(schema, pointer, ['type', ...boundKeywords]);
  const bounds = compileDecimalBounds(schema, pointer, rules);
  const strict = rules.strict === true;
  return {
    label: 'decimal',
    check: (input, run) => {
      if (!(input instanceof Decimal)) {
        floorExactness(run, exactness.lax);
        if (strict) return refuse(run, input, notAnInstance);
      }
      const value = readDecimal(input, run);
      if (!(value instanceof Decimal)) return value;
      const refusal = refuseSize(value, rules) ?? bounds(value);
      return refusal === undefined ? value : refuse(run, input, refusal);
    },
  };
}

const notAnInstance = {
  type: 'is_instance_of',
  msg: 'Input should be an instance of Decimal',
  ctx: { class: 'Decimal' },
};
const wrongType = {
  type: 'decimal_type',
  msg: 'Decimal input should be an integer, float, string or Decimal object',
};

function readDecimal(input: unknown, run: Run): Decimal | typeof invalid {
  if (input instanceof Decimal) return input;
  const text = textOf(input);
  if (text === undefined) return refuse(run, input, wrongType);
  const value = parseDecimal(text);
  if (value === 'not finite') {
    return refuse(run, input, { type: 'finite_number', msg: 'Input should be a finite number' });
  }
  return value ?? refuse(run, input, { type: 'decimal_parsing', msg: 'Input should be a valid decimal' });
}

function textOf(input: unknown): string | undefined {
  if (typeof input === 'string') return input;
  if (typeof input === 'bigint') return input.toString();
  const isFloat = input instanceof Float;
  if (!isFloat && typeof input !== 'number') return undefined;
  const number = isFloat ? input.value : input;
  if (!Number.isFinite(number)) return 'nan';
  return isFloat || !Number.isInteger(number) ? formatPythonFloat(number) : BigInt(number).toString();
}

/** Each limit has to be broken twice: by the number as it was sent, and as Python's `normalize()` rounds and shortens it. */
function refuseSize(value: Decimal, { maxDigits, decimalPlaces }: WireRules): Refusal | undefined {
  if (maxDigits === undefined && decimalPlaces === undefined) return undefined;
  const sizes = [value.size, value.roundToContext().normalize().size];
  if (maxDigits !== undefined && sizes.every((size) => size.digits > maxDigits)) {
    return tooMany('decimal_max_digits', 'max_digits', { limit: maxDigits, what: 'digit', where: 'in total' });
  }
  if (decimalPlaces === undefined) return undefined;
  if (sizes.every((size) => size.decimals > decimalPlaces)) {
    return tooMany('decimal_max_places', 'decimal_places', { limit: decimalPlaces, what: 'decimal place' });
  }
  const limit = maxDigits === undefined ? undefined : Math.max(maxDigits - decimalPlaces, 0);
  if (limit === undefined || !sizes.every((size) => size.digits - size.decimals > limit)) return undefined;
  return tooMany('decimal_whole_digits', 'whole_digits', { limit, what: 'digit', where: 'before the decimal point' });
}

function tooMany(
  type: string,
  key: string,
  { limit, what, where }: { limit: number; what: string; where?: string },
): Refusal {
  const place = where === undefined ? '' : ` ${where}`;
  const msg = `Decimal input should have no more than ${limit} ${what}${limit === 1 ? '' : 's'}${place}`;
  return { type, msg, ctx: { [key]: limit } };
}

function compileDecimalBounds(
  schema: JsonSchema,
  pointer: string,
  rules: WireRules,
): (value: Decimal) => Refusal | undefined {
  const multiple = limitOf(rules.multipleOf, { schema, pointer, keyword: 'multipleOf' });
  const bounds = orders.flatMap(({ key, keyword, phrase, type, holds }) => {
    const limit = limitOf(rules[key], { schema, pointer, keyword });
    if (limit === undefined) return [];
    const refusal = { type, msg: `Input should be ${phrase} ${limit.toString()}`, ctx: { [key]: shownLimit(limit) } };
    return [{ refusal, accepts: (value: Decimal) => holds(value.compare(limit)) }];
  });
  return (value) => {
    if (multiple !== undefined && !isDecimalMultiple(value, multiple)) {
      const msg = `Input should be a multiple of ${multiple.toString()}`;
      return { type: 'multiple_of', msg, ctx: { multiple_of: shownLimit(multiple) } };
    }
    return bounds.find((bound) => !bound.accepts(value))?.refusal;
  };
}

interface LimitPlace {
  schema: JsonSchema;
  pointer: string;
  keyword: (typeof boundKeywords)[number];
}

function limitOf(rule: unknown, { schema, pointer, keyword }: LimitPlace): Decimal | undefined {
  const number = numberKeyword(schema, keyword, pointer);
  if (rule === undefined && number === undefined) return undefined;
  const limit = parseDecimal(typeof rule === 'string' ? rule : formatLimit(number ?? Number(rule)));
  if (limit instanceof Decimal) return limit;
  throw new UnsupportedSchemaError(`${pointer}/${keyword}`, 'expected a decimal number');
}

/** FastAPI shows a Decimal in `ctx` as an int if it has no decimal places, else as a float. */
function shownLimit(limit: Decimal): unknown {
  if (limit.exponent < 0) return new Float(Number(limit));
  return BigInt(`${limit.negative ? '-' : ''}${limit.digits}${'0'.repeat(limit.exponent)}`);
}

/** The branches of an `anyOf` with every pair that stands for a Decimal as one schema that says so. */
export function foldDecimals(branches: readonly unknown[]): unknown[] {
  const folded: unknown[] = [];
  for (let index = 0; index < branches.length; index += 1) {
    const [branch, next] = [branches[index], branches[index + 1]];
    if (isSchema(branch) && isSchema(next) && isDecimalPair(branch, next)) {
      folded.push({ ...branch, 'x-wire': { ...wireRulesOf(branch, ''), decimal: true } });
      index += 1;
    } else folded.push(branch);
  }
  return folded;
}
