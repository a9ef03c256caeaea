import { stringifyEcho } from './json/write.ts';

/** One refused value, in Pydantic's shape and key order. */
export interface ErrorItem {
  type: string;
  loc: (string | number)[];
  msg: string;
  /** The offending value as it was sent; see {@link stringifyEcho} for values that JSON cannot hold. */
  input: unknown;
  ctx?: Record<string, unknown>;
  /** Where the type is explained; see `errorUrl` of the profile. */
  url?: string;
}

/** What to send: the body is complete JSON or text. */
export interface WireResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** The request was understood and refused: 422 with Pydantic's items. */
export class ValidationFailure extends Error {
  override readonly name = 'ValidationFailure';
  readonly code = 'wire_validation_failed';
  readonly statusCode = 422;
  readonly items: readonly ErrorItem[];

  constructor(items: readonly ErrorItem[]) {
    super('the request does not match its schema');
    this.items = items;
  }
}

/** The body could not be read at all (encoding, nesting, digits): 400 without a position, as FastAPI answers. */
export class BodyParseFailure extends Error {
  override readonly name = 'BodyParseFailure';
  readonly code = 'wire_body_unreadable';
  readonly statusCode = 400;
  readonly detail: string;

  constructor(detail = 'There was an error parsing the body') {
    super(detail);
    this.detail = detail;
  }
}

/** FastAPI's envelope for every error. */
export function errorBody<T>(detail: T): { detail: T } {
  return { detail };
}

/** The answer for an error of this package, or `undefined` when the error is someone else's. */
export function renderWireError(error: unknown): WireResponse | undefined {
  if (error instanceof ValidationFailure) return jsonResponse(error.statusCode, errorBody(error.items));
  if (error instanceof BodyParseFailure) return jsonResponse(error.statusCode, errorBody(error.detail));
  return undefined;
}

/** Starlette's answer for an error that nobody handled: it never shows what happened. */
export function internalServerError(): WireResponse {
  const headers = { 'content-type': 'text/plain; charset=utf-8' };
  return { status: 500, headers, body: 'Internal Server Error' };
}

function jsonResponse(status: number, body: unknown): WireResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: stringifyEcho(body) };
}
