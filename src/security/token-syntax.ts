import { AppError, type RefusedHolder } from '../errors.ts';
import { decodeBase64Url, decodePythonBase64Url } from './base64.ts';
import { isJsonObject, type JsonObject, type JsonRules, parseJson, pythonJson, strictJson } from './json-text.ts';

/** Longer tokens are refused before anything is decoded. */
const maxTokenLength = 8192;

/** The incumbent has no limit of its own; this one is far above what an HTTP header may hold. */
const maxLooseTokenLength = 32_768;

/** A token taken apart. Nothing in it is trusted yet: the signature has not been looked at. */
export interface CompactToken {
  header: JsonObject;
  payload: JsonObject;
  /** What the signature covers, exactly as sent. */
  signingInput: string;
  signature: Buffer;
}

export type TokenFault = 'token_too_long' | 'segments' | 'base64url' | 'header_json' | 'payload_json';

export type CompactTokenResult = { ok: true; token: CompactToken } | { ok: false; reason: TokenFault };

/**
 * A JWS in compact form (RFC 7515 §7.1), read strictly: at most 8192 characters; three segments of canonical unpadded
 * base64url with nothing around them; header and payload are UTF-8 objects of RFC 8259 without BOM, duplicate keys at
 * any depth, NaN, lone surrogates or more than 64 levels. Every verifier of ours goes through here first: the
 * libraries take all of these.
 */
export function parseCompactToken(text: string): CompactTokenResult {
  if (text.length > maxTokenLength) return { ok: false, reason: 'token_too_long' };
  const [header = '', payload = '', signature = '', ...more] = text.split('.', 4);
  if (header === '' || payload === '' || signature === '' || more.length > 0) return { ok: false, reason: 'segments' };
  return assemble(
    {
      header: decodeBase64Url(header),
      payload: decodeBase64Url(payload),
      signature: decodeBase64Url(signature),
      signingInput: `${header}.${payload}`,
    },
    strictJson,
  );
}

/**
 * The same as python-jose takes it apart: from the last dot and the first one, with CPython's lenient base64 and
 * `json.loads`. Only for a legacy profile that is told to.
 */
export function parsePythonToken(text: string): CompactTokenResult {
  if (text.length > maxLooseTokenLength) return { ok: false, reason: 'token_too_long' };
  const last = text.lastIndexOf('.');
  const first = text.indexOf('.');
  if (first === last) return { ok: false, reason: 'segments' };
  return assemble(
    {
      header: decodePythonBase64Url(Buffer.from(text.slice(0, first))),
      payload: decodePythonBase64Url(Buffer.from(text.slice(first + 1, last))),
      signature: decodePythonBase64Url(Buffer.from(text.slice(last + 1))),
      signingInput: text.slice(0, last),
    },
    pythonJson,
  );
}

/** Canonical base64url, but the payload's JSON as Python reads it: the legacy profile without `looseBase64`. */
export function parseCanonicalPythonToken(text: string): CompactTokenResult {
  if (text.length > maxLooseTokenLength) return { ok: false, reason: 'token_too_long' };
  const segments = text.split('.', 4);
  const [header = '', payload = '', signature = ''] = segments;
  if (segments.length !== 3) return { ok: false, reason: 'segments' };
  return assemble(
    {
      header: decodeBase64Url(header),
      payload: decodeBase64Url(payload),
      signature: decodeBase64Url(signature),
      signingInput: `${header}.${payload}`,
    },
    pythonJson,
  );
}

const alwaysRefused = ['crit', 'b64', 'cty', 'zip', 'jwk', 'jku', 'x5u', 'x5c'];

/**
 * The first header member that no profile of ours accepts: extensions that we do not implement (RFC 7515 §4.1.11),
 * nested or compressed payloads, and keys that come with the token they are to prove (RFC 8725 §3.10).
 */
export function findRefusedHeader(header: JsonObject): string | undefined {
  return alwaysRefused.find((name) => name in header);
}

/** The one refusal that a client sees. `reason` is for operators and never leaves the process. */
export function invalidToken(reason: string, detail?: string): AppError {
  return new AppError('invalid_token', detail === undefined ? { reason } : { reason, detail });
}

/** Of a token whose signature is right: an operator may read whose it was. */
export function expiredToken(holder: RefusedHolder): AppError {
  return new AppError('invalid_token', { reason: 'expired', holder });
}

interface Segments {
  header: Buffer | undefined;
  payload: Buffer | undefined;
  signature: Buffer | undefined;
  signingInput: string;
}

function assemble({ header, payload, signature, signingInput }: Segments, rules: JsonRules): CompactTokenResult {
  if (!header || !payload || !signature) return { ok: false, reason: 'base64url' };
  const headerObject = readObject(header, rules);
  if (headerObject === undefined) return { ok: false, reason: 'header_json' };
  const payloadObject = readObject(payload, rules);
  if (payloadObject === undefined) return { ok: false, reason: 'payload_json' };
  return { ok: true, token: { header: headerObject, payload: payloadObject, signingInput, signature } };
}

function readObject(bytes: Buffer, rules: JsonRules): JsonObject | undefined {
  const text = decodeUtf8(bytes);
  const value = text === undefined ? undefined : parseJson(text, rules);
  return isJsonObject(value) ? value : undefined;
}

// ignoreBOM keeps a BOM in the text, where it is a JSON syntax error.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
