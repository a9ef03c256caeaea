import { ByteText } from '../values/byte-text.ts';
import { isDecimalText } from './decimal.ts';
import type { Node } from './run.ts';
import { exactness, floorExactness } from './run.ts';
import type { JsonSchema } from './schema.ts';
import { isSchema } from './schema.ts';

/** The node for a body that may be a {@link ByteText}, which only some types read. */
export function readingBytes(node: Node, schema: JsonSchema): Node {
  if (!readsBytes(schema)) return node;
  const isBytes = schema.format === 'binary';
  const isAny = schema.type === undefined && schema.enum === undefined;
  return {
    label: node.label,
    check: (input, run) => {
      if (!(input instanceof ByteText)) return node.check(input, run);
      const value = node.check(input.text, run);
      if (!isBytes && !isAny) floorExactness(run, exactness.lax);
      return value;
    },
  };
}

function readsBytes(schema: JsonSchema): boolean {
  const { type, format, anyOf, oneOf, $ref } = schema;
  if (anyOf !== undefined || oneOf !== undefined || $ref !== undefined || schema.const !== undefined) return false;
  if (schema.enum !== undefined) return type === 'string' && schema.title !== undefined;
  if (type === undefined || type === 'integer' || type === 'boolean') return true;
  const rules = schema['x-wire'];
  if (type === 'number') return !(isSchema(rules) && rules.decimal === true);
  return type === 'string' && !['uri', 'ipv4', 'ipv6'].includes(String(format)) && !isDecimalText(schema);
}
