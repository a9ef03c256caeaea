import type { CompileContext } from '../validate/compile.ts';
import { resolveReference } from '../validate/compile.ts';
import type { JsonSchema } from '../validate/schema.ts';
import { isSchema } from '../validate/schema.ts';
import { Float } from '../values/float.ts';

/** How well a value fits a union branch: 0 not at all, 1 the kind of value, 2 the required keys, 3 exactly. */
export type Fit = (value: unknown) => 0 | 1 | 2 | 3;

/** A test that tells the branches of a union apart by the value that is to be written. */
export function compileFit(schema: JsonSchema, context: CompileContext): Fit {
  if (typeof schema.$ref === 'string') return lazily(() => compileFit(resolve(schema, context), context));
  const branches = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(branches)) {
    const fits = branches.filter(isSchema).map((branch) => compileFit(branch, context));
    return (value) => fits.reduce<0 | 1 | 2 | 3>((best, fit) => larger(best, fit(value)), 0);
  }
  if (schema.type === 'object') return objectFit(schema, context);
  if (schema.type === 'array') return arrayFit(schema, context);
  const accepts = scalarTest(schema);
  return (value) => (accepts(value) ? 3 : 0);
}

function scalarTest(schema: JsonSchema): (value: unknown) => boolean {
  const choices: unknown = schema.enum ?? (schema.const === undefined ? undefined : [schema.const]);
  if (Array.isArray(choices)) return (value) => choices.includes(value);
  switch (schema.type) {
    case 'null':
      return (value) => value === null || value === undefined;
    case 'number':
      return (value) => typeof value === 'number' || value instanceof Float;
    case 'integer':
      return (value) => typeof value === 'bigint' || Number.isInteger(value);
    case 'boolean':
      return (value) => typeof value === 'boolean';
    case 'string':
      return isTextLike;
    default:
      return () => true;
  }
}

function isTextLike(value: unknown): boolean {
  if (typeof value === 'string') return true;
  return typeof value === 'object' && value !== null && 'toJSON' in value && !(value instanceof Float);
}

function arrayFit(schema: JsonSchema, context: CompileContext): Fit {
  const { items, prefixItems } = schema;
  if (Array.isArray(prefixItems)) return tupleFit(prefixItems.filter(isSchema), context);
  const item = isSchema(items) ? lazily(() => compileFit(items, context)) : undefined;
  return (value) => {
    if (!Array.isArray(value)) return 0;
    return item === undefined || value.every((entry) => item(entry) === 3) ? 3 : 1;
  };
}

function tupleFit(places: readonly JsonSchema[], context: CompileContext): Fit {
  const fits = places.map((place) => lazily(() => compileFit(place, context)));
  return (value) => {
    if (!Array.isArray(value) || value.length !== fits.length) return 0;
    return fits.every((fit, index) => fit(value[index]) === 3) ? 3 : 1;
  };
}

function objectFit(schema: JsonSchema, context: CompileContext): Fit {
  const properties = isSchema(schema.properties) ? schema.properties : {};
  const fits = new Map<string, Fit>();
  for (const [name, property] of Object.entries(properties)) {
    if (isSchema(property))
      fits.set(
        name,
        lazily(() => compileFit(property, context)),
      );
  }
  const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
  const filled = Object.entries(properties).flatMap(([name, property]) => (isFilled(property) ? [name] : []));
  const more = schema.additionalProperties;
  const open = schema.properties === undefined || (more !== undefined && more !== false);
  const extra = isSchema(more) ? lazily(() => compileFit(more, context)) : undefined;
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || 'toJSON' in value) return 0;
    if (context.omitAbsent !== true && !required.every((name) => Object.hasOwn(value, name))) return 1;
    const members = Object.entries(value);
    // A member that is of no declared kind speaks against the branch: a tag above all.
    if (members.some(([key, member]) => fits.get(key)?.(member) === 0)) return 1;
    const exact = members.every(([key, member]) => {
      const fit = fits.get(key) ?? (open ? (extra ?? always) : undefined);
      return fit !== undefined && fit(member) === 3;
    });
    // A validated model has every member that validation would have filled in.
    return exact && (context.omitAbsent === true || filled.every((name) => Object.hasOwn(value, name))) ? 3 : 2;
  };
}

function isFilled(property: unknown): boolean {
  if (!isSchema(property)) return false;
  if (property.default !== undefined) return true;
  return Array.isArray(property.anyOf) && property.anyOf.some((branch) => isSchema(branch) && branch.type === 'null');
}

function always(): 3 {
  return 3;
}

/** Schemas may be recursive: a test is compiled when it is first asked. */
function lazily(compile: () => Fit): Fit {
  let fit: Fit | undefined;
  return (value) => {
    fit ??= compile();
    return fit(value);
  };
}

function resolve(schema: JsonSchema, context: CompileContext): JsonSchema {
  return resolveReference(String(schema.$ref), '', context).schema;
}

function larger(a: 0 | 1 | 2 | 3, b: 0 | 1 | 2 | 3): 0 | 1 | 2 | 3 {
  return a > b ? a : b;
}
