import type { Db } from '../database/types.ts';
import { AppError } from '../errors.ts';
import { findSessionSalt, findSessionUser, revokeSession } from '../models/sessions.ts';
import type { KeyRing } from '../security/keys.ts';
import { scopesOfRole } from '../security/permissions.ts';
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
  | (ActiveToken & { token_use: 'access_token'; sid?: string; role: string; scope?: string })
  | (ActiveToken & { token_use: 'service_token'; scope: string });

interface ActiveToken {
  active: true;
  /** RFC 6749 §7.1: how it is sent. */
  token_type: 'bearer';
  sub: string;
  exp?: number;
}

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
          const { id, scopes, expiresAt } = await options.serviceTokens.authenticate(token);
          const what = { token_use: 'service_token', sub: id, scope: scopes.join(' ') } as const;
          return { active: true, token_type: 'bearer', ...what, ...expiry(expiresAt ?? Number.POSITIVE_INFINITY) };
        }
        const { validBefore } = await options.verifier.verify(token);
        const { userId, sessionId, role, standing } = await options.access.authenticate(token);
        if (standing !== 'active') return { active: false };
        const sid = sessionId === null ? {} : { sid: sessionId };
        const scopes = scopesOfRole[role];
        const scope = scopes.length === 0 ? {} : { scope: scopes.join(' ') };
        const what = { token_use: 'access_token', sub: userId, ...sid, role, ...scope } as const;
        return { active: true, token_type: 'bearer', ...what, ...expiry(validBefore) };
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

/** Nothing for a token without an end. */
function expiry(seconds: number): { exp?: number } {
  return Number.isFinite(seconds) ? { exp: Math.floor(seconds) } : {};
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
