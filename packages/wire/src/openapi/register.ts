import type { FastifySchema, RouteOptions } from 'fastify';
import type { JsonSchema } from '../validate/schema.ts';
import { isSchema } from '../validate/schema.ts';
import type { RegisteredRoute } from './operation.ts';

/** What a document needs of a route, one entry for every method. HEAD and OPTIONS are not documented. */
export function operationsOf(route: RouteOptions): Omit<RegisteredRoute, 'status'>[] {
  const schema: FastifySchema = route.schema ?? {};
  const { wire = {}, openapi = {} } = route.config ?? {};
  const methods = [route.method].flat().filter((method) => method !== 'HEAD' && method !== 'OPTIONS');
  return methods.map((method) => ({
    url: route.url,
    method,
    name: openapi.name ?? snakeCase(route.handler.name),
    openapi,
    schema: {
      params: schemaOrNothing(schema.params),
      querystring: schemaOrNothing(schema.querystring),
      headers: schemaOrNothing(schema.headers),
      cookies: schemaOrNothing(wire.cookies),
      body: schemaOrNothing(schema.body),
      form: schemaOrNothing(wire.form),
      response: schemaOrNothing(schema.response) ?? {},
    },
  }));
}

function schemaOrNothing(value: unknown): JsonSchema | undefined {
  return isSchema(value) ? value : undefined;
}

/** `createTask` → `create_task` */
function snakeCase(name: string): string {
  return name.replaceAll(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
}
