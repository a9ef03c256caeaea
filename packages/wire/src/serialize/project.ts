import type { MemberReader } from '../json/record.ts';
import { isRecord, memberReader } from '../json/record.ts';
import { resolveReference } from '../validate/compile.ts';
import type { JsonSchema } from '../validate/schema.ts';
import { isSchema } from '../validate/schema.ts';
import type { SerializerContext } from './compile.ts';
import { allowsNull } from './compile.ts';

/** Copies the declared part of a value, for one JSON.stringify over the whole. */
export type Projection = (value: unknown) => unknown;

/**
 * A projection for a schema whose leaves JSON.stringify writes as Python does: strings, booleans, null, date-times
 * (through toJSON) and integers below 2^53. `undefined` when a leaf needs more: floats, open objects, unions, recursion.
 */
export function compileProjection(schema: JsonSchema, context: SerializerContext): Projection | undefined {
  return projectionOf(schema, context, []);
}

function projectionOf(
  schema: JsonSchema,
  context: SerializerContext,
  within: readonly string[],
): Projection | undefined {
  if (typeof schema.$ref === 'string') {
    if (within.includes(schema.$ref)) return undefined;
    const target = resolveReference(schema.$ref, '', context).schema;
    return projectionOf(target, context, [...within, schema.$ref]);
  }
  if (Array.isArray(schema.anyOf)) return projectNullable(schema.anyOf, context, within);
  switch (schema.type) {
    case 'string':
      return schema.writeOnly === true ? undefined : identity;
    case 'boolean':
    case 'null':
      return identity;
    case 'integer':
      return projectInteger;
    case 'array':
      return projectArray(schema, context, within);
    case 'object':
      return projectObject(schema, context, within);
    default:
      return undefined;
  }
}

function identity(value: unknown): unknown {
  return value;
}

/** JSON.stringify refuses bigint; its exact text is spliced in as raw JSON (ECMA-262 JSON.rawJSON). */
function projectInteger(value: unknown): unknown {
  return typeof value === 'bigint' ? JSON.rawJSON(value.toString()) : value;
}

// TypeScript's library does not declare JSON.rawJSON yet; Node has it since version 21.
declare global {
  interface JSON {
    rawJSON(text: string): object;
  }
}

function projectNullable(
  list: readonly unknown[],
  context: SerializerContext,
  within: readonly string[],
): Projection | undefined {
  const others = list.filter((branch) => isSchema(branch) && branch.type !== 'null');
  const [only] = others;
  if (others.length !== 1 || !isSchema(only)) return undefined;
  const project = projectionOf(only, context, within);
  if (project === identity) return identityOrNull;
  return project && ((value) => (value === null || value === undefined ? null : project(value)));
}

function identityOrNull(value: unknown): unknown {
  return value === undefined ? null : value;
}

function projectArray(
  schema: JsonSchema,
  context: SerializerContext,
  within: readonly string[],
): Projection | undefined {
  if (!isSchema(schema.items)) return undefined;
  const project = projectionOf(schema.items, context, within);
  return project && ((value) => (Array.isArray(value) ? value.map((item) => project(item)) : value));
}

function projectObject(
  schema: JsonSchema,
  context: SerializerContext,
  within: readonly string[],
): Projection | undefined {
  const closed = schema.additionalProperties === undefined || schema.additionalProperties === false;
  if (!closed || !isSchema(schema.properties)) return undefined;
  const fields: { name: string; read: MemberReader; project: Projection; absent: unknown }[] = [];
  for (const [name, property] of Object.entries(schema.properties)) {
    // Assigning these two names would not make an own property in declared order.
    if (!isSchema(property) || name === '__proto__' || /^\d+$/.test(name)) return undefined;
    const project = projectionOf(property, context, within);
    if (project === undefined) return undefined;
    const absent = property.default ?? (allowsNull(property) ? null : undefined);
    fields.push({ name, read: memberReader(name), project, absent: project(absent) });
  }
  const names = fields.map((field) => field.name);
  const copies = fields.some(({ project }) => project !== identity && project !== identityOrNull);
  return (value) => {
    if (!isRecord(value) || (!copies && hasExactly(value, names))) return value;
    const output: Record<string, unknown> = {};
    for (const { name, read, project, absent } of fields) {
      const member = read(value);
      output[name] = member === undefined ? absent : project(member);
    }
    return output;
  };
}

/** A value that holds the declared properties in their order and no others is written as it is. */
function hasExactly(value: Record<string, unknown>, names: readonly string[]): boolean {
  let index = 0;
  for (const name in value) {
    if (name !== names[index] || value[name] === undefined) return false;
    index += 1;
  }
  return index === names.length;
}
