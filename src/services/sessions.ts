import type { Db } from '../database/types.ts';
import { AppError } from '../errors.ts';
import { insertSessionOfLogin } from '../models/login-attempts.ts';
import {
  findSessionSalt,
  type ListedSession,
  listSessions,
  presentRefreshToken,
  revokeOtherSessions,
  revokeSession,
  revokeSessionsOfUser,
} from '../models/sessions.ts';
import { findUser } from '../models/users.ts';
import type { KeyRing } from '../security/keys.ts';
import {
  type ParsedRefreshToken,
  parseRefreshToken,
  sessionSaltBytes,
  verifyRefreshToken,
} from '../security/refresh-tokens.ts';
import type { Principal } from './access.ts';
import { addressSubject, findAddressSubject } from './client-addresses.ts';
import type { ClientContext, SecurityEvents } from './client-context.ts';
import type { AuthRateLimit } from './credentials.ts';
import type { MailService } from './mail.ts';
import type { RateLimitsService } from './rate-limits.ts';
import { createSharedRuns } from './shared-runs.ts';
import type { StandingCache } from './standing.ts';
import { issueTime, type TokenHolder, type TokenPair, type TokenPairs } from './token-pairs.ts';
import { nextTurn } from './turns.ts';

export interface SessionsService {
  /** Opens a session for a user whose password was just proven. */
  open(proof: SessionProof, client: ClientContext): Promise<TokenPair>;
  /** Throws AppError `invalid_refresh_token`. */
  refresh(refreshToken: string, client: ClientContext): Promise<TokenPair>;
  /**
   * Of several tokens the newest of ours, because a browser's slots may hold a parent too; and where its session has ended,
   * that of another one, which a late answer of the first has joined there. Throws as `refresh` does.
   */
  refreshNewest(refreshTokens: readonly string[], client: ClientContext): Promise<TokenPair>;
  /** Ends the principal's own session; nothing to do for a token without one. */
  end(principal: Principal, client: ClientContext): Promise<void>;
  /** Ends one of the principal's sessions. Throws AppError `not_found`. */
  endOne(principal: Principal, sessionId: string, client: ClientContext): Promise<void>;
  endAll(principal: Principal, client: ClientContext): Promise<void>;
  /** All but the principal's own; of a token without a session, all. */
  endOthers(principal: Principal, client: ClientContext): Promise<void>;
  list(principal: Principal): Promise<(ListedSession & { current: boolean })[]>;
}

export interface SessionProof {
  /** A user together with the hash that the password was proven against. */
  user: TokenHolder & { hashed_password: string; is_active: boolean };
  /** The limit of which the login takes back what it was counted; null for none. */
  forgivenKey: string | null;
}

export interface SessionsOptions {
  db: Db;
  tokenPairs: TokenPairs;
  keyRing: KeyRing;
  standings: StandingCache;
  rateLimits: Pick<RateLimitsService<AuthRateLimit>, 'consume'>;
  mail: Pick<MailService, 'enqueue' | 'wake'>;
  events: SecurityEvents;
  newId: () => string;
  randomBytes: (size: number) => Buffer;
  nowSeconds: () => number;
  /** A clock that never steps back. */
  monotonicMs: () => number;
  lifetimes: SessionLifetimes;
  /** The incumbent never looks at is_active: who may act may also stay. */
  inactiveUserAllowed: boolean;
}

export interface SessionLifetimes {
  refreshIdleSeconds: number;
  refreshAbsoluteSeconds: number;
  refreshReuseWindowSeconds: number;
}

const listedSessions = 100;

/** Sessions with refresh tokens that survive lost responses and racing tabs (docs/adr/0004-refresh-rotation.md). */
export function createSessionsService(options: SessionsOptions): SessionsService {
  const { db, events, lifetimes, standings, tokenPairs } = options;
  const refreshes = createSharedRuns<TokenPair>();

  /** A token of ours that no longer works is counted against its address: beyond the limit its sender learns no more than that. */
  async function refuse(reason: string, client: ClientContext, of: RefusedSession): Promise<AppError> {
    const error = invalid(reason, client, of);
    await options.rateLimits.consume('refreshPerAddress', addressSubject(client.address), client);
    return error;
  }

  /** Written down first, whatever becomes of the notice. */
  async function refuseStolen(client: ClientContext, of: Required<RefusedSession>): Promise<AppError> {
    const error = invalid('token_reuse', client, of);
    standings.forgetSession(of.sessionId);
    const owner = await findUser(db, of.userId);
    if (owner) await options.mail.enqueue(db, { kind: 'session_stolen', userId: owner.id, email: owner.email });
    options.mail.wake();
    await options.rateLimits.consume('refreshPerAddress', addressSubject(client.address), client);
    return error;
  }

  function invalid(reason: string, { requestId, address }: ClientContext, of?: RefusedSession): AppError {
    const about = { requestId, address, ...of };
    events({ event: reason === 'token_reuse' ? 'authn_token_reuse' : 'authz_fail', ...about, reason });
    return new AppError('invalid_refresh_token', { reason });
  }

  /** A token that our keys did not make costs no query. */
  function parseToken(text: string, client: ClientContext): ParsedRefreshToken {
    try {
      return parseRefreshToken(options.keyRing, text);
    } catch (error) {
      throw error instanceof AppError ? invalid(error.reason ?? 'malformed', client) : error;
    }
  }

  return {
    async open({ user, forgivenKey }, client) {
      const userId = user.id;
      const sessionId = options.newId();
      const salt = options.randomBytes(sessionSaltBytes);
      const session = {
        id: sessionId,
        user_id: userId,
        kind: 'native',
        token_salt: salt,
        user_agent: client.userAgent,
        ip: client.address,
        address_subject: findAddressSubject(client.address),
        idle_seconds: lifetimes.refreshIdleSeconds,
        absolute_seconds: lifetimes.refreshAbsoluteSeconds,
      } as const;
      // A change of password and disabling end all sessions: none may begin behind their back.
      const { hashed_password, is_active } = user;
      const proven = { hashed_password, is_active, forgiven_key: forgivenKey };
      if (!(await insertSessionOfLogin(db, session, proven))) throw refuseOvertakenLogin(events, userId, client);
      events({ event: 'session_created', requestId: client.requestId, address: client.address, userId, sessionId });
      await nextTurn();
      const issuedAt = Math.floor(options.nowSeconds());
      const pair = await tokenPairs.issue({ sessionId, generation: 1, salt, user, issuedAt });
      await nextTurn();
      return pair;
    },

    async refreshNewest(refreshTokens, client) {
      const [newest = refreshTokens[0], ...others] = newestOfEach(options.keyRing, refreshTokens);
      if (newest === undefined) throw invalid('no_cookie', client);
      try {
        return await this.refresh(newest, client);
      } catch (error) {
        const isOver = error instanceof AppError && error.code === 'invalid_refresh_token';
        if (!isOver || others.length === 0) throw error;
        return this.refreshNewest(others, client);
      }
    },

    refresh(refreshToken, client) {
      // Tabs refresh together: those that wait in this process share one statement.
      const askedAtMs = options.monotonicMs();
      return refreshes.join(refreshToken, () => refresh(refreshToken, client, askedAtMs));
    },

    async end(principal, client) {
      if (principal.sessionId === null) return;
      await revoke(principal.sessionId, principal.userId, client);
    },

    async endOne(principal, sessionId, client) {
      if (!(await revoke(sessionId, principal.userId, client))) throw new AppError('not_found');
    },

    async endAll(principal, client) {
      const of = { user_id: principal.userId, reason: 'logout_all' };
      tellEnded(await revokeSessionsOfUser(db, of), of, client);
    },

    async endOthers(principal, client) {
      const of = { user_id: principal.userId, reason: 'logout_others' };
      const { sessionId: keep } = principal;
      const ended = keep === null ? revokeSessionsOfUser(db, of) : revokeOtherSessions(db, { ...of, keep });
      tellEnded(await ended, of, client);
    },

    async list(principal) {
      const found = await listSessions(db, { user_id: principal.userId, limit: listedSessions });
      return found.map((session) => ({ ...session, current: session.id === principal.sessionId }));
    },
  };

  function tellEnded(ended: readonly string[], of: { user_id: string; reason: string }, client: ClientContext): void {
    standings.forgetUser(of.user_id);
    const { requestId, address } = client;
    const about = { requestId, address, userId: of.user_id, reason: of.reason };
    for (const sessionId of ended) events({ event: 'session_revoked', ...about, sessionId });
  }

  /** A spent token is only known to be stolen if it was not current a window ago, when this caller may have read it. */
  function assertTimely(askedAtMs: number): void {
    const waitedSeconds = (options.monotonicMs() - askedAtMs) / 1000;
    if (lifetimes.refreshReuseWindowSeconds === 0 || waitedSeconds < lifetimes.refreshReuseWindowSeconds / 2) return;
    throw new AppError('overloaded', { reason: 'refresh_waited', retryAfterSeconds: 1 });
  }

  async function refresh(refreshToken: string, client: ClientContext, askedAtMs: number): Promise<TokenPair> {
    const parsed = parseToken(refreshToken, client);
    const { sessionId } = parsed;
    const salt = await findSessionSalt(db, sessionId);
    if (!salt || !verifyRefreshToken(options.keyRing, parsed, salt))
      throw await refuse('unknown', client, { sessionId });
    assertTimely(askedAtMs);
    const presented = await presentRefreshToken(db, {
      id: sessionId,
      presented: parsed.generation,
      window_seconds: lifetimes.refreshReuseWindowSeconds,
      idle_seconds: lifetimes.refreshIdleSeconds,
    });
    if (!presented) throw await refuse('session_ended', client, { sessionId });
    const of = { sessionId, userId: presented.user_id };
    if (presented.revoked_at !== null) throw await refuseStolen(client, of);
    // A right MAC for a generation that the row has not reached: the database was restored or branched.
    if (presented.generation < parsed.generation) throw await refuse('generation_ahead', client, of);
    const user = await findUser(db, presented.user_id);
    if (!user || !(user.is_active || options.inactiveUserAllowed)) {
      throw await refuse('user_inactive', client, of);
    }
    const { generation } = presented;
    const issuedAt = issueTime(presented, lifetimes.refreshReuseWindowSeconds);
    return tokenPairs.issue({ sessionId, generation, salt, user, issuedAt });
  }

  async function revoke(sessionId: string, userId: string, client: ClientContext): Promise<boolean> {
    const ended = await revokeSession(db, { id: sessionId, user_id: userId, reason: 'logout' });
    standings.forgetSession(sessionId);
    const { requestId, address } = client;
    if (ended) events({ event: 'session_revoked', requestId, address, userId, sessionId, reason: 'logout' });
    return ended;
  }
}

interface RefusedSession {
  sessionId: string;
  /** Where it is known. */
  userId?: string;
}

/** The password was changed, or the user disabled or deleted, between the proof and the session: nobody is told which. */
export function refuseOvertakenLogin(
  events: SecurityEvents,
  userId: string,
  { requestId, address }: ClientContext,
): AppError {
  const reason = 'password_changed';
  events({ event: 'authn_login_fail', requestId, address, userId, reason });
  return new AppError('invalid_credentials', { reason });
}

/** One token a session, the highest generation first. What is not ours counts for nothing; when nothing is, its refusal says why. */
function newestOfEach(keyRing: KeyRing, refreshTokens: readonly string[]): string[] {
  const newest = new Map<string, { text: string; generation: number }>();
  for (const text of refreshTokens) {
    const parsed = findParsed(keyRing, text);
    if (parsed === undefined) continue;
    const { sessionId, generation } = parsed;
    if (generation > (newest.get(sessionId)?.generation ?? -1)) newest.set(sessionId, { text, generation });
  }
  return [...newest.values()].toSorted((a, b) => b.generation - a.generation).map(({ text }) => text);
}

function findParsed(keyRing: KeyRing, text: string): ParsedRefreshToken | undefined {
  try {
    return parseRefreshToken(keyRing, text);
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}
