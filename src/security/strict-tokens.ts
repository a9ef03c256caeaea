import { createPublicKey, type KeyObject } from 'node:crypto';
import { type HmacAlgorithm, isHmacAlgorithm, signHmac, verifyHmac } from './hmac.ts';
import type { JsonObject, JsonValue } from './json-text.ts';
import { createHmacKey, UnusableKeyError } from './secrets.ts';
import { type SignatureAlgorithm, verifySignature } from './signatures.ts';
import { type CompactToken, findRefusedHeader, invalidToken, parseCompactToken } from './token-syntax.ts';
import { parseUuid } from './uuid.ts';

export interface StrictTokenOptions {
  /** A shared secret (HMAC) or the text of a public JWK set; never both. */
  key: { secret: string } | { jwks: string };
  algorithms: readonly (HmacAlgorithm | SignatureAlgorithm)[];
  /** Given: required and compared exactly. Absent: a token with any `aud` is refused. */
  audience?: string;
  /** Given: required and compared exactly. Absent: `iss` is ignored. */
  issuer?: string;
}

export interface StrictClaims {
  userId: string;
  /** Unix seconds, possibly with a fraction; the token is dead from this instant on. */
  expiresAt: number;
  payload: JsonObject;
}

export interface StrictTokens {
  /** `now` in unix seconds. Throws AppError `invalid_token`; its reason says which rule was broken. */
  verify(token: string, now: number): StrictClaims;
}

/**
 * Verifies tokens that somebody else mints (the incumbent, an identity provider) by the strictest rules that honest
 * tokens of that kind meet; what python-jose and jose let through is listed in the tests. The key decides the
 * algorithm; a kid must name a key, and may only be absent when the set holds one; nothing is tried in turn.
 * Throws UnusableKeyError at construction for a weak secret, a key file used as one, and an unusable set.
 */
export function createStrictTokens(options: StrictTokenOptions): StrictTokens {
  const assertSignature =
    'secret' in options.key ? hmacVerifier(options.key.secret, options) : keySetVerifier(options.key.jwks, options);
  return {
    verify: (token, now) => {
      const result = parseCompactToken(token);
      if (!result.ok) throw invalidToken(result.reason);
      assertHeader(result.token.header);
      assertSignature(result.token);
      return readStrictClaims(result.token.payload, options, now);
    },
  };
}

/** The header rules that hold for every key: nothing critical, no foreign keys, `typ` absent or a plain JWT. */
export function assertHeader(header: JsonObject): void {
  const refused = findRefusedHeader(header);
  if (refused !== undefined) throw invalidToken(`header_${refused}`);
  const { typ } = header;
  if (typ !== undefined && !(typeof typ === 'string' && /^(?:application\/)?jwt$/i.test(typ))) {
    throw invalidToken('type');
  }
}

/** The last second of the year 9999: a later `exp` is a mistake or an attack, not a date. */
const maxUnixTime = 253_402_300_799;

/** How far another machine's clock may be ahead, for `iat` and `nbf` only. */
const clockToleranceSeconds = 60;

/** The claim rules: `exp` required, numbers only, `aud` and `iss` as configured, one user, text ids. */
export function readStrictClaims(
  payload: JsonObject,
  { audience, issuer }: Pick<StrictTokenOptions, 'audience' | 'issuer'>,
  now: number,
): StrictClaims {
  const { exp, iat, nbf, aud, iss, jti } = payload;
  if (typeof exp !== 'number' || exp > maxUnixTime) throw invalidToken('expiry');
  if (exp <= now) throw invalidToken('expired');
  for (const time of [iat, nbf]) {
    if (time === undefined) continue;
    // JSON can write more than a number holds: -1e309 is none.
    if (typeof time !== 'number' || !Number.isFinite(time) || time > now + clockToleranceSeconds) {
      throw invalidToken('not_yet_valid');
    }
  }
  if (!audienceMatches(aud, audience)) throw invalidToken('audience');
  if (issuer !== undefined && iss !== issuer) throw invalidToken('issuer');
  if (jti !== undefined && typeof jti !== 'string') throw invalidToken('token_id');
  if ('at_hash' in payload) throw invalidToken('at_hash');
  return { userId: readUserId(payload), expiresAt: exp, payload };
}

function audienceMatches(aud: JsonValue | undefined, audience: string | undefined): boolean {
  if (audience === undefined) return aud === undefined;
  if (!Array.isArray(aud)) return aud === audience;
  return aud.every((entry) => typeof entry === 'string') && aud.includes(audience);
}

function readUserId(payload: JsonObject): string {
  const named = ['user_id', 'sub'].filter((name) => name in payload).map((name) => parseUuid(payload[name]));
  const [userId] = named;
  if (userId === undefined || named.some((other) => other !== userId)) throw invalidToken('user');
  return userId;
}

type SignatureVerifier = (parsed: CompactToken) => void;

function hmacVerifier(secret: string, { algorithms }: StrictTokenOptions): SignatureVerifier {
  const key = createHmacKey(secret);
  if (algorithms.length === 0 || !algorithms.every(isHmacAlgorithm)) {
    throw new TypeError('a shared secret only goes with HMAC algorithms');
  }
  return ({ header, signingInput, signature }) => {
    const { alg } = header;
    if (!isHmacAlgorithm(alg) || !algorithms.includes(alg)) throw invalidToken('algorithm');
    if ('kid' in header) throw invalidToken('unknown_key');
    if (!verifyHmac(signHmac(alg, key, signingInput), signature)) throw invalidToken('signature');
  };
}

interface SetKey {
  kid: string | undefined;
  alg: SignatureAlgorithm;
  publicKey: KeyObject;
}

function keySetVerifier(jwks: string, { algorithms }: StrictTokenOptions): SignatureVerifier {
  const keys = readKeySet(jwks);
  return (parsed) => {
    const { header } = parsed;
    const key = 'kid' in header ? keys.find(({ kid }) => kid !== undefined && kid === header.kid) : onlyKey(keys);
    if (key === undefined) throw invalidToken('unknown_key');
    // The key's own algorithm: a set that also lists HMAC names can't make a public key into a secret.
    if (header.alg !== key.alg || !algorithms.includes(key.alg)) throw invalidToken('algorithm');
    if (!verifySignature({ algorithm: key.alg, publicKey: key.publicKey }, parsed)) throw invalidToken('signature');
  };
}

function onlyKey(keys: readonly SetKey[]): SetKey | undefined {
  return keys.length === 1 ? keys[0] : undefined;
}

function readKeySet(jwks: string): SetKey[] {
  const keys = readKeyList(jwks).map(readSetKey);
  const kids = keys.map(({ kid }) => kid).filter((kid) => kid !== undefined);
  if (keys.length === 0 || new Set(kids).size !== kids.length) throw invalidKeySet();
  return keys;
}

function readKeyList(jwks: string): unknown[] {
  try {
    const parsed: unknown = JSON.parse(jwks);
    if (typeof parsed === 'object' && parsed !== null && 'keys' in parsed && Array.isArray(parsed.keys)) {
      return parsed.keys;
    }
  } catch {
    // Not JSON: refused below like every other text that is no key set.
  }
  throw invalidKeySet();
}

function readSetKey(jwk: unknown): SetKey {
  if (typeof jwk !== 'object' || jwk === null) throw invalidKeySet();
  const kid = 'kid' in jwk ? jwk.kid : undefined;
  if (kid !== undefined && typeof kid !== 'string') throw invalidKeySet();
  const publicKey = importPublicKey(jwk);
  const alg = algorithmOf(publicKey);
  if (alg === undefined || ('alg' in jwk && jwk.alg !== alg)) throw invalidKeySet();
  return { kid, alg, publicKey };
}

function importPublicKey(jwk: object): KeyObject {
  try {
    return createPublicKey({ key: { ...jwk }, format: 'jwk' });
  } catch {
    throw invalidKeySet();
  }
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): SignatureAlgorithm | undefined {
  if (asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048) return 'RS256';
  if (asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1') return 'ES256';
  return asymmetricKeyType === 'ed25519' ? 'EdDSA' : undefined;
}

function invalidKeySet(): UnusableKeyError {
  return new UnusableKeyError('invalid_key', 'the key set is not a set of RSA (2048 bits), P-256 or Ed25519 JWKs');
}
