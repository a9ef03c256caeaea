import { transaction } from '../database/transaction.ts';
import type { TxSource } from '../database/types.ts';
import { AppError, missingScope } from '../errors.ts';
import { type ListedSession, listSessions, revokeSession, revokeSessionsOfUser } from '../models/sessions.ts';
import { findUser, findUserForUpdate, type UserRow, updateUserAccess } from '../models/users.ts';
import { type Role, roleOf, scopesOfRole } from '../security/permissions.ts';
import type { Actor } from './access.ts';
import type { ClientContext, SecurityEvents } from './client-context.ts';
import type { StandingCache } from './standing.ts';
import { findUserByAnyForm } from './user-lookup.ts';
import { toUser, type User } from './users.ts';

/** A user as those who administer see it. */
export type AdministeredUser = User & { role: Role };

/** Who administers; null is the command line, which may everything. */
export type Administrator = Pick<Actor, 'id' | 'scopes'> | null;

export interface AdministrationService {
  /** Throws AppError `not_found`. */
  getUser(id: string): Promise<AdministeredUser>;
  findUserByEmail(email: string): Promise<AdministeredUser | undefined>;
  /**
   * Disabling and another role end every session of the user. Throws AppError `not_found`; `conflict` for one's own account:
   * nobody locks themselves out; and `permission_denied` where the user's role, before or after, may more than `by` may.
   */
  setAccess(
    id: string,
    change: { is_active?: boolean | undefined; role?: Role | undefined },
    by: Administrator,
    client: ClientContext,
  ): Promise<AdministeredUser>;
  listSessions(userId: string): Promise<ListedSession[]>;
  /** Throws AppError `not_found`. */
  endSession(userId: string, sessionId: string, by: Administrator, client: ClientContext): Promise<void>;
  endSessions(userId: string, by: Administrator, client: ClientContext): Promise<void>;
}

export interface AdministrationOptions {
  db: TxSource;
  standings: StandingCache;
  events: SecurityEvents;
}

const sessionsShown = 100;

export function createAdministrationService(options: AdministrationOptions): AdministrationService {
  const { db, standings } = options;

  return {
    async getUser(id) {
      return toAdministered(await getUser(id));
    },

    async findUserByEmail(email) {
      const user = await findUserByAnyForm(db, email);
      return user && toAdministered(user);
    },

    async setAccess(id, change, by, client) {
      if (by?.id === id) throw new AppError('conflict', { detail: 'Nobody changes their own access' });
      const { row, ended } = await transaction(db, async (tx) => {
        const before = await findUserForUpdate(tx, id);
        if (!before) throw new AppError('not_found');
        const is_active = change.is_active ?? before.is_active;
        const role = change.role ?? roleOf(before.role);
        // Otherwise a token for changing users would be one for everything, by way of a user whom it promotes.
        for (const touched of [roleOf(before.role), role]) assertMayAllOf(touched, by);
        if (is_active === before.is_active && role === roleOf(before.role)) return { row: before, ended: null };
        const after = await updateUserAccess(tx, { id, is_active, role: role === 'user' ? null : role });
        if (!after) throw new TypeError('a locked row cannot go');
        const isLess = (before.is_active && !is_active) || roleOf(before.role) !== role;
        return {
          row: after,
          ended: isLess ? await revokeSessionsOfUser(tx, { user_id: id, reason: 'access_changed' }) : [],
        };
      });
      if (ended === null) return toAdministered(row);
      standings.forgetUser(id);
      tell(
        {
          event: 'user_access_changed',
          userId: id,
          reason: `${row.is_active ? 'active' : 'disabled'}_${roleOf(row.role)}`,
        },
        by,
        client,
      );
      tellEnded(ended, { userId: id, reason: 'access_changed' }, by, client);
      return toAdministered(row);
    },

    async listSessions(userId) {
      await getUser(userId);
      return listSessions(db, { user_id: userId, limit: sessionsShown });
    },

    async endSession(userId, sessionId, by, client) {
      const isEnded = await revokeSession(db, { id: sessionId, user_id: userId, reason: 'ended_by_admin' });
      if (!isEnded) throw new AppError('not_found');
      standings.forgetSession(sessionId);
      tellEnded([sessionId], { userId, reason: 'ended_by_admin' }, by, client);
    },

    async endSessions(userId, by, client) {
      await getUser(userId);
      const ended = await revokeSessionsOfUser(db, { user_id: userId, reason: 'ended_by_admin' });
      standings.forgetUser(userId);
      tellEnded(ended, { userId, reason: 'ended_by_admin' }, by, client);
    },
  };

  async function getUser(id: string): Promise<UserRow> {
    const user = await findUser(db, id);
    if (!user) throw new AppError('not_found');
    return user;
  }

  function tell(
    event: Pick<Parameters<SecurityEvents>[0], 'event' | 'userId' | 'sessionId' | 'reason'>,
    by: Administrator,
    { requestId, address }: ClientContext,
  ): void {
    options.events({ ...event, requestId, address, ...(by ? { actorId: by.id } : {}) });
  }

  function tellEnded(
    sessions: readonly string[],
    about: { userId: string; reason: string },
    by: Administrator,
    client: ClientContext,
  ): void {
    for (const sessionId of sessions) tell({ event: 'session_revoked', sessionId, ...about }, by, client);
  }
}

function assertMayAllOf(role: Role, by: Administrator): void {
  const beyond = scopesOfRole[role].find((scope) => by !== null && !by.scopes.includes(scope));
  if (beyond !== undefined) throw missingScope(beyond);
}

function toAdministered(row: UserRow): AdministeredUser {
  return { ...toUser(row), role: roleOf(row.role) };
}
