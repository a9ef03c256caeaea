import { keysOf, rememberKeyOrder, setOwn } from '../src/json/key-order.ts';
import { isRecord } from '../src/json/record.ts';
import { compileSerializer } from '../src/serialize/compile.ts';
import { stringifyPlain } from '../src/serialize/plain.ts';
import { compileResponse, ResponseMismatch } from '../src/serialize/response.ts';
import { compileBody } from '../src/validate/body.ts';
import { textOfKey } from '../src/validate/dictionary.ts';
import { isJsonObject } from '../src/validate/object.ts';
import type { JsonSchema } from '../src/validate/schema.ts';
import { UnsupportedSchemaError } from '../src/validate/schema.ts';
import { CalendarDate, DateTime, TimeOfDay } from '../src/values/date-time.ts';
import { parseDecimal } from '../src/values/decimal.ts';
import { Duration } from '../src/values/duration.ts';
import { floatValue } from '../src/values/float.ts';
import { parseDateText, parseDateTimeText, parseTimeText } from '../src/values/parse-temporal.ts';
import { Secret } from '../src/values/secret.ts';
import type { Outcome } from './vectors.ts';

/** One recorded answer: a Python value and what FastAPI wrote for it. */
export interface SerializationVector {
  id: string;
  type: string;
  mode: 'response_model' | 'plain';
  value: unknown;
  schema: JsonSchema;
  options?: Record<string, unknown>;
  status: number;
  wire: string | null;
  unordered?: boolean;
}

/** The models of a file by name: some values name a class whose schema only another case shows. */
export function classesOf(vectors: readonly SerializationVector[]): ReadonlyMap<string, JsonSchema> {
  const classes = new Map<string, JsonSchema>();
  for (const { schema } of vectors) {
    const definitions = isRecord(schema.$defs) ? Object.values(schema.$defs) : [];
    for (const model of [schema, ...definitions]) {
      if (isRecord(model) && typeof model.title === 'string') classes.set(model.title, model);
    }
  }
  return classes;
}

/** Writes the value as a route that returns it does, and compares the bytes. */
export function runSerialization(vector: SerializationVector, classes: ReadonlyMap<string, JsonSchema>): Outcome {
  try {
    const actual = write(vector, classes);
    if (vector.status === 500) return { kind: 'recorded-500', actual };
    const expected = vector.wire ?? '';
    const same = actual === expected || (vector.unordered === true && sorted(actual) === sorted(expected));
    return same ? { kind: 'agrees' } : { kind: 'differs', expected, actual };
  } catch (error) {
    if (error instanceof UnsupportedSchemaError) return { kind: 'unsupported', reason: error.message };
    if (error instanceof ResponseMismatch && vector.status === 500) return { kind: 'recorded-500', actual: error.code };
    throw error;
  }
}

/** Arrays that come from a set have no order. */
function sorted(text: string): string {
  return Array.from(text).toSorted().join('');
}

function write(vector: SerializationVector, classes: ReadonlyMap<string, JsonSchema>): string {
  const { mode, schema, value, type } = vector;
  const options = vector.options ?? {};
  const byAlias = options.response_model_by_alias !== false;
  const scope: Scope = {
    classes: byAlias ? classes : new Map(),
    mode,
    onlySet: options.response_model_exclude_unset === true,
  };
  const given = valueOf(value, scope);
  if (mode === 'plain') return stringifyPlain(given);
  const names = namedBy(schema, scope);
  const declared = byAlias ? schema : withPythonNames(schema, value);
  const exclusions = {
    excludeNone: options.response_model_exclude_none === true,
    excludeUnset: options.response_model_exclude_unset === true,
    excludeDefaults: options.response_model_exclude_defaults === true,
    ...listOption('include', options.response_model_include),
    ...listOption('exclude', options.response_model_exclude),
  };
  const { inputs, compute } = computedFields(type, declared);
  const ready = names(given);
  if (compute === undefined) return compileResponse(declared, exclusions)(ready);
  return compileSerializer(declared)(compute(parseValid(inputs, ready)));
}

function listOption(name: string, list: unknown): Record<string, string[]> {
  return Array.isArray(list) ? { [name]: list.map(String) } : {};
}

interface Scope {
  classes: ReadonlyMap<string, JsonSchema>;
  mode: SerializationVector['mode'];
  onlySet: boolean;
}

/** A dictionary at the top stands for the schema's model: Python's field names become those of the wire. */
function namedBy(schema: JsonSchema, scope: Scope): (value: unknown) => unknown {
  return (value) => {
    if (!isJsonObject(value) || !isRecord(schema.properties)) return value;
    return renamed(
      keysOf(value).map((key): [string, unknown] => [key, value[key]]),
      schema,
      scope,
    );
  };
}

/** `response_model_by_alias=False`: the properties under the names of the Python fields. */
function withPythonNames(schema: JsonSchema, value: unknown): JsonSchema {
  const model = isRecord(value) && isRecord(value.$model) ? value.$model : {};
  const fields = Array.isArray(model.fields) ? model.fields.map(([name]) => String(name)) : [];
  const rename = (name: string): string => fields.find((field) => lettersOf(field) === lettersOf(name)) ?? name;
  const properties = isRecord(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required.map((name) => rename(String(name))) : [];
  return {
    ...schema,
    required,
    properties: Object.fromEntries(Object.entries(properties).map(([name, property]) => [rename(name), property])),
  };
}

interface Computed {
  /** The model as it is before anything is computed. */
  inputs: JsonSchema;
  compute: ((value: Record<string, unknown>) => unknown) | undefined;
}

/** What a class computes is described in words: `computed_field total = a + b, field_serializer a -> '#<a>'`. */
function computedFields(type: string, schema: JsonSchema): Computed {
  const sum = /computed_field (\w+) = (\w+) \+ (\w+)/.exec(type);
  const shown = /field_serializer (\w+) -> '(.*)'/.exec(type);
  if (sum === null && shown === null) return { inputs: schema, compute: undefined };
  const [, name = '', left = '', right = ''] = sum ?? [];
  const { [name]: _, ...properties } = isRecord(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required.filter((field) => field !== name) : [];
  const compute = (value: Record<string, unknown>): unknown => {
    const total = sum === null ? {} : { [name]: floatValue(Number(value[left]) + Number(value[right])) };
    const text = shown?.[2]?.replace(`<${shown[1] ?? ''}>`, String(value[shown[1] ?? '']));
    return { ...value, ...(shown === null ? {} : { [shown[1] ?? '']: text }), ...total };
  };
  return { inputs: { ...schema, properties, required }, compute };
}

function parseValid(schema: JsonSchema, value: unknown): Record<string, unknown> {
  const result = compileBody(schema)({ kind: 'json', value });
  if (!result.ok || !isJsonObject(result.value)) throw new TypeError('the value does not fit its model');
  return result.value;
}

/** The value that stands for a tagged scalar here. */
export function scalarOf(tagged: unknown): unknown {
  return valueOf(tagged, { classes: new Map(), mode: 'response_model', onlySet: false });
}

/** The value that stands for the tagged one here. */
function valueOf(tagged: unknown, scope: Scope): unknown {
  if (Array.isArray(tagged)) return tagged.map((item) => valueOf(item, scope));
  if (!isRecord(tagged)) return tagged;
  const [[tag, content] = ['', undefined]] = Object.entries(tagged);
  const make = makers[tag];
  return make === undefined ? tagged : make(content, scope);
}

const makers: Record<string, (content: unknown, scope: Scope) => unknown> = {
  $float: (text) => floatValue(Number(String(text).replace('inf', 'Infinity').replace('nan', 'NaN'))),
  $int: (text) => BigInt(String(text)),
  $datetime: (text) => dateTimeOf(String(text)),
  $date: (text) => new CalendarDate(parsed(parseDateText(String(text)))),
  $time: (text) => new TimeOfDay(parsed(parseTimeText(String(text)))),
  $timedelta: (parts) => durationOf(parts),
  $uuid: String,
  $decimal: (text) => parseDecimal(String(text)) ?? floatValue(Number.NaN),
  $enum: (member, scope) => (isRecord(member) ? valueOf(member.value, scope) : undefined),
  $bytes: (hex) => Buffer.from(String(hex), 'hex').toString('utf8'),
  $set: list,
  $frozenset: list,
  $tuple: list,
  $secret: (text) => new Secret(String(text)),
  $str: (pair) => (Array.isArray(pair) ? String(pair[1]) : undefined),
  $dict: (pairs, scope) => renamed(entriesOf(pairs, scope), {}, scope),
  $object: (pairs, scope) => renamed(entriesOf(pairs, scope), {}, scope),
  $model: (model, scope) => (isRecord(model) ? modelOf(model, scope) : undefined),
};

function list(items: unknown, scope: Scope): unknown[] {
  return Array.isArray(items) ? items.map((item) => valueOf(item, scope)) : [];
}

function parsed<T>(result: { ok: true; value: T } | { ok: false; error: string }): T {
  if (!result.ok) throw new TypeError(result.error);
  return result.value;
}

/** Python's offsets may have seconds, which no text that Pydantic reads has. */
function dateTimeOf(text: string): DateTime {
  const [, moment = text, sign, seconds] = /^(.*([+-])\d\d:\d\d):(\d\d)$/.exec(text) ?? [];
  const fields = parsed(parseDateTimeText(moment));
  if (seconds === undefined || fields.offsetSeconds === null || !moment.includes('T'))
    return parsed(parseDateTimeText(text));
  const offsetSeconds = fields.offsetSeconds + (sign === '-' ? -Number(seconds) : Number(seconds));
  const { year, month, day, hour, minute, second, microsecond } = fields;
  return new DateTime({ year, month, day, hour, minute, second, microsecond, offsetSeconds });
}

function durationOf(parts: unknown): Duration {
  const [days = 0, seconds = 0, microseconds = 0] = Array.isArray(parts) ? parts.map(Number) : [];
  const total = (BigInt(days) * 86_400n + BigInt(seconds)) * 1_000_000n + BigInt(microseconds);
  const magnitude = total < 0n ? -total : total;
  const whole = { seconds: Number(magnitude / 1_000_000n), microseconds: Number(magnitude % 1_000_000n) };
  return parsed(Duration.from({ negative: total < 0n, ...whole }));
}

function entriesOf(pairs: unknown, scope: Scope): [string, unknown][] {
  const list: unknown[] = Array.isArray(pairs) ? pairs : [];
  return list.flatMap((pair): [string, unknown][] => {
    if (!Array.isArray(pair)) return [];
    const key = valueOf(pair[0], scope);
    const text = key === null && scope.mode === 'plain' ? 'null' : textOfKey(key);
    return [[text, valueOf(pair[1], scope)]];
  });
}

/** A model writes itself as Pydantic does, also inside an answer that has no model. */
function modelOf(model: Record<string, unknown>, scope: Scope): unknown {
  const schema = scope.classes.get(String(model.class)) ?? {};
  const set: unknown[] = Array.isArray(model.set) ? model.set : [];
  const entries = entriesOf(model.fields, { ...scope, mode: 'response_model' });
  const kept = scope.onlySet ? entries.filter(([name]) => set.includes(name)) : entries;
  const object = renamed(kept, schema, scope);
  return scope.mode === 'plain'
    ? JSON.parse(compileResponse({ ...schema, $defs: definitions(scope) })(object), keepFloats)
    : object;
}

/** JSON.parse alone would lose `1.0`. */
function keepFloats(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' && /[.eE]/.test(context?.source ?? '') ? floatValue(value) : value;
}

function definitions({ classes }: Scope): Record<string, JsonSchema> {
  return Object.fromEntries(classes);
}

/** The members under the names of the properties that have the same letters. */
function renamed(entries: readonly [string, unknown][], schema: JsonSchema, scope: Scope): Record<string, unknown> {
  const properties = isRecord(schema.properties) ? Object.keys(schema.properties) : [];
  const isKnown = typeof schema.title === 'string' && scope.classes.has(schema.title);
  const object: Record<string, unknown> = {};
  const names: string[] = [];
  for (const [sent, value] of entries) {
    const name = (isKnown ? properties.find((property) => lettersOf(property) === lettersOf(sent)) : undefined) ?? sent;
    setOwn(object, name, value);
    names.push(name);
  }
  rememberKeyOrder(object, names);
  return object;
}

function lettersOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}
