import type { AccessTokens } from './access-tokens.ts';
import type { LegacyTokens } from './legacy-tokens.ts';
import { invalidToken, parseCompactToken } from './token-syntax.ts';

/** Who a bearer token speaks for. Frozen: one object serves every request with that token. */
export interface TokenPrincipal {
  kind: 'native' | 'legacy';
  userId: string;
  /** Null for the incumbent's own tokens, which belong to no session. */
  sessionId: string | null;
  /** The `jti`; null for legacy tokens. */
  tokenId: string | null;
  /** The refresh generation that the token came with; null when it came with none. */
  generation: number | null;
  /** The key that vouches for it: a kid, or `legacy` for the incumbent's secret. */
  keyId: string;
  scopes: readonly string[];
  /** Unix seconds: from this instant on the token is dead. Infinity for a legacy token without `exp`. */
  validBefore: number;
}

export interface TokenVerifierOptions {
  native: AccessTokens;
  /** Absent: the incumbent's tokens are refused. */
  legacy?: LegacyTokens | undefined;
  /** Unix time in seconds. */
  now: () => number;
  /** Verified tokens kept in memory, 0 for none. One entry takes at most about 5 kB. */
  cacheSize: number;
}

export interface TokenVerifier {
  /**
   * Throws AppError `invalid_token`. A cached token is checked against the clock on every call, but not for
   * revocation: that is the caller's, on every call.
   */
  verify(token: string): Promise<TokenPrincipal>;
  /** Drops every cached token. */
  clear(): void;
  readonly cachedTokens: number;
}

/** The incumbent's secret among the keys; no thumbprint has six characters. */
export const legacyKeyId = 'legacy';

/** Longer tokens are verified each time, so that the cache's memory is bounded by its number of entries. */
const maxCachedTokenLength = 2048;

/**
 * One door for both profiles. The token's own header picks the profile: native only with the algorithm of a key in our
 * ring, legacy only with the configured HMAC. Nothing is ever tried after a refusal, so neither can stand in for the
 * other. Refused tokens are not cached: they would let a stranger push out the good ones.
 */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const cache = new Map<string, TokenPrincipal>();

  // A Map keeps the order of insertion, and a hit inserts anew: the first key is the least recently used one.
  function remember(token: string, principal: TokenPrincipal): void {
    cache.set(token, principal);
    const [oldest] = cache.keys();
    if (cache.size > options.cacheSize && oldest !== undefined) cache.delete(oldest);
  }

  return {
    verify: async (token) => {
      const now = options.now();
      // Keyed by the whole text: a digest would cost more than it saves, part of the text would be a hole.
      const cached = cache.get(token);
      if (cached !== undefined) {
        cache.delete(token);
        // Why one is dead, the whole check says: it expired, or its kind has ended.
        if (now < cached.validBefore) {
          cache.set(token, cached);
          return cached;
        }
      }
      const principal = Object.freeze(verifyOnce(token, options, now));
      if (options.cacheSize > 0 && token.length <= maxCachedTokenLength) remember(token, principal);
      return principal;
    },
    clear: () => cache.clear(),
    get cachedTokens() {
      return cache.size;
    },
  };
}

function verifyOnce(token: string, { native, legacy }: TokenVerifierOptions, now: number): TokenPrincipal {
  const parsed = parseCompactToken(token);
  if (parsed.ok && native.claims(parsed.token.header)) {
    const claims = native.verifyParsed(parsed.token, now);
    const { userId, sessionId, tokenId, generation, scopes, kid, expiresAt } = claims;
    return { kind: 'native', userId, sessionId, tokenId, generation, scopes, keyId: kid, validBefore: expiresAt };
  }
  if (legacy === undefined) throw invalidToken(parsed.ok ? 'unknown_key' : parsed.reason);
  // A token that is not strictly formed can still be legacy, whose rules are its own; alg is its first check.
  const claims = parsed.ok ? legacy.verifyParsed(parsed.token, now) : legacy.verify(token, now);
  const { userId, sessionId, generation, validBefore } = claims;
  const ids = { userId, sessionId, tokenId: null, generation };
  return { kind: 'legacy', ...ids, scopes: [], keyId: legacyKeyId, validBefore };
}
