import type { AccessTokens } from '../security/access-tokens.ts';
import type { KeyRing } from '../security/keys.ts';
import { deriveTokenId, mintRefreshToken } from '../security/refresh-tokens.ts';

/** RFC 6749 §5.1. */
export interface TokenPair {
  access_token: string;
  refresh_token: string;
  token_type: 'bearer';
  expires_in: number;
}

export interface PairSubject {
  sessionId: string;
  generation: number;
  /** The session's own, from its row. */
  salt: Buffer;
  userId: string;
  /** Unix time in whole seconds. */
  issuedAt: number;
}

export interface TokenPairs {
  /** The pair of one generation at one moment: the same for every caller, so that racing callers get identical answers. */
  issue(subject: PairSubject): Promise<TokenPair>;
}

export function createTokenPairs(options: { keyRing: KeyRing; accessTokens: AccessTokens }): TokenPairs {
  const { keyRing, accessTokens } = options;
  return {
    async issue(subject) {
      const { userId, sessionId, issuedAt } = subject;
      const tokenId = deriveTokenId(subject, issuedAt);
      return {
        access_token: await accessTokens.mint({ userId, sessionId, issuedAt, tokenId }),
        refresh_token: mintRefreshToken(keyRing, subject),
        token_type: 'bearer',
        expires_in: accessTokens.lifetimeSeconds,
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
