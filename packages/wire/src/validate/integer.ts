import { Decimal } from '../values/decimal.ts';
import { Float } from '../values/float.ts';
import { boundKeywords, compileBounds } from './bounds.ts';
import type { Node, Run } from './run.ts';
import { exactness, floorExactness, invalid, refuse } from './run.ts';
import type { JsonSchema } from './schema.ts';
import { assertKnownKeywords, wireRulesOf } from './schema.ts';
import { trimWhiteSpace } from './text.ts';

export interface IntegerLimits {
  maxIntegerDigits: number;
}

/** Python's int: any size; a number while it is exact, a bigint beyond 2^53. */
export function compileInteger(schema: JsonSchema, pointer: string, limits: IntegerLimits): Node {
  assertKnownKeywords(schema, pointer, ['type', ...boundKeywords]);
  const strict = wireRulesOf(schema, pointer).strict === true;
  const withinBounds = compileBounds(schema, pointer, { asFloat: false });
  const constrained = boundKeywords.some((keyword) => schema[keyword] !== undefined);
  return {
    label: constrained ? 'constrained-int' : 'int',
    check: (input, run) => {
      const value = readInteger(input, { run, strict, limits });
      if (typeof value === 'symbol') return value;
      return withinBounds(value, { input, run }) ? value : invalid;
    },
  };
}

export interface IntegerReading {
  run: Run;
  strict: boolean;
  limits: IntegerLimits;
}

/** Pydantic's lax int: ints, integral floats, booleans and decimal texts; records an error otherwise. */
export function readInteger(input: unknown, { run, strict, limits }: IntegerReading): number | bigint | typeof invalid {
  if (typeof input === 'bigint' || (typeof input === 'number' && Number.isInteger(input))) return input;
  floorExactness(run, exactness.lax);
  if (strict) return refuse(run, input, notAnInteger);
  if (typeof input === 'boolean') return input ? 1 : 0;
  if (typeof input === 'string') return readIntegerText(input, run, limits);
  if (typeof input === 'number') return refuse(run, input, fractional);
  if (input instanceof Float) return readIntegralFloat(input, run);
  if (input instanceof Decimal) return readIntegralDecimal(input, run);
  return refuse(run, input, notAnInteger);
}

const notAnInteger = { type: 'int_type', msg: 'Input should be a valid integer' };
const fractional = {
  type: 'int_from_float',
  msg: 'Input should be a valid integer, got a number with a fractional part',
};
const unparsable = {
  type: 'int_parsing',
  msg: 'Input should be a valid integer, unable to parse string as an integer',
};
const tooBig = {
  type: 'int_parsing_size',
  msg: 'Unable to parse input string as an integer, exceeded maximum size',
};

function readIntegralDecimal(input: Decimal, run: Run): number | bigint | typeof invalid {
  const { exponent, digits, negative } = input.normalize();
  if (exponent < 0) return refuse(run, input, fractional);
  if (exponent > 20) return refuse(run, input, tooBig);
  return narrow(BigInt(`${negative ? '-' : ''}${digits}${'0'.repeat(exponent)}`));
}

function readIntegralFloat(input: Float, run: Run): number | bigint | typeof invalid {
  if (!Number.isFinite(input.value)) {
    return refuse(run, input, { type: 'finite_number', msg: 'Input should be a finite number' });
  }
  // pydantic-core converts floats through a 64-bit integer.
  if (Math.abs(input.value) >= 2 ** 63) return refuse(run, input, tooBig);
  return narrow(BigInt(input.value));
}

function readIntegerText(input: string, run: Run, limits: IntegerLimits): number | bigint | typeof invalid {
  // Only a text that is a plain integer from its first character on is told that it is too long.
  if (input.length > limits.maxIntegerDigits && leadingDigits(input) > limits.maxIntegerDigits) {
    return refuse(run, input, tooBig);
  }
  const text = jsonInteger.test(input) ? input : cleanIntegerText(input);
  const digits = text.startsWith('-') ? text.length - 1 : text.length;
  if (digits > limits.maxIntegerDigits || !jsonInteger.test(text)) return refuse(run, input, unparsable);
  return digits < 16 ? Number(text) + 0 : narrow(BigInt(text));
}

const jsonInteger = /^-?(?:0|[1-9]\d*)$/;

function leadingDigits(text: string): number {
  const match = /^-?([1-9]\d*)/.exec(text);
  return match?.[1]?.length ?? 0;
}

/**
 * What pydantic-core forgives around an integer: white space, one sign, leading zeros (with underscores among them), a
 * fraction of zeros, single underscores. The result need not be an integer; it is looked at again.
 */
function cleanIntegerText(input: string): string {
  let text = trimWhiteSpace(input);
  if (text.startsWith('+')) text = text.slice(1).replace(/^-/, '+');
  const sign = text.startsWith('-') ? '-' : '';
  text = text.slice(sign.length);
  if (/^[+-]/.test(text)) return '';
  const zeros = /^0[0_]*/.exec(text)?.[0] ?? '';
  const rest = text.slice(zeros.length);
  // One zero (or whatever stood last) remains when nothing but zeros comes before the end or the point.
  text = rest === '' || rest.startsWith('.') ? zeros.slice(-1) + rest : rest;
  text = text.replace(/^([^.]*)\.0+$/, '$1');
  const underscores = text.startsWith('_') || text.endsWith('_') || text.includes('__');
  return sign + (underscores ? text : text.replaceAll('_', ''));
}

function narrow(value: number | bigint): number | bigint {
  if (typeof value === 'number') return value;
  const asNumber = Number(value);
  return Number.isSafeInteger(asNumber) ? asNumber : value;
}
