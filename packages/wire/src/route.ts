import type { FastifyRequest } from 'fastify';
import type { ErrorItem } from './errors.ts';
import { BodyParseFailure, ValidationFailure } from './errors.ts';
import { parseCookies } from './http/cookies.ts';
import { parseMultipart, parseOptions } from './http/multipart.ts';
import type { FormFields, FormValue } from './http/query-string.ts';
import { parseFormFields, parseOlderFormFields, queryFieldsOf } from './http/query-string.ts';
import type { ParsedBody } from './json/parse.ts';
import { parseBody } from './json/parse.ts';
import { isRecord } from './json/record.ts';
import type { WireProfile } from './profile.ts';
import type { BodyValidator, Validated } from './validate/body.ts';
import { compileBody, syntaxFailure } from './validate/body.ts';
import type { FormValidator } from './validate/form.ts';
import { compileFieldModel, compileForm } from './validate/form.ts';
import { boundEchoes, maskSecrets, type SecretNames, secretNames } from './validate/mask.ts';
import type { ParameterPlace, ParameterValidator } from './validate/parameters.ts';
import { compileParameters } from './validate/parameters.ts';
import { defaultMaxErrors } from './validate/run.ts';
import { isSchema, wireRulesOf } from './validate/schema.ts';

/** What a route tells the wire beside Fastify's `schema`, as `config: { wire: … }`. */
export interface WireRouteConfig {
  /** The fields of a form, urlencoded or multipart. With `schema.body` as well, the content-type decides which of the two applies. */
  form?: object;
  /** Cookie parameters; the typed values are `request.cookieValues`. */
  cookies?: object;
  /** The success status. Default: the only 2xx of `schema.response`, else 200. */
  status?: number;
  /** Whether declared secrets are masked in a 422 of this route. Default: as the plugin's option says. */
  maskSecrets?: boolean;
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
  maxErrors?: number | undefined;
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
  readonly #places: readonly { key: keyof TypedRequest; validate: (request: FastifyRequest) => Validated }[];
  readonly #body: BodyValidator | undefined;
  readonly #form: FormValidator | undefined;
  /** Undefined: nothing is masked. */
  readonly #secrets: SecretNames | undefined;
  readonly #profile: WireProfile;
  readonly #maxEchoLength: number | undefined;
  readonly #maxErrors: number;

  constructor(schemas: RouteSchemas, config: WireRouteConfig, options: RouteOptions) {
    const { profile } = options;
    const sources = { ...schemas, cookies: config.cookies, form: config.form };
    this.#profile = profile;
    this.status = config.status ?? onlySuccessStatus(schemas.response);
    this.#places = placeRules.flatMap(({ place, source, ...rule }) => {
      const schema = sources[source];
      if (!isSchema(schema)) return [];
      if (wireRulesOf(schema, '').parameterModel === true) {
        return [
          {
            key: rule.key,
            validate: readingAll(compileFieldModel(place, schema, { profile, scalar: rule.scalar }), rule.readAll),
          },
        ];
      }
      return [
        {
          key: rule.key,
          validate: reading(compileParameters(place, schema, { profile, scalar: rule.scalar }), rule.read),
        },
      ];
    });
    this.#body = isSchema(schemas.body) ? compileBody(schemas.body, profile, options) : undefined;
    this.#form = isSchema(config.form) ? compileForm(config.form, profile) : undefined;
    this.#maxEchoLength = options.maxEchoLength;
    this.#maxErrors = options.maxErrors ?? defaultMaxErrors;
    this.#secrets =
      (config.maskSecrets ?? options.maskSecrets) ? secretNames(Object.values(sources).filter(isSchema)) : undefined;
  }

  /** Whether the body is looked at at all; otherwise even a broken one is ignored. */
  get readsBody(): boolean {
    return this.#body !== undefined || this.#form !== undefined;
  }

  /** Reads the body's bytes. Never throws; what is wrong is said by {@link assertReadable}. */
  readBody(bytes: Uint8Array, contentType: string | undefined): ReceivedBody {
    if (this.#form !== undefined && contentType !== undefined) {
      const { value } = parseOptions(contentType);
      if (value === 'application/x-www-form-urlencoded') {
        return readUrlencoded(bytes, this.#profile);
      }
      if (value === 'multipart/form-data') {
        const fields = parseMultipart(bytes, contentType, this.#profile);
        return fields instanceof Map ? { kind: 'form', fields } : { kind: 'unreadable', detail: fields.problem };
      }
    }
    if (this.#body === undefined) return emptyBody;
    return parseBody(bytes, contentType, this.#profile);
  }

  /** Throws BodyParseFailure or ValidationFailure for a body that is not JSON. */
  assertReadable(body: ReceivedBody): void {
    if (body.kind === 'unreadable') throw new BodyParseFailure(body.detail);
    if (body.kind !== 'syntax-error') return;
    const failure = syntaxFailure(body);
    if (failure !== undefined) throw new ValidationFailure(failure.items);
  }

  /** The typed request, or ValidationFailure with the items of path, query, header, cookie and body in that order. */
  validate(request: FastifyRequest, body: ReceivedBody): TypedRequest {
    const typed: TypedRequest = {};
    const items: ErrorItem[] = [];
    for (const { key, validate } of this.#places) collect(validate(request), { key, typed, items });
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

  #failure(found: ErrorItem[]): ValidationFailure {
    const items = found.length > this.#maxErrors ? found.slice(0, this.#maxErrors) : found;
    const masked = this.#secrets === undefined ? items : maskSecrets(items, this.#secrets);
    const { errorUrl } = this.#profile;
    if (errorUrl !== null) for (const item of masked) item.url = errorUrl + item.type;
    return new ValidationFailure(this.#maxEchoLength === undefined ? masked : boundEchoes(masked, this.#maxEchoLength));
  }

  #checkBody(body: ReceivedBody): Validated | undefined {
    if (body.kind === 'form') return this.#form?.(body.fields);
    return this.#body === undefined ? this.#form?.(noFields) : this.#body(body);
  }
}

function readUrlencoded(bytes: Uint8Array, profile: WireProfile): ReceivedBody {
  const { semicolonSeparatesFields, bareLastFieldIsLost, maxFormFields } = profile;
  // Every byte is a character until the percent-encoding is undone.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const isOlder = semicolonSeparatesFields || bareLastFieldIsLost;
  const fields = isOlder ? parseOlderFormFields(text, profile) : parseFormFields(text);
  if (maxFormFields === null) return { kind: 'form', fields };
  let count = 0;
  for (const texts of fields.values()) count += texts.length;
  if (count <= maxFormFields) return { kind: 'form', fields };
  return { kind: 'unreadable', detail: `Too many fields. Maximum number of fields is ${maxFormFields}.` };
}

const noFields: FormFields = new Map();

function reading(validate: ParameterValidator, read: SourceReader): (request: FastifyRequest) => Validated {
  return (request) => validate(read(request));
}

function readingAll(
  validate: FormValidator,
  readAll: (request: FastifyRequest) => FormFields,
): (request: FastifyRequest) => Validated {
  return (request) => validate(readAll(request));
}

type SourceReader = (request: FastifyRequest) => (name: string) => readonly FormValue[];

interface PlaceRule {
  place: ParameterPlace;
  source: 'params' | 'querystring' | 'headers' | 'cookies';
  key: keyof TypedRequest;
  scalar: 'first' | 'last';
  read: SourceReader;
  /** Everything that was sent: what one model of all parameters sees. */
  readAll: (request: FastifyRequest) => FormFields;
}

// FastAPI reports errors in this order.
const placeRules: readonly PlaceRule[] = [
  { place: 'path', source: 'params', key: 'params', scalar: 'last', read: readParams, readAll: () => noFields },
  {
    place: 'query',
    source: 'querystring',
    key: 'query',
    scalar: 'last',
    read: readQuery,
    readAll: (request) => queryFieldsOf(request.query),
  },
  { place: 'header', source: 'headers', key: 'headers', scalar: 'first', read: readHeaders, readAll: allHeaders },
  { place: 'cookie', source: 'cookies', key: 'cookies', scalar: 'last', read: readCookies, readAll: allCookies },
];

function readParams(request: FastifyRequest): (name: string) => readonly string[] {
  const { params } = request;
  return (name) => {
    const value = isRecord(params) ? params[name] : undefined;
    return [typeof value === 'string' ? value : ''];
  };
}

function readQuery(request: FastifyRequest): (name: string) => readonly FormValue[] {
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

function allHeaders(request: FastifyRequest): FormFields {
  const { rawHeaders } = request.raw;
  const fields: FormFields = new Map();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? '';
    fields.set(name, [...(fields.get(name) ?? []), rawHeaders[index + 1] ?? '']);
  }
  return fields;
}

function allCookies(request: FastifyRequest): FormFields {
  return new Map([...parseCookies(request.headers.cookie)].map(([name, value]) => [name, [value]]));
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

function onlySuccessStatus(response: unknown): number {
  if (typeof response !== 'object' || response === null) return 200;
  const successes = Object.keys(response).filter((status) => /^2\d\d$/.test(status));
  return successes.length === 1 ? Number(successes[0]) : 200;
}
