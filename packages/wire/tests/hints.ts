import { isRecord } from '../src/json/record.ts';
import { WireValueError } from '../src/validate/after.ts';
import type { JsonSchema } from '../src/validate/schema.ts';
import { UnsupportedSchemaError } from '../src/validate/schema.ts';
import type { Vector } from './vectors.ts';

// A recorded case says beside its schema what OpenAPI can't show, as facts; here they become `x-wire` rules.

const ruleOfHint: Record<string, string> = {
  strict: 'strict',
  strip_whitespace: 'stripWhitespace',
  str_strip_whitespace: 'stripWhitespace',
  to_lower: 'toLower',
  to_upper: 'toUpper',
  allow_inf_nan: 'allowInfNan',
  union_mode: 'unionMode',
  type: 'type',
  max_digits: 'maxDigits',
  decimal_places: 'decimalPlaces',
  gt: 'gt',
  ge: 'ge',
  lt: 'lt',
  le: 'le',
  multiple_of: 'multipleOf',
  field_names: 'fieldNames',
};

/** Facts that another part of the run takes up. */
const elsewhere = new Set(['populate_by_name', 'query_model', 'output']);

/** The schema with its hints as `x-wire` rules; a hint without such a rule makes the schema unsupported. */
export function withRules(vector: Vector): JsonSchema {
  const schema = structuredClone(vector.schema);
  if (vector.where === 'body' && vector.required === false) addRules(schema, { optionalBody: true });
  for (const [pointer, facts] of Object.entries(vector.hints ?? {})) {
    addRules(
      targetOf(schema, pointer),
      Object.fromEntries(Object.entries(facts).flatMap((fact) => ruleOf(fact, pointer))),
    );
  }
  for (const [keys, dictionary] of literalKeys(vector.declared, schema)) addRules(dictionary, { keys });
  return schema;
}

function ruleOf([fact, value]: [string, unknown], pointer: string): [string, unknown][] {
  if (elsewhere.has(fact)) return [];
  if (fact === 'validator') return [['after', validatorOf(String(value), pointer)]];
  if (fact === 'keys') return [['keys', keySchema(String(value), pointer)]];
  const rule = ruleOfHint[fact];
  if (rule === undefined) throw new UnsupportedSchemaError(pointer, `the hint ${fact} has no rule yet`);
  return [[rule, value]];
}

function addRules(schema: Record<string, unknown>, rules: Record<string, unknown>): void {
  schema['x-wire'] = { ...(isRecord(schema['x-wire']) ? schema['x-wire'] : {}), ...rules };
}

const keyTypes: Record<string, JsonSchema> = {
  int: { type: 'integer' },
  float: { type: 'number' },
  bool: { type: 'boolean' },
  Decimal: { type: 'number', 'x-wire': { decimal: true } },
};

function keySchema(type: string, pointer: string): JsonSchema {
  const schema = keyTypes[type];
  if (schema === undefined) throw new UnsupportedSchemaError(pointer, `keys of type ${type} have no schema`);
  return schema;
}

/** Neither the schema nor a hint shows Literal keys that are no texts; the Python declaration does. */
function* literalKeys(declared: string, schema: JsonSchema): Generator<[JsonSchema, Record<string, unknown>]> {
  const literals = [...declared.matchAll(/dict\[Literal\[([^\]]*)\]/g)].map(([, list = '']) => list);
  if (literals.length === 0) return;
  const dictionaries = [...dictionariesIn(schema)].filter((found) => found.propertyNames === undefined);
  for (const [index, list] of literals.entries()) {
    const values: unknown = JSON.parse(`[${list.replaceAll("'", '"')}]`);
    const dictionary = dictionaries[index];
    if (dictionary !== undefined) yield [{ enum: values }, dictionary];
  }
}

function* dictionariesIn(value: unknown): Generator<Record<string, unknown>> {
  if (!isRecord(value)) return;
  if (value.type === 'object' && isRecord(value.additionalProperties)) yield value;
  for (const member of Object.values(value)) yield* dictionariesIn(member);
}

/** The recorded validators are described in words of three kinds; names, numbers and messages differ. */
function validatorOf(words: string, pointer: string): (value: unknown) => unknown {
  const strip = /^after: s = v\.strip\('(.*)'\); if s is empty raise ValueError\('(.*)'\); value becomes s$/.exec(
    words,
  );
  if (strip !== null) return stripped(strip[1] ?? '', strip[2] ?? '');
  const modulo = /^after: assert v % (\d+) == (\d+), '(.*)'/.exec(words);
  if (modulo !== null) {
    const [, of, rest, message = ''] = modulo;
    return (value) => {
      if (typeof value !== 'number' && typeof value !== 'bigint') throw new TypeError('expected an integer');
      const remainder = ((BigInt(value) % BigInt(of ?? 1)) + BigInt(of ?? 1)) % BigInt(of ?? 1);
      if (remainder !== BigInt(rest ?? 0)) throw new WireValueError(message, { kind: 'assertion' });
      return value;
    };
  }
  const order = /^model, after: if (\w+) (>|<|>=|<=|==) (\w+) raise ValueError\('(.*)'\)$/.exec(words);
  if (order === null) throw new UnsupportedSchemaError(pointer, `the validator is described in other words: ${words}`);
  const [, left = '', operator = '', right = '', message = ''] = order;
  return (value) => {
    if (isRecord(value) && holds(operator, Number(value[left]), Number(value[right])))
      throw new WireValueError(message);
    return value;
  };
}

function stripped(characters: string, message: string): (value: unknown) => unknown {
  return (value) => {
    let text = String(value);
    while (text !== '' && characters.includes(text.charAt(0))) text = text.slice(1);
    while (text !== '' && characters.includes(text.charAt(text.length - 1))) text = text.slice(0, -1);
    if (text === '') throw new WireValueError(message);
    return text;
  };
}

function holds(operator: string, left: number, right: number): boolean {
  if (operator === '==') return left === right;
  if (operator.endsWith('=') && left === right) return true;
  return operator.startsWith('>') ? left > right : left < right;
}

function targetOf(schema: Record<string, unknown>, pointer: string): Record<string, unknown> {
  let found: Record<string, unknown> = schema;
  for (const part of pointer.split('/').slice(1)) {
    const next = found[part.replaceAll('~1', '/').replaceAll('~0', '~')];
    if (!isRecord(next)) throw new TypeError(`a hint points nowhere: ${pointer}`);
    found = next;
  }
  return found;
}
