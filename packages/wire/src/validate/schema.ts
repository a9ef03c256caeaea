/** A JSON Schema as FastAPI's OpenAPI shows it; TypeBox schemas are the same thing. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** A schema that this package cannot give Pydantic's meaning to. Thrown when the schema is compiled, never later. */
export class UnsupportedSchemaError extends TypeError {
  override readonly name = 'UnsupportedSchemaError';
  readonly code = 'wire_unsupported_schema';
  /** JSON pointer of the offending place. */
  readonly pointer: string;

  constructor(pointer: string, problem: string) {
    super(`${pointer === '' ? '(root)' : pointer}: ${problem}`);
    this.pointer = pointer;
  }
}

/**
 * Rules that must not appear in OpenAPI, under the keyword `x-wire`:
 * facts that Pydantic knows and JSON Schema cannot say, and hardening that a client must not see.
 */
export interface WireRules {
  /** Never echoed in a 422 while `maskSecrets` is on. */
  secret?: boolean;
  /** Bounds on the length in code points that the incumbent did not document. */
  minLength?: number;
  maxLength?: number;
  /** `Field(strict=True)`. */
  strict?: boolean;
  stripWhitespace?: boolean;
  toLower?: boolean;
  toUpper?: boolean;
  /** `false`: NaN and infinities are refused. */
  allowInfNan?: boolean;
  unionMode?: 'smart' | 'left_to_right';
  /** An `enum` that is a Python Enum class, not a Literal: refused as `enum` instead of `literal_error`. `plain`: its members
   * are no texts themselves, which unions say in their errors. */
  enumClass?: boolean | 'plain';
  /** A body that may be absent or null; the schema's `default` is used then. */
  optionalBody?: boolean;
  /** Several `Body()` parameters: each property is a parameter of its own. Implied by a title that starts with `Body_`. */
  bodyFields?: boolean;
  /** Parameters of one place that are one model: it sees, and may refuse, whatever else was sent. */
  parameterModel?: boolean;
  /** What a schema stands for where its keywords do not say it: a name of Pydantic's. */
  type?: NamedType;
  /** The `type: number` of a Decimal; Pydantic shows it as a number or a text, and that pair needs no rule. */
  decimal?: boolean;
  maxDigits?: number;
  decimalPlaces?: number;
  /** Exact bounds of a Decimal, a date, a time, a datetime or a duration, as text. */
  gt?: string;
  ge?: string;
  lt?: string;
  le?: string;
  multipleOf?: string;
  /** The schema of a dictionary's keys; `propertyNames` where that is shown. */
  keys?: object;
  /** `populate_by_name`: the Python names under which properties are accepted as well, by property. */
  fieldNames?: object;
  /** Runs on a value that is valid so far and returns the final one; throws WireValueError to refuse it. */
  after?: (value: unknown) => unknown;
  /** What the document shows in place of this schema: FastAPI knows less about a `dict` than its serialiser should. */
  documentedAs?: object;
}

/** Types that JSON Schema shows as something wider. */
export const namedTypes = [
  ...(['AwareDatetime', 'NaiveDatetime', 'PastDatetime', 'FutureDatetime', 'PastDate', 'FutureDate'] as const),
  ...(['tuple', 'set', 'frozenset', 'RootModel', 'UploadFile', 'File'] as const),
  ...(['AnyUrl', 'AnyHttpUrl', 'HttpUrl', 'AnyWebsocketUrl', 'WebsocketUrl', 'FileUrl', 'FtpUrl'] as const),
] as const;
export type NamedType = (typeof namedTypes)[number];

const ruleTypes: Readonly<Record<string, readonly string[]>> & Record<keyof WireRules, readonly string[]> = {
  secret: ['boolean'],
  minLength: ['number'],
  maxLength: ['number'],
  strict: ['boolean'],
  stripWhitespace: ['boolean'],
  toLower: ['boolean'],
  toUpper: ['boolean'],
  allowInfNan: ['boolean'],
  unionMode: ['smart', 'left_to_right'],
  enumClass: ['boolean', 'plain'],
  optionalBody: ['boolean'],
  bodyFields: ['boolean'],
  documentedAs: ['object'],
  parameterModel: ['boolean'],
  type: namedTypes,
  decimal: ['boolean'],
  maxDigits: ['number'],
  decimalPlaces: ['number'],
  gt: ['string'],
  ge: ['string'],
  lt: ['string'],
  le: ['string'],
  multipleOf: ['string'],
  keys: ['object'],
  fieldNames: ['object'],
  after: ['function'],
};

/** Keywords that say nothing about which values are accepted. */
const annotations = new Set([
  ...['title', 'description', 'default', 'example', 'examples', 'deprecated', 'readOnly', 'writeOnly'],
  ...['$id', '$schema', '$comment', '$defs', 'definitions', 'x-wire'],
]);

/** Refuses every keyword that is neither an annotation nor in `known`. */
export function assertKnownKeywords(schema: JsonSchema, pointer: string, known: readonly string[]): void {
  for (const keyword of Object.keys(schema)) {
    if (annotations.has(keyword) || known.includes(keyword) || schema[keyword] === undefined) continue;
    throw new UnsupportedSchemaError(`${pointer}/${escapePointer(keyword)}`, `the keyword is not supported here`);
  }
}

/** The `x-wire` rules of a schema, checked. */
export function wireRulesOf(schema: JsonSchema, pointer: string): WireRules {
  const rules = schema['x-wire'];
  if (rules === undefined) return {};
  if (!isSchema(rules)) throw new UnsupportedSchemaError(`${pointer}/x-wire`, 'expected an object');
  for (const [name, value] of Object.entries(rules)) {
    const types = Object.hasOwn(ruleTypes, name) ? ruleTypes[name] : undefined;
    const allowed = types?.includes(typeof value) === true || (typeof value === 'string' && types?.includes(value));
    if (allowed !== true) {
      throw new UnsupportedSchemaError(`${pointer}/x-wire/${escapePointer(name)}`, 'unknown rule or wrong value');
    }
  }
  return rules; // every member was checked against ruleTypes
}

/** The name of a model or enum: its title, or the `$id` that TypeBox schemas carry. */
export function nameOf(schema: JsonSchema): string {
  if (typeof schema.title === 'string') return schema.title;
  return typeof schema.$id === 'string' ? schema.$id : '';
}

/**
 * A dictionary as FastAPI writes it, with `additionalProperties` alone. TypeBox writes `Record<string, T>` as a pattern
 * that every key matches, and an open object with no properties with an empty list of them.
 */
export function withRecordValues(schema: JsonSchema): JsonSchema {
  const { patternProperties, properties, ...rest } = schema;
  if (isSchema(patternProperties) && Object.keys(patternProperties).join() === '^(.*)$') {
    return { ...rest, additionalProperties: patternProperties['^(.*)$'] };
  }
  const isOpen = schema.additionalProperties === true || isSchema(schema.additionalProperties);
  return isOpen && isSchema(properties) && Object.keys(properties).length === 0 ? rest : schema;
}

/** Bytes as FastAPI >= 0.129.1 shows them, as the releases before did. */
export function withBinaryFormat(schema: JsonSchema): JsonSchema {
  const { contentMediaType, ...rest } = schema;
  return contentMediaType === binaryMediaType && schema.format === undefined ? { ...rest, format: 'binary' } : schema;
}

export const binaryMediaType = 'application/octet-stream';

/** A dictionary whose keys have a pattern (a Decimal's among them), as one whose keys have a schema. */
export function withKeyPattern(schema: JsonSchema): JsonSchema {
  const { patternProperties, ...rest } = schema;
  const patterns = isSchema(patternProperties) ? Object.keys(patternProperties) : [];
  const [pattern] = patterns;
  if (!isSchema(patternProperties) || pattern === undefined || patterns.length > 1) return schema;
  const keys = { type: 'string', pattern };
  const rules = { ...wireRulesOf(schema, ''), keys };
  return { ...rest, additionalProperties: patternProperties[pattern], 'x-wire': rules };
}

export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function schemaAt(value: unknown, pointer: string): JsonSchema {
  if (!isSchema(value)) throw new UnsupportedSchemaError(pointer, 'expected a schema object');
  return value;
}

export function numberKeyword(schema: JsonSchema, keyword: string, pointer: string): number | undefined {
  const value = schema[keyword];
  if (value === undefined || typeof value === 'number') return value;
  throw new UnsupportedSchemaError(`${pointer}/${keyword}`, 'expected a number');
}

export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
