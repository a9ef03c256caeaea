import { keysOf, rememberKeyOrder, setOwn } from '../json/key-order.ts';
import { memberReader } from '../json/record.ts';
import { stringifyEcho } from '../json/write.ts';
import type { CompileContext } from '../validate/compile.ts';
import { resolveReference } from '../validate/compile.ts';
import { isJsonObject } from '../validate/object.ts';
import type { JsonSchema } from '../validate/schema.ts';
import { isSchema } from '../validate/schema.ts';
import { allowsNull } from './compile.ts';
import { compileFit } from './shape.ts';

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
  const declared = follow(schema, value, context);
  if (Array.isArray(value)) {
    const places: unknown[] = Array.isArray(declared.prefixItems) ? declared.prefixItems : [];
    const source: readonly unknown[] = Array.isArray(sent) ? sent : [];
    return value.map((item, index) =>
      prune({ schema: schemaOr(places[index] ?? declared.items), value: item, sent: source[index] }, context, options),
    );
  }
  if (!isJsonObject(value)) return value;
  const properties = isSchema(declared.properties) ? declared.properties : undefined;
  const required: unknown[] = Array.isArray(declared.required) ? declared.required : [];
  const source = isJsonObject(sent) ? sent : {};
  const pruned: Record<string, unknown> = {};
  const kept: string[] = [];
  for (const name of keysOf(value)) {
    const property = properties?.[name];
    const place = {
      schema: schemaOr(property ?? declared.additionalProperties),
      value: value[name],
      sent: memberReader(name)(source),
    };
    const member = prune(place, context, options);
    // A dictionary keeps all of its members; a model leaves out extra ones that are null as well.
    const isRequired = required.includes(name) || property === undefined;
    if (properties !== undefined && leavesOut({ ...place, value: member }, { ...options, isRequired })) continue;
    setOwn(pruned, name, member);
    kept.push(name);
  }
  rememberKeyOrder(pruned, kept);
  return pruned;
}

function schemaOr(schema: unknown): JsonSchema {
  return isSchema(schema) ? schema : {};
}

function leavesOut({ schema, value, sent }: Place, options: ExclusionOptions & { isRequired: boolean }): boolean {
  if (options.excludeNone === true && value === null) return true;
  if (options.excludeUnset === true && sent === undefined) return true;
  if (options.excludeDefaults !== true) return false;
  const fallback = schema.default ?? (allowsNull(schema) && !options.isRequired ? null : undefined);
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

/** Through references and nullability, and to the branch of a union that the value fits best. */
function follow(schema: JsonSchema, value: unknown, context: CompileContext): JsonSchema {
  if (typeof schema.$ref === 'string') {
    return follow(resolveReference(schema.$ref, '', context).schema, value, context);
  }
  const list: unknown = schema.anyOf ?? schema.oneOf;
  if (!Array.isArray(list)) return schema;
  const branches = list.filter(isSchema).filter((branch) => branch.type !== 'null');
  const [first, ...others] = branches;
  if (first === undefined) return schema;
  if (others.length === 0) return follow(first, value, context);
  const fits = branches.map((branch) => compileFit(branch, context)(value));
  const best = branches[fits.indexOf(maximum(fits))] ?? first;
  return follow(best, value, context);
}

function maximum(fits: readonly (0 | 1 | 2 | 3)[]): 0 | 1 | 2 | 3 {
  return fits.reduce((best, fit) => (fit > best ? fit : best), 0);
}
