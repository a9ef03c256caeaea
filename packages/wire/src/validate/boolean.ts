import { Float } from '../values/float.ts';
import type { Node } from './run.ts';
import { exactness, floorExactness, refuse } from './run.ts';
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
    check: (input, run) => {
      if (typeof input === 'boolean') return input;
      floorExactness(run, exactness.lax);
      if (strict) return refuse(run, input, notABoolean);
      if (typeof input === 'string') {
        // The longest accepted text has five characters; longer ones are not lower-cased at all.
        return (input.length <= 5 ? texts.get(input.toLowerCase()) : undefined) ?? refuse(run, input, unparsable);
      }
      const number = input instanceof Float ? input.value : input;
      if (number === 0 || number === 1) return number === 1;
      const integral = typeof number === 'bigint' || Number.isInteger(number);
      return refuse(run, input, integral ? unparsable : notABoolean);
    },
  };
}

const notABoolean = { type: 'bool_type', msg: 'Input should be a valid boolean' };
const unparsable = { type: 'bool_parsing', msg: 'Input should be a valid boolean, unable to interpret input' };
