import { STATUS_CODES } from 'node:http';
import { headerName } from '../validate/form.ts';
import type { JsonSchema } from '../validate/schema.ts';
import { isSchema, wireRulesOf } from '../validate/schema.ts';
import type { Components, OpenapiSchema } from './components.ts';
import { reference, requiredWithoutDefault, titleOf } from './components.ts';

/** What a route says about itself in the document, as `config: { openapi: … }`. */
export interface OpenapiRouteConfig {
  /** The Python function's name, of which FastAPI makes operationId and summary. Default: the handler's, in snake case. */
  name?: string;
  operationId?: string;
  summary?: string;
  description?: string;
  tags?: readonly string[];
  /** Names of security schemes. */
  security?: readonly string[];
  deprecated?: boolean;
  /** Descriptions of statuses; the default is the reason phrase. */
  responses?: Readonly<Record<string, string>>;
  /** True: the route is in no document (`include_in_schema=False`). */
  hidden?: boolean;
}

/** A route as it was registered. */
export interface RegisteredRoute {
  url: string;
  method: string;
  name: string;
  status: number;
  schema: {
    params?: JsonSchema | undefined;
    querystring?: JsonSchema | undefined;
    headers?: JsonSchema | undefined;
    cookies?: JsonSchema | undefined;
    body?: JsonSchema | undefined;
    form?: JsonSchema | undefined;
    response: Readonly<Record<string, unknown>>;
  };
  openapi: OpenapiRouteConfig;
}

/** `/api/tasks/:task_id` → `/api/tasks/{task_id}` */
export function openapiPath(url: string): string {
  return url.replaceAll(/:(\w+)(?:\([^)]*\))?/g, '{$1}').replaceAll('*', '{path}');
}

/** The operation of a route as FastAPI documents it. */
export function describeOperation(route: RegisteredRoute, components: Components): OpenapiSchema {
  const { openapi, schema } = route;
  const operationId = openapi.operationId ?? defaultOperationId(route);
  const parameters = describeParameters(route, components);
  const body = describeBody(route, { operationId, components });
  const validated = parameters.length > 0 || body !== undefined;
  const operation: OpenapiSchema = {
    ...(openapi.tags === undefined ? {} : { tags: [...openapi.tags] }),
    summary: openapi.summary ?? titleOf(route.name),
    ...(openapi.description === undefined ? {} : { description: openapi.description }),
    operationId,
    ...(openapi.deprecated === true ? { deprecated: true } : {}),
    ...(openapi.security === undefined ? {} : { security: openapi.security.map((name) => ({ [name]: [] })) }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: body }),
    responses: describeResponses(route, { response: schema.response, validated, components }),
  };
  return operation;
}

/** FastAPI's generate_unique_id: function name and path, every non-word character `_`, then the method. */
function defaultOperationId({ name, url, method }: RegisteredRoute): string {
  return `${`${name}${openapiPath(url)}`.replaceAll(/\W/g, '_')}_${method.toLowerCase()}`;
}

function describeParameters({ schema }: RegisteredRoute, components: Components): OpenapiSchema[] {
  const places = { path: schema.params, query: schema.querystring, header: schema.headers, cookie: schema.cookies };
  return Object.entries(places).flatMap(([place, object]) => {
    const required = requiredWithoutDefault(object?.required, object?.properties);
    const properties = isSchema(object?.properties) ? Object.entries(object.properties) : [];
    return properties.flatMap(([name, property]) => {
      if (!isSchema(property)) return [];
      const isModel = place === 'header' && wireRulesOf(object ?? {}, '').parameterModel === true;
      const shown = {
        name: isModel ? headerName(name) : name,
        in: place,
        required: place === 'path' || required.includes(name),
      };
      return [{ ...shown, schema: components.publishField(name, property) }];
    });
  });
}

function describeBody(
  { schema }: RegisteredRoute,
  { operationId, components }: { operationId: string; components: Components },
): OpenapiSchema | undefined {
  const content: OpenapiSchema = {};
  if (schema.body !== undefined) content['application/json'] = { schema: components.publish(schema.body) };
  if (schema.form !== undefined) {
    const title = typeof schema.form.title === 'string' ? schema.form.title : `Body_${operationId}`;
    const type = holdsFiles(schema.form) ? 'multipart/form-data' : 'application/x-www-form-urlencoded';
    content[type] = { schema: components.publish({ ...schema.form, title }) };
  }
  if (Object.keys(content).length === 0) return undefined;
  const rules = schema.body?.['x-wire'];
  const optional = isSchema(rules) && rules.optionalBody === true;
  return optional ? { content } : { required: true, content };
}

function holdsFiles(schema: JsonSchema): boolean {
  const { type } = wireRulesOf(schema, '');
  const parts = [
    schema.items,
    ...(Array.isArray(schema.anyOf) ? schema.anyOf : []),
    ...Object.values(Object(schema.properties)),
  ];
  return type === 'UploadFile' || type === 'File' || parts.some((part: unknown) => isSchema(part) && holdsFiles(part));
}

interface ResponseParts {
  response: Readonly<Record<string, unknown>>;
  validated: boolean;
  components: Components;
}

function describeResponses(route: RegisteredRoute, { response, validated, components }: ResponseParts): OpenapiSchema {
  const described: OpenapiSchema = {};
  const statuses = new Set([String(route.status), ...Object.keys(response)]);
  for (const status of statuses) {
    const isSuccess = status === String(route.status);
    const phrase = isSuccess ? 'Successful Response' : (STATUS_CODES[status] ?? '');
    const description = route.openapi.responses?.[status] ?? phrase;
    const schema = response[status];
    const shown = isSchema(schema) ? components.publish(schema) : {};
    const isEmpty = status === '204' || status === '304';
    described[status] = isEmpty ? { description } : { description, content: { 'application/json': { schema: shown } } };
  }
  if (validated && described['422'] === undefined) {
    const content = { 'application/json': { schema: reference('HTTPValidationError') } };
    described['422'] = { description: 'Validation Error', content };
  }
  return described;
}
