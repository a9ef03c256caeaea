import type { FastifyInstance, RouteOptions } from 'fastify';
import type { WireProfile } from '../../src/profile.ts';
import { fastapi0128 } from '../../src/profile.ts';
import { compileSerializer } from '../../src/serialize/compile.ts';
import { stringifyPlain } from '../../src/serialize/plain.ts';
import { compileResponse } from '../../src/serialize/response.ts';
import type { JsonSchema } from '../../src/validate/schema.ts';
import { isSchema } from '../../src/validate/schema.ts';
import { UploadedFile } from '../../src/values/uploaded-file.ts';
import { createTestApp } from '../support.ts';
import { addModelRules, addTypeRules } from './rules.ts';
import type { AnswerOptions, AnswerSpec, ParameterSpec, Scenario, TypeSpec } from './spec.ts';
import { textOfPlainKey, typedValue } from './typed-values.ts';

export interface Ours {
  app: FastifyInstance;
  /** Why a scenario's route could not be registered, by its id. */
  unsupported: ReadonlyMap<number, string>;
}

/** Our server with the routes of all scenarios, built from FastAPI's own document; it listens on a free port. */
export async function startOurs(
  scenarios: readonly Scenario[],
  document: JsonSchema,
  profile: WireProfile = fastapi0128,
): Promise<Ours> {
  const app = await createTestApp({ profile });
  const unsupported = new Map<number, string>();
  const local = parseLocal(document);
  const components = recordAt(local, 'components', 'schemas');
  for (const scenario of scenarios) addModelRules(scenario, components);
  for (const scenario of scenarios) {
    const operation = recordAt(local, 'paths', scenario.path, scenario.method.toLowerCase());
    try {
      app.route(routeOf(scenario, operation, { components, profile }));
    } catch (error) {
      unsupported.set(scenario.id, error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    }
  }
  await app.listen({ host: '127.0.0.1', port: 0 });
  return { app, unsupported };
}

/** A copy whose references point into `$defs`, where every schema of a route finds all components. */
function parseLocal(document: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(document).replaceAll('"#/components/schemas/', '"#/$defs/'));
}

type Schemas = Readonly<Record<string, JsonSchema>>;

interface Surroundings {
  components: Schemas;
  profile: WireProfile;
}

function routeOf(scenario: Scenario, operation: Schemas, { components, profile }: Surroundings): RouteOptions {
  const { answer } = scenario;
  const places = parameterSchemas(scenario, operation, components);
  const { body, form } = bodySchemas(scenario, operation, components);
  const response = responseSchema(scenario, operation, components);
  const write = writerOf(scenario, response, profile);
  return {
    method: scenario.method,
    url: scenario.path.replaceAll(/\{(\w+)\}/g, ':$1').replaceAll(/\{\w+:path\}/g, '*'),
    schema: { ...places.schema, ...(body === undefined ? {} : { body }) },
    config: {
      wire: {
        status: scenario.status ?? 200,
        ...(form === undefined ? {} : { form }),
        ...(places.cookies === undefined ? {} : { cookies: places.cookies }),
      },
    },
    handler: async (request, reply) => {
      reply.header('content-type', 'application/json');
      if (answer.kind === 'values') {
        const { i = 0 } = Object(request.query);
        return write(typedValue(answer.values[Number(i)], answer.plain === true ? textOfPlainKey : undefined));
      }
      return write(echoOf(scenario, request));
    },
  };
}

function parameterSchemas(
  scenario: Scenario,
  operation: Schemas,
  components: Schemas,
): { schema: Record<string, JsonSchema>; cookies?: JsonSchema } {
  const listed: unknown = operation.parameters ?? [];
  const all = Array.isArray(listed) ? listed.filter(isSchema) : [];
  const objects = (['path', 'query', 'header', 'cookie'] as const).flatMap((place) => {
    const parameters = all.filter((parameter) => parameter.in === place);
    if (parameters.length === 0) return [];
    const declared = scenario.parameters.filter((parameter) => parameter.in === place);
    const model = modelOf(declared, scenario);
    const shown = parameters.flatMap(({ name, schema }, index): [string, JsonSchema][] => {
      if (!isSchema(schema)) return [];
      const type = model === undefined ? declared[index]?.type : model.fields[index]?.type;
      if (type !== undefined) addTypeRules(type, schema);
      return [[String(name), schema]];
    });
    const properties = Object.fromEntries(shown);
    const required = parameters.filter((parameter) => parameter.required === true).map(({ name }) => name);
    const rules = model === undefined ? {} : { title: model.name, 'x-wire': modelRules(model, components) };
    const extra = { forbid: { additionalProperties: false }, allow: { additionalProperties: true }, ignore: {} };
    const more = extra[model?.extra ?? 'ignore'];
    return [[place, { type: 'object', properties, required, $defs: components, ...rules, ...more }] as const];
  });
  const { path, query, header, cookie } = Object.fromEntries(objects);
  return {
    schema: {
      ...(path === undefined ? {} : { params: path }),
      ...(query === undefined ? {} : { querystring: query }),
      ...(header === undefined ? {} : { headers: header }),
    },
    ...(cookie === undefined ? {} : { cookies: cookie }),
  };
}

function modelOf(declared: readonly ParameterSpec[], scenario: Scenario): Scenario['models'][number] | undefined {
  const [only] = declared;
  if (only?.isModel !== true || only.type.kind !== 'model') return undefined;
  const { name } = only.type;
  return scenario.models.find((model) => model.name === name);
}

function modelRules(model: Scenario['models'][number], components: Schemas): object {
  const rules = components[model.name]?.['x-wire'];
  return { ...(isSchema(rules) ? rules : {}), parameterModel: true };
}

function bodySchemas(
  scenario: Scenario,
  operation: Schemas,
  components: Schemas,
): { body?: JsonSchema; form?: JsonSchema } {
  const { requestBody } = operation;
  if (requestBody === undefined || !isSchema(requestBody.content)) return {};
  const [[type, media] = []] = Object.entries(requestBody.content);
  const parameters = scenario.parameters.filter(
    ({ in: place }) => place === 'body' || place === 'form' || place === 'file',
  );
  const shown = isSchema(media) && isSchema(media.schema) ? media.schema : {};
  const schema: Record<string, unknown> = { ...inlined(shown, components), $defs: components };
  const optional = requestBody.required !== true;
  const [only] = parameters;
  if (isEmbedded(parameters)) {
    const properties = isSchema(schema.properties) ? schema.properties : {};
    for (const parameter of parameters) {
      const property = properties[parameter.alias ?? parameter.name];
      if (isSchema(property)) addTypeRules(parameter.type, property);
    }
    schema['x-wire'] = { bodyFields: true };
  } else if (only !== undefined) {
    addTypeRules(only.type, schema);
    if (optional) schema['x-wire'] = { ...Object(schema['x-wire']), optionalBody: true };
    if (isEnumAt(only.type)) schema['x-wire'] = { enumClass: true, ...Object(schema['x-wire']) };
  }
  return type === 'application/json' ? { body: schema } : { form: schema };
}

function isEmbedded(parameters: readonly ParameterSpec[]): boolean {
  const [only] = parameters;
  if (parameters.length !== 1 || only === undefined) return true;
  return only.in === 'body' ? only.embed === true : only.type.kind !== 'model';
}

function isEnumAt(type: TypeSpec): boolean {
  return type.kind === 'enum';
}

/** A schema that is one reference, as what it refers to. */
function inlined(schema: JsonSchema, components: Schemas): JsonSchema {
  if (typeof schema.$ref !== 'string') return structuredClone(schema);
  const { $ref, ...beside } = schema;
  return { ...structuredClone(components[$ref.replace('#/$defs/', '')] ?? {}), ...beside };
}

function responseSchema(scenario: Scenario, operation: Schemas, components: Schemas): JsonSchema {
  const media = recordAt(operation, 'responses', String(scenario.status ?? 200), 'content', 'application/json');
  const shown = isSchema(media.schema) ? media.schema : {};
  const schema: Record<string, unknown> = { ...inlined(shown, components), $defs: components };
  const { answer } = scenario;
  if (answer.kind === 'values') {
    addTypeRules(answer.type, schema);
    if (isEnumAt(answer.type)) schema['x-wire'] = { enumClass: true, ...Object(schema['x-wire']) };
    return schema;
  }
  const [only] = scenario.parameters;
  if (isSingle(scenario) && only !== undefined) addTypeRules(only.type, schema);
  else if (isSchema(schema.properties)) {
    for (const parameter of scenario.parameters) {
      const property = schema.properties[parameter.name];
      if (isSchema(property) && parameter.in !== 'file') addTypeRules(parameter.type, property);
    }
  }
  return schema;
}

function isSingle({ parameters }: Scenario): boolean {
  const [only] = parameters;
  return parameters.length === 1 && only?.in === 'body' && only.embed !== true;
}

function writerOf(scenario: Scenario, schema: JsonSchema, profile: WireProfile): (value: unknown) => string {
  const { answer } = scenario;
  if (answer.kind === 'values') {
    return answer.plain === true ? stringifyPlain : compileResponse(schema, { ...byAlias(scenario, answer), profile });
  }
  // FastAPI validates what a handler returns. It shows where the first branch that accepts is taken, not the
  // best one, where a changed text has to match its pattern again, and
  // where a Decimal, a float or a bool equals a number of a Literal.
  const types = JSON.stringify(scenario.parameters);
  const validates =
    /"(?:leftToRight|upper|lower)":true/.test(types) ||
    /"literal".*"(?:bool|decimal|float)"|"(?:bool|decimal|float)".*"literal"/.test(types);
  return validates ? compileResponse(schema, { profile }) : compileSerializer(schema, profile);
}

/** FastAPI's lists name the fields as Python does. */
function byAlias({ models }: Scenario, { type, options = {} }: AnswerSpec & { kind: 'values' }): AnswerOptions {
  const fields = type.kind === 'model' ? models.find(({ name }) => name === type.name)?.fields : undefined;
  const named = (names: readonly string[]): string[] =>
    names.map((name) => fields?.find((field) => field.name === name)?.alias ?? name);
  return {
    ...options,
    ...(options.include === undefined ? {} : { include: named(options.include) }),
    ...(options.exclude === undefined ? {} : { exclude: named(options.exclude) }),
  };
}

interface TypedRequest {
  params: unknown;
  query: unknown;
  headers: unknown;
  cookieValues: unknown;
  body: unknown;
}

function echoOf(scenario: Scenario, request: TypedRequest): unknown {
  if (isSingle(scenario)) return request.body;
  const bodies = scenario.parameters.filter(
    ({ in: place }) => place === 'body' || place === 'form' || place === 'file',
  );
  const embedded = isEmbedded(bodies);
  const echo: Record<string, unknown> = {};
  for (const parameter of scenario.parameters) {
    const value = parameterValue(parameter, request, embedded);
    echo[parameter.name] = parameter.in === 'file' ? described(value) : value;
  }
  return echo;
}

function parameterValue(parameter: ParameterSpec, request: TypedRequest, embedded: boolean): unknown {
  const name = parameter.alias ?? parameter.name;
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- the rest is alike, and has the default
  switch (parameter.in) {
    case 'path':
      return memberOf(request.params, parameter.isModel === true ? undefined : name);
    case 'query':
      return memberOf(request.query, parameter.isModel === true ? undefined : name);
    case 'header': {
      const shown = parameter.alias ?? parameter.name.replaceAll('_', '-');
      return memberOf(request.headers, parameter.isModel === true ? undefined : shown);
    }
    case 'cookie':
      return memberOf(request.cookieValues, parameter.isModel === true ? undefined : name);
    default:
      return memberOf(request.body, embedded ? name : undefined);
  }
}

/** As `described` in the application in Python. */
function described(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(described);
  if (value instanceof Uint8Array) return { hex: Buffer.from(value).toString('hex') };
  if (!(value instanceof UploadedFile)) return null;
  const { filename, contentType, size, bytes } = value;
  return { name: filename, type: contentType, size, hex: Buffer.from(bytes).toString('hex') };
}

function memberOf(value: unknown, name: string | undefined): unknown {
  if (name === undefined) return value;
  return isSchema(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function recordAt(value: unknown, ...path: string[]): Schemas {
  let found: unknown = value;
  for (const step of path) found = isSchema(found) && Object.hasOwn(found, step) ? found[step] : undefined;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- members of OpenAPI objects are objects where this is used
  return (isSchema(found) ? found : {}) as Schemas;
}
