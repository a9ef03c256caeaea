import { keysOf } from '../json/key-order.ts';
import { isRecord, memberReader } from '../json/record.ts';
import { formatFloat, stringifyEcho } from '../json/write.ts';
import type { WireProfile } from '../profile.ts';
import { fastapi0128 } from '../profile.ts';
import type { CompileContext } from '../validate/compile.ts';
import { createContext, resolveReference } from '../validate/compile.ts';
import { holdsIntegers } from '../validate/compile-union.ts';
import { stepOf } from '../validate/object.ts';
import type { JsonSchema } from '../validate/schema.ts';
import { isSchema, schemaAt, withKeyPattern, withRecordValues } from '../validate/schema.ts';
import { Float, formatRustFloat } from '../values/float.ts';
import { Secret } from '../values/secret.ts';
import { compileProjection } from './project.ts';
import { compileFit } from './shape.ts';

/** Writes a value as JSON text. */
export type Serializer = (value: unknown) => string;

/**
 * Compiles a response schema into a serialiser that writes what FastAPI's response_model does: declared properties
 * only, in declared order, defaults added, floats as `1.0`, bigint exactly. Non-finite numbers are written as null and
 * lone surrogates as escapes: neither makes an answer fail. Throws UnsupportedSchemaError as the validator does.
 */
export function compileSerializer(
  schema: JsonSchema,
  profile: WireProfile = fastapi0128,
  { omitAbsent = false }: SerializerOptions = {},
): Serializer {
  const context: SerializerContext = {
    ...createContext(schema, profile),
    serializers: new Map(),
    omitAbsent,
  };
  const projection = omitAbsent ? undefined : compileProjection(schema, context);
  if (projection !== undefined) return (value) => JSON.stringify(projection(value)) ?? 'null';
  return compileWriter(schema, '', context);
}

export interface SerializerOptions {
  /** Leaves out what the value lacks, instead of adding its default. */
  omitAbsent?: boolean;
}

export interface SerializerContext extends CompileContext {
  omitAbsent: boolean;
  serializers: Map<string, { write: Serializer }>;
}

export function compileWriter(schema: JsonSchema, pointer: string, context: SerializerContext): Serializer {
  if (typeof schema.$ref === 'string') return referenceWriter(schema.$ref, pointer, context);
  if (Array.isArray(schema.anyOf)) return unionWriter(schema.anyOf, `${pointer}/anyOf`, context);
  if (Array.isArray(schema.oneOf)) return unionWriter(schema.oneOf, `${pointer}/oneOf`, context);
  switch (schema.type) {
    case 'string':
      return schema.writeOnly === true ? writeSecret : stringifyEcho;
    case 'number':
      return numberWriter(context.profile);
    case 'array':
      return arrayWriter(schema, pointer, context);
    case 'object':
      return objectWriter(withKeyPattern(withRecordValues(schema)), pointer, context);
    default:
      return stringifyEcho;
  }
}

/** A SecretStr shows that it is there and nothing else. */
function writeSecret(value: unknown): string {
  if (value instanceof Secret) return stringifyEcho(value);
  return value === '' ? '""' : '"**********"';
}

function numberWriter(profile: WireProfile): Serializer {
  const format = profile.floatNotation === 'python' ? formatFloat : formatRust;
  return (value) => {
    if (typeof value === 'number') return format(value);
    return value instanceof Float ? format(value.value) : stringifyEcho(value);
  };
}

function formatRust(value: number): string {
  return Number.isFinite(value) ? formatRustFloat(value) : 'null';
}

function referenceWriter(target: string, pointer: string, context: SerializerContext): Serializer {
  const known = context.serializers.get(target);
  if (known !== undefined) return (value) => known.write(value);
  const entry: { write: Serializer } = { write: stringifyEcho };
  context.serializers.set(target, entry);
  const found = resolveReference(target, pointer, context);
  entry.write = compileWriter(found.schema, found.pointer, context);
  return entry.write;
}

/**
 * Writes a value as the branch that fits it best. Never as it is: a value that fits no branch is still cut down to a
 * branch's declared properties, so that a row with more columns than the schema leaks none of them.
 */
function unionWriter(list: readonly unknown[], pointer: string, context: SerializerContext): Serializer {
  const branches = list.map((branch, index) => {
    const place = `${pointer}/${index}`;
    const schema = schemaAt(branch, place);
    return { schema, fit: compileFit(schema, context), write: compileWriter(schema, place, context) };
  });
  const others = branches.filter((branch) => branch.schema.type !== 'null');
  const [only] = others;
  const hasInteger = others.some((branch) => holdsIntegers(branch.schema, context));
  // Beside an integer branch, a float with an integral value is a Float; a plain number is an int.
  const prefersInteger = (schema: JsonSchema, value: unknown): boolean =>
    hasInteger && schema.type === 'number' && Number.isInteger(value);
  if (only === undefined) return () => 'null';
  if (others.length === 1) return (value) => (value === null || value === undefined ? 'null' : only.write(value));
  return (value) => {
    if (value === null || value === undefined) return 'null';
    const scored = others.map((branch) => ({
      branch,
      score: prefersInteger(branch.schema, value) ? 2 : branch.fit(value),
    }));
    return scored.reduce((best, next) => (next.score > best.score ? next : best)).branch.write(value);
  };
}

function arrayWriter(schema: JsonSchema, pointer: string, context: SerializerContext): Serializer {
  if (Array.isArray(schema.prefixItems)) return tupleWriter(schema.prefixItems, pointer, context);
  const write = compileWriter(schemaAt(schema.items ?? {}, `${pointer}/items`), `${pointer}/items`, context);
  return (value) => {
    if (!Array.isArray(value)) return stringifyEcho(value);
    return `[${value.map((item) => write(item)).join(',')}]`;
  };
}

function tupleWriter(items: readonly unknown[], pointer: string, context: SerializerContext): Serializer {
  const writers = items.map((item, index) => {
    const place = `${pointer}/prefixItems/${index}`;
    return compileWriter(schemaAt(item, place), place, context);
  });
  return (value) => {
    if (!Array.isArray(value)) return stringifyEcho(value);
    return `[${writers.map((write, index) => write(value[index])).join(',')}]`;
  };
}

function objectWriter(schema: JsonSchema, pointer: string, context: SerializerContext): Serializer {
  if (schema.properties === undefined && schema.additionalProperties !== false) {
    return dictionaryWriter(schema, pointer, context);
  }
  const properties = Object.entries(schemaAt(schema.properties ?? {}, `${pointer}/properties`)).map(([name, value]) => {
    const property = schemaAt(value, `${pointer}/properties/${name}`);
    const write = compileWriter(property, `${pointer}/properties/${name}`, context);
    return {
      name,
      read: memberReader(name),
      prefix: `${JSON.stringify(name)}:`,
      write,
      absent: context.omitAbsent ? undefined : absentText(property, write),
    };
  });
  const declared = new Set(properties.map((property) => property.name));
  const keepsExtra = schema.additionalProperties !== undefined && schema.additionalProperties !== false;
  return (value) => {
    if (!isRecord(value)) return stringifyEcho(value);
    const members: string[] = [];
    for (const { read, prefix, write, absent } of properties) {
      const member = read(value);
      const text = member === undefined ? absent : write(member);
      if (text !== undefined) members.push(prefix + text);
    }
    if (keepsExtra) {
      for (const name of keysOf(value)) {
        const member = value[name];
        if (!declared.has(name) && member !== undefined)
          members.push(`${JSON.stringify(name)}:${stringifyEcho(member)}`);
      }
    }
    return `{${members.join(',')}}`;
  };
}

/** What stands for a property that the value lacks: its default, or null where null is allowed. */
function absentText(property: JsonSchema, write: Serializer): string | undefined {
  if (property.default !== undefined) return write(property.default);
  return allowsNull(property) ? 'null' : undefined;
}

export function allowsNull(schema: JsonSchema): boolean {
  if (Array.isArray(schema.anyOf)) return schema.anyOf.some((b) => isSchema(b) && (b.type === 'null' || isAny(b)));
  return schema.type === 'null' || isAny(schema);
}

/** `Any`: FastAPI shows no default of None, and a field that may be absent has one. */
function isAny({ type, $ref, anyOf, oneOf, enum: list, const: only }: JsonSchema): boolean {
  return [type, $ref, anyOf, oneOf, list, only].every((keyword) => keyword === undefined);
}

function dictionaryWriter(schema: JsonSchema, pointer: string, context: SerializerContext): Serializer {
  const more = schema.additionalProperties;
  if (!isSchema(more)) return stringifyEcho;
  const write = compileWriter(more, `${pointer}/additionalProperties`, context);
  return (value) => {
    if (!isRecord(value)) return stringifyEcho(value);
    // Rust has replaced each byte of a lone surrogate by the time a key is written.
    const members = keysOf(value).map((name) => `${JSON.stringify(stepOf(name))}:${write(value[name])}`);
    return `{${members.join(',')}}`;
  };
}
