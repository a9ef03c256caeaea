import type { FastifyRequest } from 'fastify';
import type { ErrorItem } from './errors.ts';
import { BodyParseFailure, ValidationFailure } from './errors.ts';
import { parseCookies } from './http/cookies.ts';
import type { FormFields } from './http/query-string.ts';
import { parseFormFields, queryFieldsOf } from './http/query-string.ts';
import { decodeTextLeniently } from './json/encoding.ts';
import type { ParsedBody } from './json/parse.ts';
import { parseBody } from './json/parse.ts';
import { isRecord } from './json/record.ts';
import type { WireProfile } from './profile.ts';
import type { BodyValidator, Validated } from './validate/body.ts';
import { compileBody, syntaxFailure } from './validate/body.ts';
import type { FormValidator } from './validate/form.ts';
import { compileForm } from './validate/form.ts';
import { boundEchoes, maskSecrets, secretNames } from './validate/mask.ts';
import type { ParameterPlace, ParameterValidator } from './validate/parameters.ts';
import { compileParameters } from './validate/parameters.ts';
import { isSchema } from './validate/schema.ts';

/** What a route tells the wire beside Fastify's `schema`, as `config: { wire: … }`. */
export interface WireRouteConfig {
  /** The fields of an urlencoded form. With `schema.body` as well, the content-type decides which of the two applies. */
  form?: object;
  /** Cookie parameters; the typed values are `request.cookieValues`. */
  cookies?: object;
  /** The success status. Default: the only 2xx of `schema.response`, else 200. */
  status?: number;
  /** False: a 204 carries no content-type. Default: `application/json`, as FastAPI's default response class sends. */
  emptyContentType?: boolean;
  /** False: this route stays Fastify's own; nothing is validated and no body is parsed as FastAPI would. */
  enabled?: boolean;
}

/** A request body between its reading and its validation. */
export type ReceivedBody = ParsedBody | { kind: 'form'; fields: FormFields };

export const emptyBody: ReceivedBody = Object.freeze({ kind: 'empty' });

export interface RouteSchemas {
  params?: unknown;
  querystring?: unknown;
  headers?: unknown;
  body?: unknown;
  response?: unknown;
}

export interface RouteOptions {
  profile: WireProfile;
  maskSecrets: boolean;
  maxEchoLength?: number | undefined;
}

export interface TypedRequest {
  params?: unknown;
  query?: unknown;
  headers?: unknown;
  cookies?: unknown;
  body?: unknown;
}

/** A route's compiled schemas: reading its body and validating its request. Immutable. */
export class CompiledRoute {
  readonly status: number;
  readonly #places: readonly { key: keyof TypedRequest; validate: ParameterValidator; read: SourceReader }[];
  readonly #body: BodyValidator | undefined;
  readonly #form: FormValidator | undefined;
  readonly #secrets: ReadonlySet<string>;
  readonly #profile: WireProfile;
  readonly #maxEchoLength: number | undefined;

  constructor(schemas: RouteSchemas, config: WireRouteConfig, options: RouteOptions) {
    const { profile } = options;
    const sources = { ...schemas, cookies: config.cookies, form: config.form };
    this.#profile = profile;
    this.status = config.status ?? onlySuccessStatus(schemas.response);
    this.#places = placeRules.flatMap(({ place, source, ...rule }) => {
      const schema = sources[source];
      if (!isSchema(schema)) return [];
      return [{ ...rule, validate: compileParameters(place, schema, { profile, scalar: rule.scalar }) }];
    });
    this.#body = isSchema(schemas.body) ? compileBody(schemas.body, profile) : undefined;
    this.#form = isSchema(config.form) ? compileForm(config.form, profile) : undefined;
    this.#maxEchoLength = options.maxEchoLength;
    this.#secrets = options.maskSecrets ? secretNames(Object.values(sources).filter(isSchema)) : new Set();
  }

  /** Whether the body is looked at at all; otherwise even a broken one is ignored. */
  get readsBody(): boolean {
    return this.#body !== undefined || this.#form !== undefined;
  }

  /** Reads the body's bytes. Never throws; what is wrong is said by {@link assertReadable}. */
  readBody(bytes: Uint8Array, contentType: string | undefined): ReceivedBody {
    if (this.#form !== undefined && isFormContentType(contentType)) {
      return { kind: 'form', fields: parseFormFields(decodeTextLeniently(bytes)) };
    }
    if (this.#body === undefined) return emptyBody;
    return parseBody(bytes, contentType, this.#profile);
  }

  /** Throws BodyParseFailure or ValidationFailure for a body that is not JSON. */
  assertReadable(body: ReceivedBody): void {
    if (body.kind === 'unreadable') throw new BodyParseFailure();
    if (body.kind !== 'syntax-error') return;
    const failure = syntaxFailure(body);
    if (failure !== undefined) throw new ValidationFailure(failure.items);
  }

  /** The typed request, or ValidationFailure with the items of path, query, header, cookie and body in that order. */
  validate(request: FastifyRequest, body: ReceivedBody): TypedRequest {
    const typed: TypedRequest = {};
    const items: ErrorItem[] = [];
    for (const { key, validate, read } of this.#places) collect(validate(read(request)), { key, typed, items });
    const result = this.#checkBody(body);
    if (result !== undefined) collect(result, { key: 'body', typed, items });
    if (items.length > 0) throw this.#failure(items);
    return typed;
  }

  /** The typed body alone; for routes that have nothing else. Throws ValidationFailure. */
  validateBody(body: ReceivedBody): unknown {
    const result = this.#checkBody(body);
    if (result?.ok === false) throw this.#failure(result.items);
    return result?.value;
  }

  #failure(items: ErrorItem[]): ValidationFailure {
    const masked = this.#secrets.size === 0 ? items : maskSecrets(items, this.#secrets);
    return new ValidationFailure(this.#maxEchoLength === undefined ? masked : boundEchoes(masked, this.#maxEchoLength));
  }

  #checkBody(body: ReceivedBody): Validated | undefined {
    if (body.kind === 'form') return this.#form?.(body.fields);
    return this.#body === undefined ? this.#form?.(noFields) : this.#body(body);
  }
}

const noFields: FormFields = new Map();

type SourceReader = (request: FastifyRequest) => (name: string) => readonly string[];

interface PlaceRule {
  place: ParameterPlace;
  source: 'params' | 'querystring' | 'headers' | 'cookies';
  key: keyof TypedRequest;
  scalar: 'first' | 'last';
  read: SourceReader;
}

// FastAPI reports errors in this order.
const placeRules: readonly PlaceRule[] = [
  { place: 'path', source: 'params', key: 'params', scalar: 'last', read: readParams },
  { place: 'query', source: 'querystring', key: 'query', scalar: 'last', read: readQuery },
  { place: 'header', source: 'headers', key: 'headers', scalar: 'first', read: readHeaders },
  { place: 'cookie', source: 'cookies', key: 'cookies', scalar: 'last', read: readCookies },
];

function readParams(request: FastifyRequest): (name: string) => readonly string[] {
  const { params } = request;
  return (name) => {
    const value = isRecord(params) ? params[name] : undefined;
    return [typeof value === 'string' ? value : ''];
  };
}

function readQuery(request: FastifyRequest): (name: string) => readonly string[] {
  const fields = queryFieldsOf(request.query);
  return (name) => fields.get(name) ?? [];
}

function readHeaders(request: FastifyRequest): (name: string) => readonly string[] {
  // Not raw.headers: Node joins or drops repetitions there, Starlette keeps them.
  const { rawHeaders } = request.raw;
  return (name) => {
    const wanted = name.toLowerCase();
    return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === wanted);
  };
}

function readCookies(request: FastifyRequest): (name: string) => readonly string[] {
  const cookies = parseCookies(request.headers.cookie);
  return (name) => {
    const value = cookies.get(name);
    return value === undefined ? [] : [value];
  };
}

interface Collection {
  key: keyof TypedRequest;
  typed: TypedRequest;
  items: ErrorItem[];
}

function collect(result: Validated, { key, typed, items }: Collection): void {
  if (result.ok) typed[key] = result.value;
  else for (const item of result.items) items.push(item);
}

function isFormContentType(contentType: string | undefined): boolean {
  return /^\s*application\/x-www-form-urlencoded\s*(?:;|$)/i.test(contentType ?? '');
}

function onlySuccessStatus(response: unknown): number {
  if (typeof response !== 'object' || response === null) return 200;
  const successes = Object.keys(response).filter((status) => /^2\d\d$/.test(status));
  return successes.length === 1 ? Number(successes[0]) : 200;
}
