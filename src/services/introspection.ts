import type { Db } from '../database/types.ts';
import { AppError } from '../errors.ts';
import { findSessionSalt, findSessionUser, revokeSession } from '../models/sessions.ts';
import type { KeyRing } from '../security/keys.ts';
import { parseRefreshToken, verifyRefreshToken } from '../security/refresh-tokens.ts';
import { isServiceToken } from '../security/service-tokens.ts';
import type { TokenVerifier } from '../security/token-verifier.ts';
import type { AccessService } from './access.ts';
import type { ClientContext, SecurityEvents } from './client-context.ts';
import type { ServiceTokensService } from './service-tokens.ts';
import type { StandingCache } from './standing.ts';

/** RFC 7662 §2.2. Of a token that does not work nothing else is said. */
export type Introspection =
  | { active: false }
  | { active: true; token_type: 'access_token'; sub: string; sid?: string; exp?: number; role: string }
  | { active: true; token_type: 'service_token'; sub: string; scope: string };

export interface IntrospectionService {
  /** Whether an access or a service token would be taken now, and whose it is. */
  introspect(token: string): Promise<Introspection>;
  /**
   * Ends the session of a refresh or access token, or a service token itself: holding it is the proof that its sender may
   * (RFC 7009). Tokens that are none are no fault. An access token that belongs to no session lives until it expires.
   */
  revoke(token: string, client: ClientContext): Promise<void>;
}

export interface IntrospectionOptions {
  db: Db;
  access: Pick<AccessService, 'authenticate'>;
  verifier: TokenVerifier;
  keyRing: KeyRing;
  serviceTokens: Pick<ServiceTokensService, 'authenticate' | 'revokeItself'>;
  standings: StandingCache;
  events: SecurityEvents;
}

export function createIntrospectionService(options: IntrospectionOptions): IntrospectionService {
  const { db, keyRing } = options;

  return {
    async introspect(token) {
      try {
        if (isServiceToken(token)) {
          const { id, scopes } = await options.serviceTokens.authenticate(token);
          return { active: true, token_type: 'service_token', sub: id, scope: scopes.join(' ') };
        }
        const { validBefore } = await options.verifier.verify(token);
        const { userId, sessionId, role, standing } = await options.access.authenticate(token);
        if (standing !== 'active') return { active: false };
        const exp = Number.isFinite(validBefore) ? { exp: Math.floor(validBefore) } : {};
        const sid = sessionId === null ? {} : { sid: sessionId };
        return { active: true, token_type: 'access_token', sub: userId, ...sid, ...exp, role };
      } catch (error) {
        if (error instanceof AppError && error.code === 'invalid_token') return { active: false };
        throw error;
      }
    },

    async revoke(token, client) {
      if (isServiceToken(token)) return options.serviceTokens.revokeItself(token, client);
      const session = (await sessionOfRefreshToken(token)) ?? (await sessionOfAccessToken(token));
      if (!session) return;
      const isEnded = await revokeSession(db, { ...session, reason: 'logout' });
      options.standings.forgetSession(session.id);
      if (!isEnded) return;
      const { requestId, address } = client;
      options.events({
        event: 'session_revoked',
        requestId,
        address,
        userId: session.user_id,
        sessionId: session.id,
        reason: 'logout',
      });
    },
  };

  async function sessionOfRefreshToken(token: string): Promise<Session | undefined> {
    const parsed = ignoringRefusals(() => parseRefreshToken(keyRing, token));
    const salt = parsed && (await findSessionSalt(db, parsed.sessionId));
    if (!salt || !verifyRefreshToken(keyRing, parsed, salt)) return undefined;
    return findSessionUser(db, parsed.sessionId);
  }

  async function sessionOfAccessToken(token: string): Promise<Session | undefined> {
    try {
      const { userId, sessionId } = await options.verifier.verify(token);
      return sessionId === null ? undefined : { id: sessionId, user_id: userId };
    } catch (error) {
      if (error instanceof AppError && error.code === 'invalid_token') return undefined;
      throw error;
    }
  }
}

interface Session {
  id: string;
  user_id: string;
}

function ignoringRefusals<Value>(parse: () => Value): Value | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}
