import { readdirSync, readFileSync } from 'node:fs';
import { BodyParseFailure, ValidationFailure } from '../src/errors.ts';
import { decodePercent } from '../src/http/percent.ts';
import type { FormFields } from '../src/http/query-string.ts';
import { parseFormFields } from '../src/http/query-string.ts';
import { parseBody } from '../src/json/parse.ts';
import { isRecord } from '../src/json/record.ts';
import { stringifyEcho } from '../src/json/write.ts';
import type { WireProfile } from '../src/profile.ts';
import { fastapi0128 } from '../src/profile.ts';
import { CompiledRoute } from '../src/route.ts';
import { compileSerializer } from '../src/serialize/compile.ts';
import { compileBody } from '../src/validate/body.ts';
import { compileFieldModel } from '../src/validate/form.ts';
import type { TextSource } from '../src/validate/parameters.ts';
import { compileParameters } from '../src/validate/parameters.ts';
import type { JsonSchema } from '../src/validate/schema.ts';
import { UnsupportedSchemaError } from '../src/validate/schema.ts';
import { withRules } from './hints.ts';

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
  return readLines(`vectors/${name}`);
}

/** All recorded requests, file by file. */
export function readRequestVectors(): Vector[] {
  return readdirSync(new URL('data/vectors', import.meta.url))
    .filter((name) => name.startsWith('pydantic-'))
    .toSorted()
    .flatMap((name) => readVectors(name.replace('.jsonl', '')));
}

/** The lines of a file of data/. */
export function readLines<T>(name: string): T[] {
  const text = readFileSync(new URL(`data/${name}.jsonl`, import.meta.url), 'utf8');
  return text
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line): T => JSON.parse(line));
}

/** Runs one vector through the package's own path from bytes to bytes. */
export function runVector(vector: Vector, profile: WireProfile = fastapi0128): Outcome {
  try {
    const actual = answer(vector, profile);
    if (vector.status === 500) return { kind: 'recorded-500', actual };
    const expected = expectedAnswer(vector);
    const isSame = actual === expected || (vector.unordered === true && isSameInAnyOrder(actual, expected));
    return isSame ? { kind: 'agrees' } : { kind: 'differs', expected, actual };
  } catch (error) {
    if (error instanceof UnsupportedSchemaError) return { kind: 'unsupported', reason: error.message };
    throw error;
  }
}

/** Arrays that come from a set have no order: the same pieces between commas and brackets, in the same number. */
function isSameInAnyOrder(actual: string, expected: string): boolean {
  const pieces = (text: string): string =>
    text
      .split(/[,[\]{}]/)
      .toSorted()
      .join();
  return pieces(actual) === pieces(expected);
}

export function expectedAnswer(vector: Vector): string {
  if (vector.status === 422) return `422 ${vector.errors_raw ?? JSON.stringify(vector.errors)}`;
  return `${vector.status} ${vector.status === 200 ? vector.output : vector.body}`;
}

function answer(vector: Vector, profile: WireProfile): string {
  const schema = withRules(vector);
  switch (vector.where) {
    case 'body':
      return answerBody(vector, schema, profile);
    case 'query':
      return answerQuery(vector, parseFormFields(vector.input ?? ''), { schema, profile });
    case 'path':
      return answerParameters(vector, () => [decodePercent(vector.input ?? '')], { schema, profile });
    case 'header':
      return answerParameters(vector, headerSource(vector.input ?? ''), { schema, profile });
    case 'form':
      return answerForm(vector, schema, profile);
    default:
      throw new TypeError(`unknown place ${String(vector.where)}`);
  }
}

function answerBody(vector: Vector, schema: JsonSchema, profile: WireProfile): string {
  const validate = compileBody(schema, profile);
  const serialize = compileSerializer(schema, profile);
  const contentType = vector.content_type === undefined ? 'application/json' : (vector.content_type ?? undefined);
  const body = parseBody(bytesOf(vector), contentType, profile);
  if (body.kind === 'unreadable') return '400 {"detail":"There was an error parsing the body"}';
  const result = validate(body);
  return result.ok ? `200 ${serialize(result.value)}` : `422 ${stringifyEcho(result.items)}`;
}

function answerForm(vector: Vector, schema: JsonSchema, profile: WireProfile): string {
  const contentType = vector.content_type === undefined ? 'application/x-www-form-urlencoded' : vector.content_type;
  const options = { profile, maskSecrets: false };
  const route = new CompiledRoute({}, { form: schema }, options);
  const serialize = compileSerializer(schema, profile);
  try {
    const body = route.readBody(bytesOf(vector), contentType ?? undefined);
    route.assertReadable(body);
    const value = route.validateBody(body);
    return `200 ${splitsScope(vector) ? oauth2Form(value) : serialize(value)}`;
  } catch (error) {
    if (error instanceof BodyParseFailure) return `400 ${JSON.stringify({ detail: error.detail })}`;
    if (error instanceof ValidationFailure) return `422 ${stringifyEcho(error.items)}`;
    throw error;
  }
}

function splitsScope(vector: Vector): boolean {
  return vector.hints?.['']?.output === 'scope is split on whitespace into scopes';
}

/** What a route that returns FastAPI's OAuth2PasswordRequestForm answers: its attributes, not its fields. */
function oauth2Form(value: unknown): string {
  const form = isRecord(value) ? value : {};
  const scopes = String(form.scope)
    .split(/\s+/)
    .filter((scope) => scope !== '');
  const { username, password, client_id, client_secret, grant_type } = form;
  return stringifyEcho({ username, password, scopes, client_id, client_secret, grant_type });
}

interface Target {
  schema: JsonSchema;
  profile: WireProfile;
}

function answerQuery(vector: Vector, fields: FormFields, { schema, profile }: Target): string {
  const model = vector.hints?.['']?.query_model;
  if (!isRecord(model)) return answerParameters(vector, fieldSource(fields), { schema, profile });
  const object = { ...objectOf(schema), ...extraKeyword[String(model.extra)], title: model.name };
  const result = compileFieldModel('query', object, { profile })(fields);
  if (!result.ok) return `422 ${stringifyEcho(result.items)}`;
  return `200 ${compileSerializer(object, profile)(result.value)}`;
}

const extraKeyword: Record<string, JsonSchema> = {
  forbid: { additionalProperties: false },
  allow: { additionalProperties: true },
};

interface Parameter {
  name: string;
  required: boolean;
  schema: JsonSchema;
}

function answerParameters(vector: Vector, source: TextSource, { schema, profile }: Target): string {
  const place = vector.where === 'form' || vector.where === 'body' ? 'body' : vector.where;
  const object = objectOf(schema);
  const serialize = compileSerializer(object, profile);
  const scalar = place === 'header' ? 'first' : 'last';
  const result = compileParameters(place, object, { profile, scalar })(source);
  return result.ok ? `200 ${serialize(result.value)}` : `422 ${stringifyEcho(result.items)}`;
}

/** The parameters as one object, as a route declares them. */
function objectOf(schema: JsonSchema): JsonSchema {
  const parameters = parametersOf(schema);
  return {
    type: 'object',
    $defs: schema.$defs,
    required: parameters.filter((parameter) => parameter.required).map((parameter) => parameter.name),
    properties: Object.fromEntries(parameters.map((parameter) => [parameter.name, parameter.schema])),
  };
}

function parametersOf(schema: JsonSchema): Parameter[] {
  return Array.isArray(schema.parameters) ? schema.parameters : [];
}

function fieldSource(fields: FormFields): TextSource {
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

export function bytesOf(vector: Vector): Buffer {
  if (vector.input_b64 !== undefined) return Buffer.from(vector.input_b64, 'base64');
  if (vector.input_expand !== undefined) {
    return Buffer.from(vector.input_expand.map(([text, count]) => text.repeat(count)).join(''));
  }
  return Buffer.from(vector.input ?? '');
}
