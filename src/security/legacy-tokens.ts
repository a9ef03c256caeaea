import type { KeyObject } from 'node:crypto';
import { type HmacAlgorithm, signHmac, verifyHmac } from './hmac.ts';
import type { JsonObject } from './json-text.ts';
import { type LegacyClaimRules, readLegacyClaims } from './legacy-claims.ts';
import { createHmacKey } from './secrets.ts';
import { assertHeader, readStrictClaims } from './strict-tokens.ts';
import {
  type CompactToken,
  type CompactTokenResult,
  invalidToken,
  parseCanonicalPythonToken,
  parseCompactToken,
  parsePythonToken,
} from './token-syntax.ts';
import { isUuid } from './uuid.ts';

export interface LegacyTokenOptions {
  /** The incumbent's shared secret, at least 32 bytes. */
  secret: string;
  /** Default HS256. A token with any other algorithm is refused. */
  algorithm?: HmacAlgorithm;
  /** Unix time in seconds; used by `mint`. */
  now: () => number;
  /** Refuse a token without `exp`, which would never expire. Default true; the incumbent accepts it. */
  requireExp?: boolean;
  /** Refuse a token with a `crit` header (RFC 7515 §4.1.11). Default true; the incumbent ignores it. */
  refuseCrit?: boolean;
  /** Accept padding, the `+/` alphabet, stray bits and foreign characters in the segments. Default false. */
  looseBase64?: boolean;
  /** Unix seconds: from this instant on every legacy token is refused. Default: never. */
  acceptUntil?: number;
  /** Only when the incumbent was configured with one; python-jose accepts a token without `aud` even then. */
  audience?: string;
  /** Only when the incumbent was configured with one. */
  issuer?: string;
  /** The whole strict policy (strict-tokens.ts) in place of python-jose's rules; the switches above are then moot. */
  strict?: boolean;
}

/** The incumbent's own claims, in the order in which it writes them. */
export interface LegacySubject {
  user_id: string;
  email: string;
  name: string | null;
  /** Ours, ignored by the incumbent: ties the token to a session, so that it can be revoked. */
  sid?: string;
  /** Ours too: the refresh generation that the token came with. */
  gen?: number;
}

export interface LegacyClaims {
  userId: string;
  /** The `sid`, when the token names a session of ours. */
  sessionId: string | null;
  /** The `gen`, of a token that came with a refresh token. */
  generation: number | null;
  /** Unix seconds: at this instant the token is dead. Infinity when it never expires. */
  validBefore: number;
  payload: JsonObject;
}

export interface LegacyTokens {
  readonly algorithm: HmacAlgorithm;
  /** Unix seconds: from this instant on every token of this kind is refused. Infinity: no end is set. */
  readonly endsAt: number;
  /**
   * Byte for byte what python-jose and PyJWT produce from the same claims, plus `exp` (and `sid`, `gen`) at the end. No
   * `aud`: both libraries refuse a token that has one where none is expected. `issuedAt` in whole unix seconds; default now.
   */
  mint(subject: LegacySubject, lifetimeSeconds: number, issuedAt?: number): string;
  /**
   * `now` in unix seconds. Throws AppError `invalid_token` with one of the incumbent's three details:
   * `Could not validate credentials`, `Could not validate credentials - no user_id in token`,
   * `Invalid user_id in token`. The last two only appear for a token whose signature and times are right.
   */
  verify(token: string, now: number): LegacyClaims;
  /** The same for a token that `parseCompactToken` has taken apart: what is strictly formed every reader takes alike. */
  verifyParsed(token: CompactToken, now: number): LegacyClaims;
}

/**
 * The incumbent's profile: HMAC, one key, no kid. What python-jose answers with a crash (a null, list or infinite
 * `exp`, a `user_id` that is not text) is a refusal here. Throws UnusableKeyError for a secret that must not be used.
 */
export function createLegacyTokens(options: LegacyTokenOptions): LegacyTokens {
  const { algorithm = 'HS256', now, acceptUntil = Number.POSITIVE_INFINITY, strict } = options;
  const key = createHmacKey(options.secret);
  const parse = chooseParser(options);
  const read = strict === true ? readStrictly(options) : readLikePython(options);
  return {
    algorithm,
    endsAt: acceptUntil,
    mint: (subject, lifetimeSeconds, issuedAt = Math.floor(now())) =>
      mintLegacyToken({ algorithm, key }, subject, issuedAt + lifetimeSeconds),
    verify: (text, at) => {
      if (at >= acceptUntil) throw invalidToken('legacy_sunset');
      const result = parse(text);
      if (!result.ok) throw invalidToken(result.reason);
      return verifyParsed(result.token, at);
    },
    verifyParsed,
  };

  function verifyParsed(token: CompactToken, at: number): LegacyClaims {
    const { header, payload, signingInput, signature } = token;
    if (at >= acceptUntil) throw invalidToken('legacy_sunset');
    if (header.alg !== algorithm) throw invalidToken('algorithm');
    if (strict === true && 'kid' in header) throw invalidToken('unknown_key');
    if (!verifyHmac(signHmac(algorithm, key, signingInput), signature)) throw invalidToken('signature');
    const { userId, validBefore } = read(token, at);
    const sessionId = isUuid(payload.sid) ? payload.sid : null;
    const generation = sessionId !== null && isGeneration(payload.gen) ? payload.gen : null;
    return { userId, sessionId, generation, validBefore: Math.min(validBefore, acceptUntil), payload };
  }
}

/** JSON as Python's `json.dumps(…, separators=(',', ':'))` writes it: everything outside printable ASCII is escaped. */
export function stringifyLikePython(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function mintLegacyToken(
  { algorithm, key }: { algorithm: HmacAlgorithm; key: KeyObject },
  { user_id, email, name, sid, gen }: LegacySubject,
  exp: number,
): string {
  if (!Number.isSafeInteger(exp)) throw new TypeError('the lifetime must be whole seconds');
  const ours = { ...(sid === undefined ? {} : { sid }), ...(gen === undefined ? {} : { gen }) };
  const claims = { user_id, email, name, exp, ...ours };
  const signingInput = [{ alg: algorithm, typ: 'JWT' }, claims]
    .map((part) => Buffer.from(stringifyLikePython(part)).toString('base64url'))
    .join('.');
  return `${signingInput}.${signHmac(algorithm, key, signingInput).toString('base64url')}`;
}

function isGeneration(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

type ClaimReader = (token: CompactToken, now: number) => { userId: string; validBefore: number };

function chooseParser({ strict, looseBase64 }: LegacyTokenOptions): (text: string) => CompactTokenResult {
  if (strict === true) return parseCompactToken;
  return looseBase64 === true ? parsePythonToken : parseCanonicalPythonToken;
}

function readStrictly(options: LegacyTokenOptions): ClaimReader {
  return ({ header, payload }, now) => {
    assertHeader(header);
    const { userId, expiresAt } = readStrictClaims(payload, options, now);
    return { userId, validBefore: expiresAt };
  };
}

function readLikePython({ requireExp = true, refuseCrit = true, audience, issuer }: LegacyTokenOptions): ClaimReader {
  const rules: LegacyClaimRules = { requireExp, audience, issuer };
  return ({ header, payload }, now) => {
    if (refuseCrit && 'crit' in header) throw invalidToken('header_crit');
    return readLegacyClaims(payload, rules, now);
  };
}
