import { readFileSync } from 'node:fs';
import { ValidationFailure } from '../src/errors.ts';
import { decodePercent } from '../src/http/percent.ts';
import { parseFormFields } from '../src/http/query-string.ts';
import { parseBody } from '../src/json/parse.ts';
import { isRecord } from '../src/json/record.ts';
import { stringifyEcho } from '../src/json/write.ts';
import { fastapi0128 } from '../src/profile.ts';
import { CompiledRoute } from '../src/route.ts';
import { compileSerializer } from '../src/serialize/compile.ts';
import { compileBody } from '../src/validate/body.ts';
import type { TextSource } from '../src/validate/parameters.ts';
import { compileParameters } from '../src/validate/parameters.ts';
import type { JsonSchema } from '../src/validate/schema.ts';
import { UnsupportedSchemaError } from '../src/validate/schema.ts';

/** One recorded case; see data/README.md. */
export interface Vector {
  id: string;
  where: 'body' | 'query' | 'path' | 'header' | 'form';
  declared: string;
  schema: JsonSchema;
  hints?: Record<string, Record<string, unknown>>;
  required?: boolean;
  input?: string;
  input_b64?: string;
  input_expand?: [string, number][];
  template?: string;
  content_type?: string | null;
  unordered?: boolean;
  status: number;
  output?: string;
  errors?: unknown;
  errors_raw?: string;
  body?: string;
}

export type Outcome =
  | { kind: 'agrees' }
  | { kind: 'differs'; expected: string; actual: string }
  | { kind: 'unsupported'; reason: string }
  /** The recorded stack failed with a 500; a better answer is allowed and shown. */
  | { kind: 'recorded-500'; actual: string };

export function readVectors(name: string): Vector[] {
  const text = readFileSync(new URL(`data/vectors/${name}.jsonl`, import.meta.url), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line): Vector => JSON.parse(line));
}

/** Runs one vector through the package's own path from bytes to bytes. */
export function runVector(vector: Vector): Outcome {
  try {
    const actual = answer(vector);
    if (vector.status === 500) return { kind: 'recorded-500', actual };
    const expected = expectedAnswer(vector);
    return actual === expected ? { kind: 'agrees' } : { kind: 'differs', expected, actual };
  } catch (error) {
    if (error instanceof UnsupportedSchemaError) return { kind: 'unsupported', reason: error.message };
    throw error;
  }
}

function expectedAnswer(vector: Vector): string {
  if (vector.status === 422) return `422 ${vector.errors_raw ?? JSON.stringify(vector.errors)}`;
  return `${vector.status} ${vector.status === 200 ? vector.output : vector.body}`;
}

function answer(vector: Vector): string {
  const schema = withRules(vector);
  switch (vector.where) {
    case 'body':
      return answerBody(vector, schema);
    case 'query':
      return answerParameters(vector, schema, fieldSource(parseFormFields(vector.input ?? '')));
    case 'path':
      return answerParameters(vector, schema, () => [decodePercent(vector.input ?? '')]);
    case 'header':
      return answerParameters(vector, schema, headerSource(vector.input ?? ''));
    case 'form':
      return answerForm(vector, schema);
    default:
      throw new TypeError(`unknown place ${String(vector.where)}`);
  }
}

function answerBody(vector: Vector, schema: JsonSchema): string {
  const validate = compileBody(schema);
  const serialize = compileSerializer(schema);
  const contentType = vector.content_type === undefined ? 'application/json' : (vector.content_type ?? undefined);
  const body = parseBody(bytesOf(vector), contentType);
  if (body.kind === 'unreadable') return '400 {"detail":"There was an error parsing the body"}';
  const result = validate(body);
  return result.ok ? `200 ${serialize(result.value)}` : `422 ${stringifyEcho(result.items)}`;
}

function answerForm(vector: Vector, schema: JsonSchema): string {
  const contentType = vector.content_type === undefined ? 'application/x-www-form-urlencoded' : vector.content_type;
  if (contentType?.startsWith('multipart/') === true) throw new UnsupportedSchemaError('', 'multipart is not read yet');
  const options = { profile: fastapi0128, maskSecrets: false };
  const route = new CompiledRoute({}, { form: schema }, options);
  const serialize = compileSerializer(schema);
  try {
    const body = route.readBody(bytesOf(vector), contentType ?? undefined);
    return `200 ${serialize(route.validateBody(body))}`;
  } catch (error) {
    if (error instanceof ValidationFailure) return `422 ${stringifyEcho(error.items)}`;
    throw error;
  }
}

interface Parameter {
  name: string;
  required: boolean;
  schema: JsonSchema;
}

function answerParameters(vector: Vector, schema: JsonSchema, source: TextSource): string {
  const place = vector.where === 'form' || vector.where === 'body' ? 'body' : vector.where;
  const parameters = parametersOf(schema);
  const object: JsonSchema = {
    type: 'object',
    $defs: schema.$defs,
    required: parameters.filter((parameter) => parameter.required).map((parameter) => parameter.name),
    properties: Object.fromEntries(parameters.map((parameter) => [parameter.name, parameter.schema])),
  };
  const serialize = compileSerializer(object);
  const result = compileParameters(place, object, { scalar: place === 'header' ? 'first' : 'last' })(source);
  return result.ok ? `200 ${serialize(result.value)}` : `422 ${stringifyEcho(result.items)}`;
}

function parametersOf(schema: JsonSchema): Parameter[] {
  return Array.isArray(schema.parameters) ? schema.parameters : [];
}

function fieldSource(fields: Map<string, string[]>): TextSource {
  return (name) => fields.get(name) ?? [];
}

function headerSource(lines: string): TextSource {
  const headers = new Map<string, string[]>();
  for (const line of lines.split('\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    // Header bytes are read as Latin-1, by Starlette as by Node.
    const value = Buffer.from(line.slice(colon + 1))
      .toString('latin1')
      .replace(/^[ \t]+|[ \t]+$/g, '');
    if (colon > 0) headers.set(name, [...(headers.get(name) ?? []), value]);
  }
  return (name) => headers.get(name.toLowerCase()) ?? [];
}

function bytesOf(vector: Vector): Buffer {
  if (vector.input_b64 !== undefined) return Buffer.from(vector.input_b64, 'base64');
  if (vector.input_expand !== undefined) {
    return Buffer.from(vector.input_expand.map(([text, count]) => text.repeat(count)).join(''));
  }
  return Buffer.from(vector.input ?? '');
}

const ruleOfHint: Record<string, string> = {
  strict: 'strict',
  strip_whitespace: 'stripWhitespace',
  to_lower: 'toLower',
  to_upper: 'toUpper',
  allow_inf_nan: 'allowInfNan',
  union_mode: 'unionMode',
};

/** The schema with its hints as `x-wire` rules; a hint without such a rule makes the schema unsupported. */
function withRules(vector: Vector): JsonSchema {
  if (vector.where === 'body' && vector.required === false) {
    vector.hints = { ...vector.hints, '': { ...vector.hints?.[''], optionalBody: true } };
  }
  // Neither the schema nor a hint shows the key type of these dictionaries; only the Python declaration does.
  if (/dict\[Literal\[\d/.test(vector.declared))
    throw new UnsupportedSchemaError('', 'the key type is not in the schema');
  if (vector.hints === undefined) return vector.schema;
  const schema = structuredClone(vector.schema);
  for (const [pointer, facts] of Object.entries(vector.hints)) {
    const rules: Record<string, unknown> = {};
    for (const [fact, value] of Object.entries(facts)) {
      const rule = fact === 'optionalBody' ? fact : ruleOfHint[fact];
      if (rule === undefined) throw new UnsupportedSchemaError(pointer, `the hint ${fact} has no rule yet`);
      rules[rule] = value;
    }
    const target = targetOf(schema, pointer);
    target['x-wire'] = rules;
  }
  return schema;
}

function targetOf(schema: JsonSchema, pointer: string): Record<string, unknown> {
  let found: Record<string, unknown> = schema;
  for (const part of pointer.split('/').slice(1)) {
    const next = found[part.replaceAll('~1', '/').replaceAll('~0', '~')];
    if (!isRecord(next)) throw new TypeError(`a hint points nowhere: ${pointer}`);
    found = next;
  }
  if (pointer === '') return found;
  const branches = found.anyOf;
  const only = Array.isArray(branches) ? branches.filter((branch) => branch.type !== 'null') : [];
  return only.length === 1 ? only[0] : found;
}
