import { isObject } from './probe.ts';

export type Schema = Readonly<Record<string, unknown>>;

/** An operation of an OpenAPI document, as far as probes need it. References are resolved one level deep. */
export interface Operation {
  readonly method: Method;
  /** With `{name}` for its parameters. */
  readonly path: string;
  readonly security: readonly SecurityScheme[];
  readonly parameters: readonly Parameter[];
  /** Bodies by media type; only where one is required, and never of a GET, which no client can send with one. */
  readonly bodies: Readonly<Record<string, Schema>>;
}

export interface SecurityScheme {
  readonly type: string;
  readonly scheme: string;
}

export interface Parameter {
  readonly name: string;
  readonly place: string;
  readonly required: boolean;
  readonly schema: Schema;
}

const methods = ['GET', 'POST', 'PUT', 'PATCH'] as const;

type Method = (typeof methods)[number];

/** The operations of a document in its order; whatever is no operation is left out. */
export function operationsIn(document: unknown): Operation[] {
  if (!isObject(document) || !isObject(document.paths)) return [];
  return Object.entries(document.paths).flatMap(([path, item]) => {
    if (!isObject(item)) return [];
    return methods.flatMap((method) => {
      const operation = item[method.toLowerCase()];
      return isObject(operation) ? [readOperation(document, { path, method, operation })] : [];
    });
  });
}

interface Found {
  path: string;
  method: Method;
  operation: Schema;
}

function readOperation(document: Schema, { path, method, operation }: Found): Operation {
  return {
    method,
    path,
    security: schemesOf(document, operation.security),
    parameters: parametersOf(document, operation.parameters),
    bodies: method === 'GET' ? {} : bodiesOf(document, operation.requestBody),
  };
}

function schemesOf(document: Schema, security: unknown): SecurityScheme[] {
  const names = Array.isArray(security) ? security.filter(isObject).flatMap((entry) => Object.keys(entry)) : [];
  const components = isObject(document.components) ? document.components.securitySchemes : undefined;
  return names.map((name) => {
    const scheme = isObject(components) ? components[name] : undefined;
    if (!isObject(scheme)) return { type: 'unknown', scheme: '' };
    return { type: textOf(scheme.type), scheme: textOf(scheme.scheme).toLowerCase() };
  });
}

function parametersOf(document: Schema, parameters: unknown): Parameter[] {
  if (!Array.isArray(parameters)) return [];
  return parameters.filter(isObject).map((parameter) => ({
    name: String(parameter.name),
    place: String(parameter.in),
    required: parameter.required === true,
    schema: resolve(document, parameter.schema),
  }));
}

function bodiesOf(document: Schema, requestBody: unknown): Record<string, Schema> {
  if (!isObject(requestBody) || requestBody.required !== true || !isObject(requestBody.content)) return {};
  const bodies = Object.entries(requestBody.content).map(([type, media]) => {
    return [type, resolve(document, isObject(media) ? media.schema : undefined)] as const;
  });
  return Object.fromEntries(bodies);
}

/** The schema itself, or what it refers to; an object's properties likewise. */
function resolve(document: Schema, schema: unknown): Schema {
  const found = follow(document, schema);
  if (!isObject(found.properties)) return found;
  const properties = Object.entries(found.properties).map(([name, property]) => [name, follow(document, property)]);
  return { ...found, properties: Object.fromEntries(properties) };
}

function follow(document: Schema, schema: unknown): Schema {
  if (!isObject(schema)) return {};
  if (typeof schema.$ref !== 'string' || !schema.$ref.startsWith('#/')) return schema;
  let found: unknown = document;
  for (const part of schema.$ref.slice(2).split('/')) found = isObject(found) ? found[part] : undefined;
  return isObject(found) ? found : {};
}

/** Several parameters of one place, which FastAPI shows as one schema and takes apart itself. */
export function isTakenApart(schema: Schema): boolean {
  return textOf(schema.title).startsWith('Body_');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The names of an object schema's required properties. */
export function requiredOf(schema: Schema): readonly string[] {
  return Array.isArray(schema.required) ? schema.required.filter((name) => typeof name === 'string') : [];
}

/** A property's schema without its null branch. */
export function propertyOf(schema: Schema, name: string): Schema {
  const property = isObject(schema.properties) ? schema.properties[name] : undefined;
  return isObject(property) ? withoutNull(property) : {};
}

export function withoutNull(schema: Schema): Schema {
  const branches = Array.isArray(schema.anyOf) ? schema.anyOf.filter(isObject) : [];
  const others = branches.filter((branch) => branch.type !== 'null');
  return others.length === 1 && others[0] !== undefined ? others[0] : schema;
}

export function propertiesOf(schema: Schema): readonly string[] {
  return isObject(schema.properties) ? Object.keys(schema.properties) : [];
}
