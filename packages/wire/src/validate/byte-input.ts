import { ByteText } from '../values/byte-text.ts';
import { isDecimalText } from './decimal.ts';
import type { Node, Run } from './run.ts';
import { exactness, floorExactness, refuse } from './run.ts';
import type { JsonSchema } from './schema.ts';
import { wireRulesOf } from './schema.ts';

/** The node for a body that may be a {@link ByteText}, which only some types read. */
export function readingBytes(node: Node, schema: JsonSchema): Node {
  if (!readsBytes(schema)) return node;
  const isBytes = schema.format === 'binary';
  const isUuid = /^uuid/.test(String(schema.format));
  const isAny = schema.type === undefined && schema.enum === undefined;
  return {
    label: node.label,
    check: (input, run) => {
      if (!(input instanceof ByteText)) return node.check(input, run);
      const value = isUuid ? readUuid(node, input, run) : node.check(isBytes ? input : input.text, run);
      if (!isBytes && !isAny) floorExactness(run, exactness.lax);
      return value;
    },
  };
}

/** Python takes 16 bytes for the number itself, once they are no text of a UUID. */
function readUuid(node: Node, sent: ByteText, run: Run): unknown {
  const { text, bytes } = sent;
  const errorsBefore = run.errors.length;
  const value = node.check(text, run);
  const item = run.errors[errorsBefore];
  if (item?.type !== 'uuid_parsing') return value;
  run.errors.length = errorsBefore;
  if (bytes.length === 16) {
    const ofBytes = node.check(sent.toHex(), run);
    for (const refusal of run.errors.slice(errorsBefore)) refusal.input = text;
    return ofBytes;
  }
  const error = `invalid length: expected 16 bytes, found ${bytes.length}`;
  return refuse(run, text, { type: item.type, msg: `Input should be a valid UUID, ${error}`, ctx: { error } });
}

function readsBytes(schema: JsonSchema): boolean {
  const { type, format, anyOf, oneOf, $ref } = schema;
  if (anyOf !== undefined || oneOf !== undefined || $ref !== undefined || schema.const !== undefined) return false;
  // Strictly, bytes are bytes.
  if (wireRulesOf(schema, '').strict === true) return format === 'binary';
  // A class of texts or integers is read through what it holds; a Literal and a mixed class compare as they are.
  if (schema.enum !== undefined) return (type === 'string' || type === 'integer') && schema.title !== undefined;
  if (type === undefined || type === 'integer' || type === 'boolean') return true;
  if (type === 'number') return wireRulesOf(schema, '').decimal !== true;
  return type === 'string' && !['ipv4', 'ipv6'].includes(String(format)) && !isDecimalText(schema);
}
