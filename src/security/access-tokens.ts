import { AppError } from '../errors.ts';
import type { JsonObject, JsonValue } from './json-text.ts';
import type { KeyRing, VerifyKey } from './keys.ts';
import { type RandomBytes, secureRandom, uuidV4 } from './random.ts';
import { signText, verifySignature } from './signatures.ts';
import { type CompactToken, expiredToken, findRefusedHeader, invalidToken, parseCompactToken } from './token-syntax.ts';
import { isUuid } from './uuid.ts';

/** Separates access tokens from every other token that the same key may ever sign (RFC 9068 §2.1, RFC 8725 §3.11). */
const accessTokenType = 'at+jwt';

/** How far another machine's clock may be ahead, for `iat` and `nbf` only; `exp` is exact. */
const clockToleranceSeconds = 60;

type VerifyRing = Pick<KeyRing, 'isComplete' | 'findVerifyKey'>;

export interface AccessTokenOptions {
  keyRing: VerifyRing & Pick<KeyRing, 'signing'>;
  /** Awaited before each minting: the ring knows which key signs. Throws AppError `database_unavailable`. */
  ready?: () => Promise<void>;
  issuer: string;
  audience: string;
  lifetimeSeconds: number;
  /** A token whose `exp - iat` is longer is refused, whoever signed it. Defaults to `lifetimeSeconds`. */
  maxLifetimeSeconds?: number;
  /** Unix time in seconds; used by `mint`. */
  now: () => number;
  random?: RandomBytes;
}

export interface AccessTokenSubject {
  userId: string;
  sessionId: string;
  /** The refresh generation that this token came with: its use shows that the answer arrived. */
  generation?: number;
  /** What old clients read in a token's payload besides `user_id`; ours rely on nothing of it. */
  incumbent?: { email: string; name: string | null };
  scopes?: readonly string[];
  /** Default `lifetimeSeconds` of the options; at most `maxLifetimeSeconds`. */
  lifetimeSeconds?: number;
  /** Whole unix seconds; default now. */
  issuedAt?: number;
  /** A UUID; default a random one. Given together with issuedAt, an Ed25519 ring mints the same bytes every time. */
  tokenId?: string;
}

export interface AccessClaims {
  userId: string;
  sessionId: string;
  tokenId: string;
  /** Null for a token that came without a refresh token. */
  generation: number | null;
  /** The key that signed it. */
  kid: string;
  /** Unix seconds. */
  issuedAt: number;
  /** Unix seconds; the token is dead from this instant on. */
  expiresAt: number;
  scopes: readonly string[];
}

export interface AccessTokens {
  readonly lifetimeSeconds: number;
  mint(subject: AccessTokenSubject): Promise<string>;
  /** `now` in unix seconds. Throws AppError `invalid_token`; its reason says which rule was broken. */
  verify(token: string, now: number): Promise<AccessClaims>;
  /** The same for a token that `parseCompactToken` has already taken apart. Throws at once. */
  verifyParsed(parsed: CompactToken, now: number): AccessClaims;
  /** Whether the header claims this profile: its algorithm is the one of a key that we hold. */
  claims(header: JsonObject): boolean;
}

/**
 * The native profile: asymmetric keys, `typ` at+jwt, `kid`, `iss`, `aud`, `sub`, `sid`, `jti`, `iat`, `exp`, all
 * required.
 */
export function createAccessTokens(options: AccessTokenOptions): AccessTokens {
  const { keyRing, issuer, audience, lifetimeSeconds, now, random = secureRandom } = options;
  const limits = { issuer, audience, maxLifetimeSeconds: options.maxLifetimeSeconds ?? lifetimeSeconds };
  if (!(lifetimeSeconds > 0) || limits.maxLifetimeSeconds < lifetimeSeconds) throw new TypeError('invalid lifetime');
  if (issuer === '' || audience === '') throw new TypeError('issuer and audience must not be empty');

  function verifyParsed(parsed: CompactToken, at: number): AccessClaims {
    const key = selectKey(parsed.header, keyRing);
    if (!verifySignature({ algorithm: key.alg, publicKey: key.publicKey }, parsed)) throw invalidToken('signature');
    return { ...readClaims(parsed.payload, limits, at), kid: key.kid };
  }

  return {
    lifetimeSeconds,
    mint: (subject) => {
      const { issuedAt: iat = Math.floor(now()), tokenId: jti = uuidV4(random) } = subject;
      const lifetime = subject.lifetimeSeconds ?? lifetimeSeconds;
      if (!isWholeNumber(iat) || !isUuid(jti)) throw new TypeError('issuedAt must be whole seconds, tokenId a UUID');
      if (!(lifetime > 0) || lifetime > limits.maxLifetimeSeconds) throw new TypeError('invalid lifetime');
      const payload = { iss: issuer, aud: audience, ...toClaims(subject), jti, iat, exp: iat + lifetime };
      // Which key signs is asked last: it may change while the ring is being read.
      const ready = options.ready?.() ?? Promise.resolve();
      return ready.then(() => sign(keyRing.signing, payload));
    },
    verify: async (token, at) => {
      const result = parseCompactToken(token);
      if (!result.ok) throw invalidToken(result.reason);
      return verifyParsed(result.token, at);
    },
    verifyParsed,
    claims: ({ alg, kid }) =>
      keyRing.findVerifyKey(kid)?.alg === alg || (!keyRing.isComplete && (alg === 'EdDSA' || alg === 'ES256')),
  };
}

function toClaims({ userId, sessionId, generation, incumbent, scopes = [] }: AccessTokenSubject): object {
  if (!isUuid(userId) || !isUuid(sessionId)) throw new TypeError('userId and sessionId must be canonical UUIDs');
  if (scopes.some((scope) => !scopeText.test(scope))) throw new TypeError('invalid scope');
  return {
    ...(incumbent === undefined ? {} : { user_id: userId, email: incumbent.email, name: incumbent.name }),
    sub: userId,
    sid: sessionId,
    ...(generation === undefined ? {} : { gen: generation }),
    ...(scopes.length > 0 ? { scope: scopes.join(' ') } : {}),
  };
}

function sign({ alg, kid, privateKey }: KeyRing['signing'], payload: object): string {
  const header = { alg, typ: accessTokenType, kid };
  const signingInput = [header, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${signingInput}.${signText({ algorithm: alg, privateKey }, signingInput).toString('base64url')}`;
}

function selectKey(header: JsonObject, keyRing: VerifyRing): VerifyKey {
  const refused = findRefusedHeader(header);
  if (refused !== undefined) throw invalidToken(`header_${refused}`);
  const key = keyRing.findVerifyKey(header.kid);
  if (key === undefined && !keyRing.isComplete) {
    throw new AppError('database_unavailable', { reason: 'keys_not_read', retryAfterSeconds: 1 });
  }
  if (key === undefined) throw invalidToken('unknown_key');
  if (header.alg !== key.alg) throw invalidToken('algorithm');
  if (header.typ !== accessTokenType) throw invalidToken('type');
  return key;
}

interface ClaimLimits {
  issuer: string;
  audience: string;
  maxLifetimeSeconds: number;
}

function readClaims(payload: JsonObject, limits: ClaimLimits, now: number): Omit<AccessClaims, 'kid'> {
  const { iss, aud, sub, sid, jti, gen, iat, exp, nbf, scope } = payload;
  if (iss !== limits.issuer) throw invalidToken('issuer');
  // Only the exact text: a token for us and for someone else could be replayed by that someone else.
  if (aud !== limits.audience) throw invalidToken('audience');
  if (!isUuid(sub)) throw invalidToken('subject');
  if (!isUuid(sid)) throw invalidToken('session');
  if (!isUuid(jti)) throw invalidToken('token_id');
  if (gen !== undefined && !isWholeNumber(gen)) throw invalidToken('generation');
  if (isWholeNumber(exp) && exp <= now) throw expiredToken({ userId: sub, sessionId: sid });
  const { issuedAt, expiresAt } = readTimes({ iat, exp, nbf }, limits.maxLifetimeSeconds, now);
  const ids = { userId: sub, sessionId: sid, tokenId: jti, generation: gen ?? null };
  return { ...ids, issuedAt, expiresAt, scopes: readScopes(scope) };
}

type TimeClaims = Record<'iat' | 'exp' | 'nbf', JsonValue | undefined>;

function readTimes({ iat, exp, nbf }: TimeClaims, maxLifetimeSeconds: number, now: number) {
  if (!isWholeNumber(exp)) throw invalidToken('expiry');
  if (!isWholeNumber(iat) || iat > now + clockToleranceSeconds) throw invalidToken('issued_at');
  if (nbf !== undefined && (!isWholeNumber(nbf) || nbf > now + clockToleranceSeconds)) throw invalidToken('not_before');
  if (exp <= iat || exp - iat > maxLifetimeSeconds) throw invalidToken('lifetime');
  return { issuedAt: iat, expiresAt: exp };
}

function isWholeNumber(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

// RFC 6749 §3.3: scope-token.
const scopeText = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

function readScopes(scope: JsonValue | undefined): readonly string[] {
  if (scope === undefined) return [];
  const scopes = typeof scope === 'string' ? scope.split(' ') : [];
  if (scopes.length === 0 || scopes.some((name) => !scopeText.test(name))) throw invalidToken('scopes');
  return scopes;
}
