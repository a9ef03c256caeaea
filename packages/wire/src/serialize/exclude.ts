import { keysOf, rememberKeyOrder, setOwn } from '../json/key-order.ts';
import { stringifyEcho } from '../json/write.ts';
import type { CompileContext } from '../validate/compile.ts';
import { resolveReference } from '../validate/compile.ts';
import { isJsonObject } from '../validate/object.ts';
import type { JsonSchema } from '../validate/schema.ts';
import { isSchema } from '../validate/schema.ts';
import { allowsNull } from './compile.ts';

/** FastAPI's `response_model_exclude_…` and `response_model_include`. */
export interface ExclusionOptions {
  excludeNone?: boolean;
  /** Members that the handler did not return. */
  excludeUnset?: boolean;
  /** Members that equal their default. */
  excludeDefaults?: boolean;
  /** Names at the top level. */
  include?: readonly string[];
  exclude?: readonly string[];
}

/** Leaves members out of a valid value; `sent` is what the handler returned. Undefined when nothing is left out. */
export function compileExclusion(
  schema: JsonSchema,
  context: CompileContext,
  options: ExclusionOptions,
): ((value: unknown, sent: unknown) => unknown) | undefined {
  if (Object.values(options).every((option) => option === undefined || option === false)) return undefined;
  return (value, sent) => {
    const kept = prune({ schema, value, sent }, context, options);
    const { include, exclude } = options;
    if (!isJsonObject(kept) || (include === undefined && exclude === undefined)) return kept;
    return filter(kept, (name) => include?.includes(name) !== false && exclude?.includes(name) !== true);
  };
}

interface Place {
  schema: JsonSchema;
  value: unknown;
  sent: unknown;
}

function prune({ schema, value, sent }: Place, context: CompileContext, options: ExclusionOptions): unknown {
  const declared = follow(schema, context);
  if (Array.isArray(value)) {
    const items = isSchema(declared.items) ? declared.items : {};
    const source: readonly unknown[] = Array.isArray(sent) ? sent : [];
    return value.map((item, index) => prune({ schema: items, value: item, sent: source[index] }, context, options));
  }
  if (!isJsonObject(value)) return value;
  const properties = isSchema(declared.properties) ? declared.properties : {};
  const source = isJsonObject(sent) ? sent : {};
  const pruned: Record<string, unknown> = {};
  for (const name of keysOf(value)) {
    const property = properties[name];
    const schemaOf = isSchema(property) ? property : {};
    const member = prune({ schema: schemaOf, value: value[name], sent: source[name] }, context, options);
    if (isSchema(property) && leavesOut({ schema: property, value: member, sent: source[name] }, options)) continue;
    setOwn(pruned, name, member);
  }
  rememberKeyOrder(pruned, Object.keys(pruned).length === keysOf(value).length ? keysOf(value) : Object.keys(pruned));
  return pruned;
}

function leavesOut({ schema, value, sent }: Place, options: ExclusionOptions): boolean {
  if (options.excludeNone === true && value === null) return true;
  if (options.excludeUnset === true && sent === undefined) return true;
  if (options.excludeDefaults !== true) return false;
  const fallback = schema.default ?? (allowsNull(schema) ? null : undefined);
  if (fallback === undefined) return false;
  // 0.0 and 0 are equal in Python.
  return (
    stringifyEcho(value) === stringifyEcho(fallback) || (typeof fallback === 'number' && Number(value) === fallback)
  );
}

function filter(value: Record<string, unknown>, keeps: (name: string) => boolean): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const name of keysOf(value)) if (keeps(name)) setOwn(kept, name, value[name]);
  return kept;
}

/** Through references and nullability; a real union is left alone. */
function follow(schema: JsonSchema, context: CompileContext): JsonSchema {
  if (typeof schema.$ref === 'string') return follow(resolveReference(schema.$ref, '', context).schema, context);
  if (!Array.isArray(schema.anyOf)) return schema;
  const others = schema.anyOf.filter((branch) => isSchema(branch) && branch.type !== 'null');
  const [only] = others;
  return others.length === 1 && isSchema(only) ? follow(only, context) : schema;
}
