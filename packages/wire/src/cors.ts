import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { WireProfile } from './profile.ts';
import { fastapi0128 } from './profile.ts';

export interface CorsOptions {
  /** Exact origins. `*` lets every other origin read answers too, but never with credentials. */
  origins: readonly string[];
  allowCredentials?: boolean;
  /** Compared in exact case. Default: those that Starlette's `*` stands for. */
  methods?: readonly string[];
  /** `*` mirrors the requested list verbatim. Default `*`. */
  allowHeaders?: readonly string[];
  exposeHeaders?: readonly string[];
  maxAgeSeconds?: number;
  profile?: WireProfile;
}

const isPreflight = Symbol('isPreflight');

declare module 'fastify' {
  interface FastifyRequest {
    [isPreflight]?: boolean;
  }
}

const allMethods = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];
const privateNetwork = 'access-control-request-private-network';
const preflightVary =
  'Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network';
const safelistedHeaders = ['Accept', 'Accept-Language', 'Content-Language', 'Content-Type'];

/**
 * Starlette's CORSMiddleware: preflights are answered on any path, before routing and authentication; every other
 * answer, errors included, gets its headers. A disallowed origin still gets its answer, only without allow-origin.
 * Unlike Starlette, an origin that only the wildcard allows is never answered with credentials.
 */
export const wireCors = fastifyPlugin(
  (app: FastifyInstance, options: CorsOptions, done: (error?: Error) => void) => {
    const policy = new CorsPolicy(options);
    const varyAlways = (options.profile ?? fastapi0128).corsVaryAlways;
    app.decorateRequest(isPreflight);
    app.addHook('onRequest', (request, reply, next) => {
      const origin = firstOf(request, 'origin');
      const method = firstOf(request, 'access-control-request-method');
      if (request.method === 'OPTIONS' && origin !== undefined && method !== undefined) {
        request[isPreflight] = true;
        answerPreflight(reply, policy.preflight(request, { origin, method }));
      } else next();
    });
    app.addHook('onSend', (request, reply, payload, next) => {
      const origin = firstOf(request, 'origin');
      if (origin === undefined) {
        if (varyAlways) addVary(reply);
      } else if (request[isPreflight] !== true) addSimpleHeaders(reply, policy.simple(origin), options);
      next(null, payload);
    });
    done();
  },
  { name: '@stanchion/wire-cors', fastify: '5.x' },
);

/** Starlette reads the first of a repeated header; Node joins them with commas. */
function firstOf(request: FastifyRequest, name: string): string | undefined {
  const joined = request.headers[name];
  if (typeof joined !== 'string' || !joined.includes(',')) return typeof joined === 'string' ? joined : joined?.[0];
  const { rawHeaders } = request.raw;
  const at = rawHeaders.findIndex((header, index) => index % 2 === 0 && header.toLowerCase() === name);
  return at === -1 ? joined : rawHeaders[at + 1];
}

type Headers = Record<string, string>;

interface Preflight {
  headers: Headers;
  failures: string[];
}

class CorsPolicy {
  readonly #origins: ReadonlySet<string>;
  readonly #wildcard: boolean;
  readonly #credentials: boolean;
  readonly #methods: readonly string[];
  readonly #allowHeaders: readonly string[];
  readonly #exposeHeaders: string;
  readonly #maxAgeSeconds: number;
  readonly #profile: WireProfile;

  constructor(options: CorsOptions) {
    this.#profile = options.profile ?? fastapi0128;
    this.#origins = new Set(options.origins.filter((origin) => origin !== '*'));
    this.#wildcard = options.origins.includes('*');
    this.#credentials = options.allowCredentials ?? false;
    this.#methods = options.methods ?? (this.#profile.corsQueryMethod ? [...allMethods, 'QUERY'] : allMethods);
    this.#allowHeaders = options.allowHeaders ?? ['*'];
    this.#exposeHeaders = (options.exposeHeaders ?? []).join(', ');
    this.#maxAgeSeconds = options.maxAgeSeconds ?? 600;
  }

  simple(origin: string): Headers {
    return this.#exposeHeaders === ''
      ? this.#originHeaders(origin)
      : { ...this.#originHeaders(origin), 'access-control-expose-headers': this.#exposeHeaders };
  }

  preflight(request: FastifyRequest, { origin, method }: { origin: string; method: string }): Preflight {
    const failures: string[] = [];
    const headers: Headers = {
      ...this.#originHeaders(origin),
      'access-control-allow-methods': this.#methods.join(', '),
      'access-control-max-age': String(this.#maxAgeSeconds),
    };
    if (!this.#wildcard || this.#origins.size > 0 || this.#credentials) headers.vary = 'Origin';
    if (this.#profile.corsVaryAlways) headers.vary = preflightVary;
    if (!this.#origins.has(origin) && !this.#wildcard) failures.push('origin');
    if (!this.#methods.includes(method)) failures.push('method');
    const requested = firstOf(request, 'access-control-request-headers');
    if (this.#allowHeaders.includes('*')) {
      if (requested !== undefined) headers['access-control-allow-headers'] = requested;
    } else {
      const allowed = [...new Set([...safelistedHeaders, ...this.#allowHeaders])].toSorted();
      headers['access-control-allow-headers'] = allowed.join(', ');
      const known = new Set(allowed.map((name) => name.toLowerCase()));
      const names = (requested ?? '').split(',').map((name) => name.trim().toLowerCase());
      if (requested !== undefined && !names.every((name) => known.has(name))) failures.push('headers');
    }
    if (this.#profile.corsPrivateNetworkRefused && request.headers[privateNetwork] === 'true') {
      failures.push('private-network');
    }
    return { headers, failures };
  }

  #originHeaders(origin: string): Headers {
    if (this.#origins.has(origin)) {
      const headers: Headers = { 'access-control-allow-origin': origin };
      if (this.#credentials) headers['access-control-allow-credentials'] = 'true';
      return headers;
    }
    if (this.#wildcard) return { 'access-control-allow-origin': '*' };
    return this.#credentials ? { 'access-control-allow-credentials': 'true' } : {};
  }
}

function answerPreflight(reply: FastifyReply, { headers, failures }: Preflight): void {
  const text = failures.length === 0 ? 'OK' : `Disallowed CORS ${failures.join(', ')}`;
  reply
    .code(failures.length === 0 ? 200 : 400)
    .headers({ ...headers, 'content-type': 'text/plain; charset=utf-8' })
    // As bytes: before a text Node writes the headers as UTF-8, and what is mirrored would not be what was sent.
    .send(Buffer.from(text));
}

function addSimpleHeaders(reply: FastifyReply, headers: Headers, options: CorsOptions): void {
  reply.headers(headers);
  const mirrored = headers['access-control-allow-origin'] !== undefined;
  // With a wildcard beside listed origins the answer depends on the origin as well.
  if ((mirrored && headers['access-control-allow-origin'] !== '*') || (options.profile ?? fastapi0128).corsVaryAlways)
    addVary(reply);
  else if (mirrored && options.origins.some((origin) => origin !== '*')) addVary(reply);
}

function addVary(reply: FastifyReply): void {
  const sent = reply.getHeader('vary');
  const names = sent === undefined ? [] : String(sent).split(/\s*,\s*/);
  if (names.some((name) => name === '*' || name.toLowerCase() === 'origin')) return;
  reply.header('vary', [...names, 'Origin'].join(', '));
}
