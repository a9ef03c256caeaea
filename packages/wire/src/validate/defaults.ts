import type { CompileContext } from './compile.ts';
import { compileNode, isOfDefaults } from './compile.ts';
import type { Node } from './run.ts';
import { invalid, startRun } from './run.ts';
import type { JsonSchema } from './schema.ts';
import { wireRulesOf } from './schema.ts';

interface CompiledNode {
  node: Node;
  context: CompileContext;
}

/** The node for a default: in Python it is of the right type, however strict that is; a document shows it as JSON. */
export function compileDefaultNode(schema: JsonSchema, pointer: string, { node, context }: CompiledNode): Node {
  const accepts = schema.default === undefined || node.check(schema.default, startRun()) !== invalid;
  if (accepts || isOfDefaults(context)) return node;
  const { strict: _, ...rest } = context;
  return compileNode(schema, pointer, { ...rest, references: context.ofDefaults });
}

/** A property's default: the schema's own, converted to a typed value; null where null is allowed; else nothing. */
export function compileDefault(schema: JsonSchema, node: Node): () => unknown {
  if (schema.default === undefined) {
    const run = startRun();
    const acceptsNull = node.check(null, run) === null && run.errors.length === 0;
    return acceptsNull && schema.anyOf !== undefined ? () => null : () => undefined;
  }
  const make = (): unknown => {
    const value = node.check(schema.default, startRun());
    return value === invalid ? structuredClone(schema.default) : value;
  };
  const value = make();
  return typeof value === 'object' && value !== null && !Object.isFrozen(value) ? make : () => value;
}

/** A rule that runs afterwards doesn't see the default, as in Python. */
export function withoutAfter(schema: JsonSchema, pointer: string, { node, context }: CompiledNode): Node {
  const { after, ...rules } = wireRulesOf(schema, pointer);
  if (after === undefined) return node;
  const plain = { ...schema, 'x-wire': rules };
  return compileDefaultNode(plain, pointer, { node: compileNode(plain, pointer, context), context });
}
