import { Decimal } from '../values/decimal.ts';
import { Float } from '../values/float.ts';
import type { Node } from './run.ts';
import { asIs, exactness, floorExactness, refuse } from './run.ts';
import type { JsonSchema } from './schema.ts';
import { assertKnownKeywords, wireRulesOf } from './schema.ts';

const texts = new Map<string, boolean>([
  ...['1', 't', 'true', 'y', 'yes', 'on'].map((text) => [text, true] as const),
  ...['0', 'f', 'false', 'n', 'no', 'off'].map((text) => [text, false] as const),
]);

export function compileBoolean(schema: JsonSchema, pointer: string): Node {
  assertKnownKeywords(schema, pointer, ['type']);
  const strict = wireRulesOf(schema, pointer).strict === true;
  return {
    label: 'bool',
    takes: asIs.boolean,
    check: (input, run) => {
      if (typeof input === 'boolean') return input;
      floorExactness(run, exactness.lax);
      if (strict) return refuse(run, input, notABoolean);
      if (typeof input === 'string') {
        // The longest accepted text has five characters; longer ones are not lower-cased at all.
        return (input.length <= 5 ? texts.get(input.toLowerCase()) : undefined) ?? refuse(run, input, unparsable);
      }
      const number = input instanceof Float || input instanceof Decimal ? Number(input) : input;
      if (number === 0 || number === 1) return number === 1;
      return refuse(run, input, isSmallInteger(number) ? unparsable : notABoolean);
    },
  };
}

/** Whether pydantic-core can read the number as a 64-bit integer; the message depends on it. */
function isSmallInteger(value: unknown): boolean {
  if (typeof value === 'bigint') return value >= -(2n ** 63n) && value < 2n ** 63n;
  return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 63;
}

const notABoolean = { type: 'bool_type', msg: 'Input should be a valid boolean' };
const unparsable = { type: 'bool_parsing', msg: 'Input should be a valid boolean, unable to interpret input' };
