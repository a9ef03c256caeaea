import { ByteText } from '../values/byte-text.ts';
import type { Node, Refusal } from './run.ts';
import { exactness, floorExactness, refuse } from './run.ts';
import type { JsonSchema } from './schema.ts';
import { assertKnownKeywords, numberKeyword, wireRulesOf } from './schema.ts';

/** `bytes`: a text, counted in its UTF-8 bytes; the value stays the text. */
export function compileBytes(schema: JsonSchema, pointer: string): Node {
  assertKnownKeywords(schema, pointer, ['type', 'format', 'minLength', 'maxLength']);
  const strict = wireRulesOf(schema, pointer).strict === true;
  const lengthOf = refuseLength(schema, pointer);
  return {
    label: schema.minLength === undefined && schema.maxLength === undefined ? 'bytes' : 'constrained-bytes',
    check: (input, run) => {
      if (input instanceof ByteText) {
        const refusal = lengthOf(input.bytes.length);
        return refusal === undefined ? input.text : refuse(run, input, refusal);
      }
      floorExactness(run, exactness.lax);
      if (strict || typeof input !== 'string') {
        return refuse(run, input, { type: 'bytes_type', msg: 'Input should be a valid bytes' });
      }
      const refusal = lengthOf(Buffer.byteLength(input));
      return refusal === undefined ? input : refuse(run, input, refusal);
    },
  };
}

/** What is wrong with a number of bytes; undefined when nothing is. */
export function refuseLength(schema: JsonSchema, pointer: string): (length: number) => Refusal | undefined {
  const min = numberKeyword(schema, 'minLength', pointer) ?? 0;
  const max = numberKeyword(schema, 'maxLength', pointer) ?? Number.POSITIVE_INFINITY;
  const unit = (limit: number): string => (limit === 1 ? 'byte' : 'bytes');
  return (length) => {
    if (length > max) {
      const msg = `Data should have at most ${max} ${unit(max)}`;
      return { type: 'bytes_too_long', msg, ctx: { max_length: max } };
    }
    if (length >= min) return undefined;
    const msg = `Data should have at least ${min} ${unit(min)}`;
    return { type: 'bytes_too_short', msg, ctx: { min_length: min } };
  };
}
