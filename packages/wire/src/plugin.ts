import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifySchema,
  preParsingHookHandler,
  preValidationHookHandler,
  RouteOptions,
} from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { errorBody } from './errors.ts';
import { answerUnmatched, isLoopbackPeer } from './http/unmatched.ts';
import { isRecord } from './json/record.ts';
import type { OpenapiRouteConfig } from './openapi/operation.ts';
import { operationsOf } from './openapi/register.ts';
import type { WireProfile } from './profile.ts';
import { fastapi0128 } from './profile.ts';
import type { RouteOptions as CompileOptions, ReceivedBody, WireRouteConfig } from './route.ts';
import { CompiledRoute, emptyBody } from './route.ts';
import { compileSerializer } from './serialize/compile.ts';
import { createServerState } from './server-options.ts';
import { schemaAt } from './validate/schema.ts';

export interface WireOptions {
  profile?: WireProfile;
  /** Mask what schemas mark `x-wire: { secret: true }` where a 422 echoes it. Default false: FastAPI echoes. */
  maskSecrets?: boolean;
  /** How many characters of JSON one 422 may echo; further `input`s are null. Default: no bound, as FastAPI. */
  maxEchoLength?: number;
  /** Most items of one 422; the rest of the body is not looked at then. Default 1000. FastAPI has no bound. */
  maxErrors?: number;
  /** `%2F` in a path separates segments, as for Starlette. False: it stays as it is. Default true. */
  decodeEncodedSlash?: boolean;
  /** Whether X-Forwarded-Proto counts for the Location of a redirect. Default: the peer is this machine. */
  trustForwardedProto?: (request: FastifyRequest) => boolean;
  /**
   * A redirect's Location is absolute, built from the Host header, as Starlette's. False: the path alone, which no Host
   * header can turn elsewhere (RFC 9110 §10.2.2 allows both). Default true.
   */
  absoluteRedirects?: boolean;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    wire?: WireRouteConfig;
    openapi?: OpenapiRouteConfig;
  }
  interface FastifyRequest {
    /** Typed cookie parameters of a route with `config.wire.cookies`. */
    cookieValues: unknown;
    [receivedBody]?: ReceivedBody;
    [compiledRoute]?: CompiledRoute;
    [sentContentType]?: string;
  }
}

const receivedBody = Symbol('receivedBody');
const compiledRoute = Symbol('compiledRoute');
const sentContentType = Symbol('sentContentType');

/**
 * Makes every route that is registered after it behave as FastAPI's would; see the README for the order of a request.
 * The instance must have been made with {@link serverOptions}. Errors are thrown, for the application's error handler
 * to render with renderWireError. Throws UnsupportedSchemaError when a route's schema has no exact meaning here.
 */
export const wire = fastifyPlugin(
  (app: FastifyInstance, options: WireOptions, done: (error?: Error) => void) => {
    const profile = options.profile ?? fastapi0128;
    const state = createServerState(app, { decodeEncodedSlash: options.decodeEncodedSlash ?? true, profile });
    const unmatched = {
      routes: state.routes,
      options: {
        decodeEncodedSlash: state.decodeEncodedSlash,
        trustForwardedProto: options.trustForwardedProto ?? isLoopbackPeer,
        absoluteRedirects: options.absoluteRedirects ?? true,
      },
    };
    app.decorateRequest(receivedBody);
    app.decorateRequest(compiledRoute);
    app.decorateRequest('cookieValues');
    app.setValidatorCompiler(refuseEarlierRoute);
    app.setSerializerCompiler(({ schema }) => compileSerializer(schemaAt(schema, ''), profile));
    app.addHook('onRoute', (route) => {
      state.routes.add(route.url, route.method);
      route.validatorCompiler = () => () => true; // Validation is a hook of the route.
      const documented = operationsOf(route);
      const status = prepareRoute(route, {
        profile,
        maskSecrets: options.maskSecrets ?? false,
        maxEchoLength: options.maxEchoLength,
        maxErrors: options.maxErrors,
      });
      state.operations.push(...documented.map((operation) => ({ ...operation, status })));
    });
    app.addHook('preParsing', (request, reply, payload, next) => {
      if (request.is404) answerUnmatched(request, reply, unmatched);
      else next(null, payload);
    });
    app.addHook('preValidation', assertReadableBody);
    app.addHook('onSend', (_request, reply, payload, next) => {
      dropJsonCharset(reply);
      next(null, payload);
    });
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'buffer' }, receiveBody);
    app.setNotFoundHandler((_request, reply) => reply.code(404).send(errorBody('Not Found')));
    done();
  },
  { name: '@stanchion/wire', fastify: '5.x' },
);

/** Fastify asks for validators when it starts; the wire's own routes do without. Another's values would reach its handler unchecked. */
function refuseEarlierRoute(): never {
  throw new TypeError('it was registered before the wire: register the wire first, or in a scope of its own routes');
}

function prepareRoute(route: RouteOptions, options: CompileOptions): number {
  const config = route.config?.wire ?? {};
  if (config.enabled === false) return 200;
  const schema: FastifySchema = route.schema ?? {};
  const compiled = new CompiledRoute(schema, config, options);
  const takeContentType: preParsingHookHandler = (request, _reply, payload, next) => {
    request[compiledRoute] = compiled;
    hideContentType(request);
    next(null, payload);
  };
  const keepsContentType = compiled.status === 204 && config.emptyContentType !== false;
  const validate: preValidationHookHandler = (request, reply, next) => {
    try {
      applyTypes(request, compiled);
    } catch (error) {
      next(toError(error));
      return;
    }
    if (compiled.status !== 200) reply.code(compiled.status);
    if (keepsContentType) reply.header('content-type', 'application/json');
    next();
  };
  // Route-level hooks run after those of the instance: body first, guards next, validation last.
  route.preParsing = [takeContentType, ...listOf(route.preParsing)];
  route.preValidation = [...listOf(route.preValidation), validate];
  // What no schema describes is written as it is, which JSON.stringify cannot do for a bigint.
  route.schema = { ...schema, response: { default: {}, ...Object(schema.response) } };
  return compiled.status;
}

function listOf<T>(hooks: T | T[] | undefined): T[] {
  if (hooks === undefined) return [];
  return Array.isArray(hooks) ? hooks : [hooks];
}

/**
 * Fastify refuses a malformed content-type before any parser sees it (415), FastAPI never does: the header is put aside
 * until the body has been read.
 */
function hideContentType(request: FastifyRequest): void {
  const type = request.raw.headers['content-type'];
  if (type === undefined) return;
  request[sentContentType] = type;
  request.raw.headers['content-type'] = undefined;
}

function receiveBody(
  request: FastifyRequest,
  bytes: Buffer,
  done: (error: Error | null, body?: unknown) => void,
): void {
  const { [compiledRoute]: route, [sentContentType]: contentType } = request;
  if (contentType !== undefined) request.raw.headers['content-type'] = contentType;
  if (route === undefined || !route.readsBody) return done(null);
  const body = route.readBody(bytes, contentType);
  request[receivedBody] = body;
  done(null, body.kind === 'json' || body.kind === 'text' ? body.value : undefined);
}

const noBytes = new Uint8Array();

function assertReadableBody(request: FastifyRequest, _reply: FastifyReply, next: (error?: Error) => void): void {
  const { [compiledRoute]: route, [sentContentType]: contentType } = request;
  // No body was sent: the parser, which puts the header back otherwise, did not run.
  if (contentType !== undefined) request.raw.headers['content-type'] ??= contentType;
  try {
    if (route !== undefined) {
      request[receivedBody] ??= route.readBody(noBytes, contentType);
      route.assertReadable(request[receivedBody]);
    }
    next();
  } catch (error) {
    next(toError(error));
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error('unexpected', { cause: error });
}

function applyTypes(request: FastifyRequest, route: CompiledRoute): void {
  const typed = route.validate(request, request[receivedBody] ?? emptyBody);
  if (typed.params !== undefined) request.params = typed.params;
  if (typed.query !== undefined) request.query = typed.query;
  if (isRecord(typed.headers)) Object.assign(request.headers, typed.headers);
  if (typed.cookies !== undefined) request.cookieValues = typed.cookies;
  if (typed.body !== undefined) request.body = typed.body;
}

/** Fastify adds a charset to every JSON type; FastAPI sends none. */
function dropJsonCharset(reply: FastifyReply): void {
  const type = reply.getHeader('content-type');
  if (typeof type === 'string' && type.endsWith('json; charset=utf-8'))
    reply.header('content-type', type.slice(0, -15));
}
