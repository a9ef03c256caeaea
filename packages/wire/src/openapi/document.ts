import type { FastifyInstance } from 'fastify';
import type { WireProfile } from '../profile.ts';
import { registeredRoutes } from '../server-options.ts';
import type { OpenapiSchema } from './components.ts';
import { Components, reference } from './components.ts';
import type { RegisteredRoute } from './operation.ts';
import { describeOperation, openapiPath } from './operation.ts';

export interface OpenapiOptions {
  title: string;
  version: string;
  description?: string;
  /** Every scheme that routes may name; only those in use are shown. */
  securitySchemes?: Readonly<Record<string, object>>;
  /** Which routes go into the document. Default: all that are not hidden. */
  include?: (route: RegisteredRoute) => boolean;
}

export interface OpenapiDocument {
  openapi: string;
  info: { title: string; version: string; description?: string };
  paths: Record<string, OpenapiSchema>;
  components: { schemas: Record<string, OpenapiSchema>; securitySchemes?: Record<string, object> };
}

/** The OpenAPI 3.1 document of the routes that were registered after the wire, as FastAPI would publish it. */
export function openapiDocument(app: FastifyInstance, options: OpenapiOptions): OpenapiDocument {
  const { routes, profile } = registeredRoutes(app);
  const components = new Components(profile);
  const paths: Record<string, OpenapiSchema> = {};
  const schemesInUse = new Set<string>();
  let validates = false;
  for (const route of routes) {
    if (route.openapi.hidden === true || options.include?.(route) === false) continue;
    const path = openapiPath(route.url);
    const operation = describeOperation(route, components);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation };
    validates ||= operation.parameters !== undefined || operation.requestBody !== undefined;
    for (const scheme of route.openapi.security ?? []) schemesInUse.add(scheme);
  }
  if (validates) addValidationError(components, profile);
  return {
    openapi: '3.1.0',
    info: describeApi(options),
    paths,
    components: describeComponents(components, options, schemesInUse),
  };
}

function describeApi({ title, version, description }: OpenapiOptions): OpenapiDocument['info'] {
  return description === undefined ? { title, version } : { title, description, version };
}

function describeComponents(
  components: Components,
  { securitySchemes = {} }: OpenapiOptions,
  inUse: ReadonlySet<string>,
): OpenapiDocument['components'] {
  const schemes = Object.entries(securitySchemes).filter(([name]) => inUse.has(name));
  const schemas = components.toObject();
  return schemes.length === 0 ? { schemas } : { schemas, securitySchemes: Object.fromEntries(schemes) };
}

function addValidationError(components: Components, profile: WireProfile): void {
  const details = {
    loc: { items: { anyOf: [{ type: 'string' }, { type: 'integer' }] }, type: 'array', title: 'Location' },
    msg: { type: 'string', title: 'Message' },
    type: { type: 'string', title: 'Error Type' },
  };
  const echo = { input: { title: 'Input' }, ctx: { type: 'object', title: 'Context' } };
  components.addNamed('ValidationError', () => ({
    properties: profile.validationErrorInOpenapi === 'with-input-and-ctx' ? { ...details, ...echo } : details,
    type: 'object',
    required: ['loc', 'msg', 'type'],
    title: 'ValidationError',
  }));
  components.addNamed('HTTPValidationError', () => ({
    properties: { detail: { items: reference('ValidationError'), type: 'array', title: 'Detail' } },
    type: 'object',
    title: 'HTTPValidationError',
  }));
}
