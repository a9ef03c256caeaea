import { AppError, missingScope } from '../errors.ts';
import { type Role, type Scope, scopesOfRole } from '../security/permissions.ts';
import { isServiceToken } from '../security/service-tokens.ts';
import type { TokenVerifier } from '../security/token-verifier.ts';
import type { ClientContext, SecurityEvents } from './client-context.ts';
import type { Confirmations } from './confirmations.ts';
import type { ServiceTokensService } from './service-tokens.ts';
import type { Standing, StandingCache } from './standing.ts';
import type { TokenUses } from './token-uses.ts';

/** Who sends a request, proven by an access token. */
export interface Principal {
  userId: string;
  /** Null for the incumbent's own tokens: they belong to no session. */
  sessionId: string | null;
  kind: 'native' | 'legacy';
  standing: Standing;
  /** What the token may be used for: of the user's role on file, but `user` with a token of the incumbent's kind. */
  role: Role;
}

/** Who acts where a scope is asked for: a user whose role has it, or another service. */
export interface Actor {
  kind: 'user' | 'service';
  id: string;
  scopes: readonly Scope[];
}

export interface AccessService {
  /** Throws AppError `invalid_token`. A token that fails by itself costs no database query. */
  authenticate(token: string): Promise<Principal>;
  /**
   * Whose token it is, when it may do what the scope names. Throws AppError `invalid_token` and `permission_denied`.
   */
  authorize(token: string, scope: Scope): Promise<Actor>;
  /** Writes down why a request was refused: its client learns nothing, an operator can ask (`auth explain`). */
  noteRefusal(error: AppError, client: ClientContext): void;
  /** Throws AppError `invalid_token` for a user that does not exist. */
  assertActiveUser(principal: Principal): void;
}

export interface AccessOptions {
  verifier: TokenVerifier;
  standings: StandingCache;
  confirmations: Confirmations;
  events: SecurityEvents;
  serviceTokens: Pick<ServiceTokensService, 'authenticate'>;
  tokenUses: Pick<TokenUses, 'note'>;
  /** The incumbent never looks at is_active. */
  inactiveUserAllowed: boolean;
  /** The incumbent's task routes never look the user up. */
  userNotChecked: boolean;
}

export function createAccessService(options: AccessOptions): AccessService {
  const service: AccessService = {
    async authenticate(token) {
      const verified = await options.verifier.verify(token);
      const { userId, sessionId, kind } = verified;
      const { standing, role } = await options.standings.find({ userId, sessionId });
      const holder = { userId, sessionId };
      if (standing === 'ended') throw new AppError('invalid_token', { reason: 'session_ended', holder });
      if (standing === 'inactive' && !options.inactiveUserAllowed) {
        throw new AppError('invalid_token', { reason: 'user_inactive', holder });
      }
      // Of a user who is gone nothing is to be written down again.
      if (standing !== 'missing' || options.userNotChecked) options.tokenUses.note(verified);
      await options.confirmations.confirm(verified);
      // Whoever holds the incumbent's secret can make such a token for anybody, with the id of any session.
      return { userId, sessionId, kind, standing, role: kind === 'native' ? role : 'user' };
    },
    async authorize(token, scope) {
      const actor = await findActor(token);
      if (!actor.scopes.includes(scope)) {
        throw missingScope(scope, actor.kind === 'user' ? { userId: actor.id } : { actorId: actor.id });
      }
      return actor;
    },
    noteRefusal({ code, reason, holder = {} }, { requestId, address }) {
      const { userId, sessionId, actorId } = holder;
      options.events({
        ...{ event: 'authn_token_refused', requestId, address, reason: reason ?? code },
        ...(userId ? { userId } : {}),
        ...(sessionId ? { sessionId } : {}),
        ...(actorId ? { actorId } : {}),
      });
    },
    assertActiveUser({ standing, userId, sessionId }) {
      if (standing === 'missing' && !options.userNotChecked) {
        throw new AppError('invalid_token', { reason: 'user_missing', holder: { userId, sessionId } });
      }
    },
  };
  return service;

  async function findActor(token: string): Promise<Actor> {
    if (isServiceToken(token)) return { kind: 'service', ...(await options.serviceTokens.authenticate(token)) };
    const principal = await service.authenticate(token);
    // Whatever a quirk allows on the incumbent's routes: nobody administers without being somebody.
    const { userId, sessionId } = principal;
    const holder = { userId, sessionId };
    if (principal.standing !== 'active') {
      throw new AppError('invalid_token', { reason: `user_${principal.standing}`, holder });
    }
    if (principal.kind !== 'native') throw new AppError('permission_denied', { reason: 'legacy_token', holder });
    return { kind: 'user', id: userId, scopes: scopesOfRole[principal.role] };
  }
}
