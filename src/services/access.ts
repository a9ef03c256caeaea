import { AppError } from '../errors.ts';
import type { TokenVerifier } from '../security/token-verifier.ts';
import type { Confirmations } from './confirmations.ts';
import type { Standing, StandingCache } from './standing.ts';
import type { TokenUses } from './token-uses.ts';

/** Who sends a request, proven by an access token. */
export interface Principal {
  userId: string;
  /** Null for the incumbent's own tokens: they belong to no session. */
  sessionId: string | null;
  kind: 'native' | 'legacy';
  standing: Standing;
}

export interface AccessService {
  /** Throws AppError `invalid_token`. A token that fails by itself costs no database query. */
  authenticate(token: string): Promise<Principal>;
  /** Throws AppError `invalid_token` for a user that does not exist. */
  assertActiveUser(principal: Principal): void;
}

export interface AccessOptions {
  verifier: TokenVerifier;
  standings: StandingCache;
  confirmations: Confirmations;
  tokenUses: Pick<TokenUses, 'note'>;
  /** The incumbent never looks at is_active. */
  inactiveUserAllowed: boolean;
  /** The incumbent's task routes never look the user up. */
  userNotChecked: boolean;
}

export function createAccessService(options: AccessOptions): AccessService {
  return {
    async authenticate(token) {
      const verified = await options.verifier.verify(token);
      const { userId, sessionId, kind } = verified;
      const standing = await options.standings.find({ userId, sessionId });
      if (standing === 'ended') throw new AppError('invalid_token', { reason: 'session_ended' });
      if (standing === 'inactive' && !options.inactiveUserAllowed) {
        throw new AppError('invalid_token', { reason: 'user_inactive' });
      }
      options.tokenUses.note(verified);
      await options.confirmations.confirm(verified);
      return { userId, sessionId, kind, standing };
    },
    assertActiveUser(principal) {
      if (principal.standing === 'missing' && !options.userNotChecked) {
        throw new AppError('invalid_token', { reason: 'user_missing' });
      }
    },
  };
}
