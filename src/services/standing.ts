import type { Db } from '../database/types.ts';
import { findSessionStanding } from '../models/sessions.ts';
import { findUser } from '../models/users.ts';
import { type Role, roleOf } from '../security/permissions.ts';

/**
 * How the holder of a valid token stands right now. `missing`: its user does not exist; `ended`: its session was
 * revoked or is past its absolute limit.
 */
export type Standing = 'active' | 'inactive' | 'missing' | 'ended';

/** Who that is, as far as requests depend on it. */
export interface Holder {
  standing: Standing;
  role: Role;
}

export interface StandingKey {
  userId: string;
  /** Null for tokens that belong to no session: the incumbent's own. */
  sessionId: string | null;
}

export interface StandingCache {
  find(key: StandingKey): Promise<Holder>;
  forgetSession(sessionId: string): void;
  forgetUser(userId: string): void;
}

export interface StandingCacheOptions {
  db: Db;
  /** What was looked up is believed this long: the bound within which a revocation elsewhere takes effect here. */
  ttlSeconds: number;
  maxEntries: number;
  /** A clock that never steps back. */
  monotonicMs: () => number;
}

interface Entry {
  userId: string;
  staleAtMs: number;
  holder: Promise<Holder>;
}

/**
 * Asking the database on every request costs a quarter of the throughput (bench/README.md); this asks once per token
 * holder and ttl, and once only when many requests ask at the same moment. This process's own revocations are
 * forgotten at once.
 */
export function createStandingCache(options: StandingCacheOptions): StandingCache {
  const entries = new Map<string, Entry>();

  function lookUp(id: string, key: StandingKey): Promise<Holder> {
    const holder = queryHolder(options.db, key);
    const entry = { userId: key.userId, staleAtMs: options.monotonicMs() + options.ttlSeconds * 1000, holder };
    entries.delete(id);
    entries.set(id, entry);
    const oldest = entries.keys().next();
    if (entries.size > options.maxEntries && !oldest.done) entries.delete(oldest.value);
    // A failed look-up must not be remembered: the next request asks again.
    holder.catch(() => entries.get(id) === entry && entries.delete(id));
    return holder;
  }

  return {
    find(key) {
      const id = key.sessionId ?? key.userId;
      const known = entries.get(id);
      // A session's id with another user's claim is a different question.
      if (known && known.userId === key.userId && known.staleAtMs > options.monotonicMs()) return known.holder;
      return lookUp(id, key);
    },
    forgetSession(sessionId) {
      entries.delete(sessionId);
    },
    forgetUser(userId) {
      for (const [id, entry] of entries) if (entry.userId === userId) entries.delete(id);
    },
  };
}

async function queryHolder(db: Db, { sessionId, userId }: StandingKey): Promise<Holder> {
  const bySession = sessionId === null ? undefined : await findSessionStanding(db, { id: sessionId, user_id: userId });
  const user = bySession ?? (await findUser(db, userId));
  // Sessions are deleted with their user, and then look ended.
  if (!user) return { standing: 'missing', role: 'user' };
  const role = roleOf(user.role);
  if (sessionId !== null && !bySession) return { standing: 'ended', role };
  return { standing: user.is_active ? 'active' : 'inactive', role };
}
