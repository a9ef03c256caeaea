import type { AccessTokens } from '../security/access-tokens.ts';
import type { KeyRing } from '../security/keys.ts';
import type { LegacyTokens } from '../security/legacy-tokens.ts';
import { roleOf, scopesOfRole } from '../security/permissions.ts';
import { deriveTokenId, mintRefreshToken } from '../security/refresh-tokens.ts';

/** RFC 6749 §5.1. */
export interface TokenPair {
  access_token: string;
  refresh_token: string;
  token_type: 'bearer';
  expires_in: number;
  /** Of the refresh token; a client that holds a higher one keeps that. */
  generation: number;
}

export interface TokenHolder {
  id: string;
  email: string;
  name: string | null;
  /** As stored. */
  role: string | null;
}

export interface PairSubject {
  sessionId: string;
  generation: number;
  /** The session's own, from its row. */
  salt: Buffer;
  user: TokenHolder;
  /** Unix time in whole seconds. */
  issuedAt: number;
}

export interface TokenPairs {
  /** The pair of one generation at one moment: the same for every caller, so that racing callers get identical answers. */
  issue(subject: PairSubject): Promise<TokenPair>;
}

export interface TokenPairsOptions {
  keyRing: KeyRing;
  accessTokens: AccessTokens;
  legacyTokens: LegacyTokens;
  /** `incumbent`: access tokens that the old backend accepts too, for as long as it runs beside this one. */
  accessTokenProfile: 'native' | 'incumbent';
}

export function createTokenPairs(options: TokenPairsOptions): TokenPairs {
  const { keyRing, accessTokens, legacyTokens } = options;

  async function mintAccessToken({ user, sessionId, generation, issuedAt, salt }: PairSubject): Promise<string> {
    const { lifetimeSeconds } = accessTokens;
    // A token that would outlive its kind would die early: from there on the pair is native by itself.
    const isOfOldKind = options.accessTokenProfile === 'incumbent' && issuedAt + lifetimeSeconds <= legacyTokens.endsAt;
    // One of the old kind, which the old secret can make for anybody, administers nothing.
    if (isOfOldKind && scopesOfRole[roleOf(user.role)].length === 0) {
      const claims = { user_id: user.id, email: user.email, name: user.name, sid: sessionId, gen: generation };
      return legacyTokens.mint(claims, lifetimeSeconds, issuedAt);
    }
    const tokenId = deriveTokenId({ sessionId, generation, salt }, issuedAt);
    return accessTokens.mint({ userId: user.id, sessionId, generation, issuedAt, tokenId });
  }

  return {
    async issue(subject) {
      return {
        access_token: await mintAccessToken(subject),
        refresh_token: mintRefreshToken(keyRing, subject),
        token_type: 'bearer',
        expires_in: accessTokens.lifetimeSeconds,
        generation: subject.generation,
      };
    },
  };
}

/**
 * When the pair of a presented session counts as issued: within the reuse window when it rotated, so that whoever comes
 * second gets what the first one got; later now. Database time, in which all instances agree.
 */
export function issueTime(session: { rotated_seconds: number; now_seconds: number }, windowSeconds: number): number {
  const isYoung = session.now_seconds - session.rotated_seconds <= windowSeconds;
  return Math.floor(isYoung ? session.rotated_seconds : session.now_seconds);
}
