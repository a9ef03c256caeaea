import { Decimal } from '../values/decimal.ts';
import { Float } from '../values/float.ts';
import { boundKeywords, compileBounds } from './bounds.ts';
import type { Node, Run } from './run.ts';
import { exactness, floorExactness, invalid, refuse } from './run.ts';
import type { JsonSchema } from './schema.ts';
import { assertKnownKeywords, wireRulesOf } from './schema.ts';
import { trimWhiteSpace } from './text.ts';

/** Python's float, as a JavaScript number; NaN and infinities are accepted unless `allowInfNan` is false. */
export function compileNumber(schema: JsonSchema, pointer: string): Node {
  assertKnownKeywords(schema, pointer, ['type', ...boundKeywords]);
  const rules = wireRulesOf(schema, pointer);
  const strict = rules.strict === true;
  const withinBounds = compileBounds(schema, pointer, { asFloat: true });
  const constrained = boundKeywords.some((keyword) => schema[keyword] !== undefined);
  return {
    label: constrained ? 'constrained-float' : 'float',
    check: (input, run) => {
      const value = readNumber(input, run, { strict });
      if (typeof value === 'symbol') return value;
      if (rules.allowInfNan === false && !Number.isFinite(value)) {
        return refuse(run, input, { type: 'finite_number', msg: 'Input should be a finite number' });
      }
      return withinBounds(value, { input, run }) ? value : invalid;
    },
  };
}

const notANumber = { type: 'float_type', msg: 'Input should be a valid number' };
const unparsable = {
  type: 'float_parsing',
  msg: 'Input should be a valid number, unable to parse string as a number',
};

function readNumber(sent: unknown, run: Run, { strict }: { strict: boolean }): number | typeof invalid {
  const input = sent instanceof Decimal ? Number(sent) : sent;
  if (input !== sent) floorExactness(run, exactness.lax);
  if (input instanceof Float) return input.value;
  if (typeof input === 'number') {
    if (Number.isInteger(input)) floorExactness(run, exactness.strict);
    return input;
  }
  if (typeof input === 'bigint') {
    floorExactness(run, exactness.strict);
    const value = Number(input);
    return Number.isFinite(value) ? value : refuse(run, input, notANumber);
  }
  floorExactness(run, exactness.lax);
  if (strict) return refuse(run, input, notANumber);
  if (typeof input === 'boolean') return input ? 1 : 0;
  if (typeof input !== 'string') return refuse(run, input, notANumber);
  return parseNumberText(input) ?? refuse(run, input, unparsable);
}

/** Pydantic tries the trimmed text first, then the text as it was sent without its single underscores. */
function parseNumberText(input: string): number | undefined {
  const value = parseRustFloat(trimWhiteSpace(input));
  if (value !== undefined || input.startsWith('_') || input.endsWith('_') || input.includes('__')) return value;
  return parseRustFloat(input.replaceAll('_', ''));
}

/** Rust's `f64::from_str`. */
function parseRustFloat(text: string): number | undefined {
  const word = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (word !== null) {
    if (word[2]?.toLowerCase() === 'nan') return Number.NaN;
    return word[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined;
}
