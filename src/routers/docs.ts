import { type OpenapiDocument, openapiDocument } from '@stanchion/wire';
import { type ErrorCode, errorTable } from '../errors.ts';
import type { DocsOptions } from '../plugins/docs.ts';
import { statuses } from '../plugins/errors.ts';
import type { App } from '../plugins/typed-app.ts';
import { type Description, descriptions } from './descriptions.ts';

const aboutErrors =
  'What is refused is answered as `{"detail": …}`; with `Accept: application/problem+json` as RFC 9457, with a `code` that never changes its meaning. ' +
  'Any operation may answer 503, and 429 where it is limited, with `Retry-After` in seconds. `X-Request-Id` of an answer is what an operator needs to find out why.';

/** The document of every route, the incumbent's included. */
export function productDocs(app: App): DocsOptions {
  return {
    openapiPath: '/openapi.json',
    docsPath: '/docs',
    referencePath: '/redoc',
    document: () => described(openapiDocument(app, about)),
  };
}

const about = {
  title: 'Stanchion',
  version: '0.1.0',
  description: aboutErrors,
  securitySchemes: { HTTPBearer: { type: 'http', scheme: 'bearer' } },
};

const cookieScheme = {
  type: 'apiKey',
  in: 'cookie',
  name: '__Host-access',
  description: 'Of /auth/cookie/login; what changes something must then come from an allowed origin.',
};

/** The incumbent's operations stay as its own document has them. */
function described(document: OpenapiDocument): OpenapiDocument {
  const { components } = document;
  const paths = Object.entries(document.paths).map(([path, operations]) => {
    const all = Object.entries(operations).map(([method, operation]) => {
      const description = descriptions[`${method.toUpperCase()} ${path}`];
      return [method, description && isOperation(operation) ? withDescription(operation, description) : operation];
    });
    return [path, Object.fromEntries(all)];
  });
  const schemas = { ...components.schemas, Refusal: refusalSchema };
  const securitySchemes = { ...components.securitySchemes, SessionCookie: cookieScheme };
  return { ...document, paths: Object.fromEntries(paths), components: { ...components, schemas, securitySchemes } };
}

interface Operation {
  security?: readonly object[];
  responses: Readonly<Record<string, unknown>>;
}

function isOperation(value: unknown): value is Operation {
  return typeof value === 'object' && value !== null && 'responses' in value;
}

const refusalSchema = {
  properties: { detail: { type: 'string', title: 'Detail' } },
  type: 'object',
  required: ['detail'],
  title: 'Refusal',
};

function withDescription({ security, responses, ...rest }: Operation, { text, refusals = [] }: Description): object {
  const codes: ErrorCode[] = [...(security ? (['not_authenticated', 'invalid_token'] as const) : []), ...refusals];
  const byStatus = Map.groupBy(codes, (code) => String(statuses[code]));
  const refused = [...byStatus].map(([status, of]) => [status, refusalOf(of)]);
  return {
    ...rest,
    description: text,
    ...(security ? { security: [...security, { SessionCookie: [] }] } : {}),
    responses: { ...responses, ...Object.fromEntries(refused) },
  };
}

function refusalOf(codes: readonly ErrorCode[]): object {
  const description = codes.map((code) => `\`${code}\`: ${errorTable[code]}`).join('. ');
  return { description, content: { 'application/json': { schema: { $ref: '#/components/schemas/Refusal' } } } };
}
