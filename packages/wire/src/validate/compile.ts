import type { WireProfile } from '../profile.ts';
import { fastapi0128 } from '../profile.ts';
import { afterwards } from './after.ts';
import { compileArray, compileOpenTuple, compileSet, compileTuple, tupleItems } from './array.ts';
import { compileBoolean } from './boolean.ts';
import { readingBytes } from './byte-input.ts';
import { compileBytes } from './bytes.ts';
import type { EnumOptions } from './choices.ts';
import { compileEnum, compileLiteral, readingKeys } from './choices.ts';
import { compileObject } from './compile-object.ts';
import { compileAnyOf, compileTagged } from './compile-union.ts';
import { compileDecimal, isDecimalText } from './decimal.ts';
import { compileDuration } from './duration.ts';
import { compileEmail } from './email.ts';
import { compileFileBytes, compileUploadFile } from './file.ts';
import { compileInteger } from './integer.ts';
import { compileIpAddress } from './ip-address.ts';
import { compileNumber } from './number.ts';
import type { Check, Node } from './run.ts';
import { exactness, floorExactness, invalid, refuse } from './run.ts';
import type { JsonSchema, WireRules } from './schema.ts';
import {
  assertKnownKeywords,
  escapePointer,
  isSchema,
  nameOf,
  schemaAt,
  UnsupportedSchemaError,
  wireRulesOf,
  withBinaryFormat,
} from './schema.ts';
import { compileString } from './string.ts';
import { compileDate, compileDateTime, compileTime } from './temporal.ts';
import { compileUrl } from './url.ts';
import { compileUuid } from './uuid.ts';
import { withValueLength } from './value-length.ts';

export interface CompileContext {
  /** Where `#/…` references point into. */
  root: JsonSchema;
  profile: WireProfile;
  /** Compiled references; a recursive one is found here before it is complete. */
  references: Map<string, Node>;
  /** Inside a model that is strict, every field is. */
  strict?: boolean;
  /** Values lack members that were left out on purpose: nothing of a union can be told by them. */
  omitAbsent?: boolean;
  /** The input is what a handler made: of the right type already, which strictness could not tell. */
  isTyped?: boolean;
  /** The input is a key of such a value. */
  isKey?: boolean;
  /** The input is a body that is not JSON: see {@link ByteText}. */
  takesBytes?: boolean;
  /** Likewise every text of a model with `str_strip_whitespace`. */
  stripWhitespace?: boolean;
  /** The references of defaults, where nothing is strict; in a context of defaults, `references` are these. */
  ofDefaults: Map<string, Node>;
}

export function createContext(root: JsonSchema, profile: WireProfile = fastapi0128): CompileContext {
  return { root, profile, references: new Map(), ofDefaults: new Map() };
}

/**
 * Compiles a schema. Throws UnsupportedSchemaError with a JSON pointer for everything that this package cannot give
 * Pydantic's meaning to; nothing is ignored.
 */
export function compileNode(declared: JsonSchema, pointer: string, context: CompileContext): Node {
  const rules = wireRulesOf(declared, pointer);
  const ruled = withRulesOfContext(declared, rules, context);
  const schema = isOfDefaults(context) ? neverStrict(ruled) : withoutStrictness(ruled, context);
  const read = compileUnchecked(schema, pointer, context);
  const node = context.takesBytes === true ? readingBytes(read, schema) : read;
  return rules.after === undefined ? node : afterwards(node, rules.after);
}

/** What Pydantic reads through its `str`. */
const stripped = new Set<unknown>([undefined, 'password', 'email', 'ipv4', 'ipv6']);

function withRulesOfContext(declared: JsonSchema, rules: WireRules, context: CompileContext): JsonSchema {
  const strips = context.stripWhitespace === true && declared.type === 'string' && stripped.has(declared.format);
  if ((context.strict !== true && !strips) || !isLeaf(declared)) return declared;
  const inherited = {
    ...(context.strict === true ? { strict: true } : {}),
    ...(strips ? { stripWhitespace: true } : {}),
  };
  return { ...declared, 'x-wire': { ...inherited, ...rules } };
}

/** A handler's UUID is a text, its tuple and set an array: of these, nothing in an answer could be strict. */
function withoutStrictness(schema: JsonSchema, { isTyped }: CompileContext): JsonSchema {
  const rules = schema['x-wire'];
  if (isTyped !== true || !isSchema(rules) || rules.strict !== true) return schema;
  const hasNoType =
    schema.type === 'array' || schema.enum !== undefined || /^(?:uuid|binary)/.test(String(schema.format));
  return hasNoType ? { ...schema, 'x-wire': { ...rules, strict: false } } : schema;
}

/** Whether it is a default's schema that is compiled. */
export function isOfDefaults({ references, ofDefaults }: CompileContext): boolean {
  return references === ofDefaults;
}

function neverStrict(schema: JsonSchema): JsonSchema {
  const rules = schema['x-wire'];
  return isSchema(rules) && rules.strict === true ? { ...schema, 'x-wire': { ...rules, strict: false } } : schema;
}

/** What a rule of the model around it is for: models have rules of their own, and the parts of a union are looked at one by one. */
function isLeaf({ $ref, anyOf, oneOf, properties }: JsonSchema): boolean {
  return [$ref, anyOf, oneOf, properties].every((keyword) => keyword === undefined);
}

function compileUnchecked(schema: JsonSchema, pointer: string, context: CompileContext): Node {
  if (typeof schema.$ref === 'string') return compileReference(schema, pointer, context);
  if (schema.anyOf !== undefined) return compileAnyOf(schema, pointer, context);
  if (schema.oneOf !== undefined) return compileTagged(schema, pointer, context);
  if (schema.enum !== undefined || schema.const !== undefined) {
    return compileChoices(schema, pointer, { context, isClass: isEnumClass(schema, pointer) });
  }
  return compileType(schema, pointer, context);
}

function compileType(schema: JsonSchema, pointer: string, context: CompileContext): Node {
  switch (schema.type) {
    case 'string':
      return compileText(schema, pointer, context);
    case 'integer':
      return compileInteger(schema, pointer, context.profile);
    case 'number':
      return compileNumeric(schema, pointer);
    case 'boolean':
      return compileBoolean(schema, pointer);
    case 'null':
      return compileNull(schema, pointer);
    case 'array':
      return compileSequence(schema, pointer, context);
    case 'object':
      return compileObject(schema, pointer, context);
    case undefined:
      return compileAny(schema, pointer);
    default:
      throw new UnsupportedSchemaError(`${pointer}/type`, 'this type is not supported');
  }
}

function compileNumeric(schema: JsonSchema, pointer: string): Node {
  const rules = wireRulesOf(schema, pointer);
  return rules.decimal === true ? compileDecimal(schema, pointer, rules) : compileNumber(schema, pointer);
}

function compileText(declared: JsonSchema, pointer: string, { profile, isTyped }: CompileContext): Node {
  const schema = withBinaryFormat(declared);
  switch (schema.format) {
    case undefined:
    case 'password':
      if (schema.writeOnly === true) return compileSecret(schema, pointer);
      return isDecimalText(schema) ? compileDecimalText(schema, pointer) : compileString(schema, pointer);
    case 'date-time':
      return compileDateTime(schema, pointer, profile);
    case 'date':
      return compileDate(schema, pointer, profile);
    case 'time':
      return compileTime(schema, pointer);
    case 'duration':
      return compileDuration(schema, pointer, profile);
    case 'binary':
      return compileBinary(schema, pointer);
    case 'ipv4':
    case 'ipv6':
      return compileIpAddress(schema, pointer, { isTyped });
    case 'uri':
      return compileUrl(schema, pointer);
    case 'email':
      return compileEmail(schema, pointer, profile);
    default:
      if (/^uuid[1-8]?$/.test(String(schema.format))) return compileUuid(schema, pointer, profile);
      throw new UnsupportedSchemaError(`${pointer}/format`, `the format ${String(schema.format)} is not supported`);
  }
}

/** `SecretStr`. */
function compileSecret({ minLength, maxLength, ...text }: JsonSchema, pointer: string): Node {
  const bounds = {
    ...(minLength === undefined ? {} : { minLength }),
    ...(maxLength === undefined ? {} : { maxLength }),
  };
  return withValueLength(compileString(text, pointer), bounds, pointer);
}

/** `bytes`, or what a form sends as a file. */
function compileBinary(schema: JsonSchema, pointer: string): Node {
  const { type } = wireRulesOf(schema, pointer);
  if (type === 'UploadFile') return compileUploadFile(schema, pointer);
  return type === 'File' ? compileFileBytes(schema, pointer) : compileBytes(schema, pointer);
}

/** What Pydantic shows for a Decimal in an answer. */
function compileDecimalText(schema: JsonSchema, pointer: string): Node {
  const { type: _, pattern: __, ...rest } = schema;
  return compileDecimal({ ...rest, type: 'number' }, pointer, wireRulesOf(schema, pointer));
}

export function compileNull(schema: JsonSchema, pointer: string): Node {
  assertKnownKeywords(schema, pointer, ['type']);
  const refusal = { type: 'none_required', msg: 'Input should be None' };
  return { label: 'none', check: (input, run) => (input === null ? null : refuse(run, input, refusal)) };
}

function compileAny(schema: JsonSchema, pointer: string): Node {
  assertKnownKeywords(schema, pointer, []);
  return {
    label: 'any',
    check: (input, run) => {
      floorExactness(run, exactness.strict);
      return input;
    },
  };
}

function compileSequence(schema: JsonSchema, pointer: string, context: CompileContext): Node {
  if (schema.prefixItems !== undefined) {
    const items = tupleItems(schema, pointer).map((item, index) => {
      return compileNode(item, `${pointer}/prefixItems/${index}`, context);
    });
    return compileTuple(schema, pointer, items);
  }
  const item = compileItems(schema, pointer, context);
  const { type } = wireRulesOf(schema, pointer);
  if (schema.uniqueItems === true || type === 'set' || type === 'frozenset') return compileSet(schema, pointer, item);
  return type === 'tuple' ? compileOpenTuple(schema, pointer, item) : compileArray(schema, pointer, item);
}

function compileItems(schema: JsonSchema, pointer: string, context: CompileContext): Node {
  return compileNode(schemaAt(schema.items ?? {}, `${pointer}/items`), `${pointer}/items`, context);
}

function compileReference(schema: JsonSchema, pointer: string, context: CompileContext): Node {
  assertKnownKeywords(schema, pointer, ['$ref']);
  const target = String(schema.$ref);
  const known = context.references.get(target);
  if (known !== undefined) return known;
  const { schema: found, pointer: place } = resolveReference(target, pointer, context);
  // Not kept for the next reference: whether it is strict depends on the model around it.
  if (isChoiceSchema(found)) {
    // A RootModel of a Literal has a name of its own too.
    const isClass = wireRulesOf(found, place).type !== 'RootModel';
    const node = compileChoices(withStrictness(found, context), place, { context, isClass });
    return context.takesBytes === true ? readingBytes(node, found) : node;
  }
  // A schema that refers to itself finds the node before it is complete, and may take its check from it.
  let complete: Check | undefined;
  const node: Node = {
    label: nameOf(found),
    check: (input, run) => (complete === undefined ? invalid : complete(input, run)),
  };
  context.references.set(target, node);
  const compiled = compileNode(found, place, context);
  complete = compiled.check;
  node.check = compiled.check;
  node.label = compiled.label;
  return node;
}

interface ChoicePlace {
  context: CompileContext;
  isClass: boolean;
}

function compileChoices(schema: JsonSchema, pointer: string, { context, isClass }: ChoicePlace): Node {
  const node = isClass ? compileEnum(schema, pointer, enumOptions(context)) : compileLiteral(schema, pointer);
  return context.isKey === true ? readingKeys(node, schema, pointer) : node;
}

function enumOptions({ profile, isTyped }: CompileContext): EnumOptions {
  return { maxIntegerDigits: profile.maxIntegerDigits, ...(isTyped === true ? { isTyped } : {}) };
}

function withStrictness(schema: JsonSchema, { strict, isTyped }: CompileContext): JsonSchema {
  return strict === true && isTyped !== true ? { ...schema, 'x-wire': { strict, ...wireRulesOf(schema, '') } } : schema;
}

function isChoiceSchema(schema: JsonSchema): boolean {
  return schema.enum !== undefined || schema.const !== undefined;
}

/** FastAPI puts every Enum class under a name of its own, and writes a Literal where it is used. */
function isEnumClass(schema: JsonSchema, pointer: string): boolean {
  const { enumClass: rule, type } = wireRulesOf(schema, pointer);
  if (rule !== undefined) return rule !== false;
  if (type === 'RootModel') return false;
  // A schema that stands alone (a whole body) has no reference: a class name has no spaces, but digits or inner capitals.
  return pointer === '' && /^[A-Z]\w*[A-Z0-9]\w*$/.test(nameOf(schema));
}

export function resolveReference(
  target: string,
  pointer: string,
  context: CompileContext,
): { schema: JsonSchema; pointer: string } {
  const place = target.startsWith('#/') ? target.slice(1) : `/$defs/${escapePointer(target)}`;
  let found: unknown = context.root;
  for (const part of place.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    found = isSchema(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  }
  if (!isSchema(found)) throw new UnsupportedSchemaError(`${pointer}/$ref`, `nothing is found at ${target}`);
  return { schema: found, pointer: place };
}
