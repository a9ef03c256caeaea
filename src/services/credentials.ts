import type { Db } from '../database/types.ts';
import { AppError } from '../errors.ts';
import { type UserRow, updateUserHash } from '../models/users.ts';
import type { Password, PasswordHasher } from '../security/passwords.ts';
import type { ClientContext, SecurityEvents } from './client-context.ts';
import type { RateLimitsService } from './rate-limits.ts';

export type AuthRateLimit = 'loginPerAccount' | 'loginPerAddress' | 'registerPerAddress' | 'refreshPerAddress';

export interface Attempt {
  /** What the account's limit is counted under: the address as it is looked up. */
  account: string;
  user: UserRow | undefined;
  /** The password as sent, then what else it may have meant; the first that fits wins. At least one. */
  passwords: readonly [Password, ...Password[]];
  client: ClientContext;
}

export interface CredentialsService {
  /**
   * The user whose password was proven. Throws AppError `invalid_credentials`, the same and after the same work for an
   * unknown user, a wrong password, an unusable hash and a disabled account; `rate_limited` and `overloaded`.
   */
  prove(attempt: Attempt): Promise<UserRow>;
}

export interface CredentialsOptions {
  db: Db;
  passwords: PasswordHasher;
  rateLimits: RateLimitsService<AuthRateLimit>;
  events: SecurityEvents;
  inactiveUserAllowed: boolean;
}

export function createCredentialsService(options: CredentialsOptions): CredentialsService {
  const { db, events, passwords, rateLimits } = options;

  function refuse(attempt: Attempt, reason: string): AppError {
    const { requestId, address } = attempt.client;
    const userId = attempt.user ? { userId: attempt.user.id } : {};
    events({ event: 'authn_login_fail', requestId, address, ...userId, reason });
    return new AppError('invalid_credentials', { reason });
  }

  return {
    async prove(attempt) {
      const { client, user } = attempt;
      // Counted before the work, so that parallel attempts cannot pass together; a success takes it back.
      await rateLimits.consume('loginPerAccount', attempt.account);
      const proof = user ? await findProof(passwords, user, attempt.passwords) : undefined;
      if (!user) {
        await passwords.verifyDummy(attempt.passwords[0]);
        throw refuse(attempt, 'user_unknown');
      }
      if (!proof) throw refuse(attempt, 'password_wrong');
      if (!user.is_active && !options.inactiveUserAllowed) throw refuse(attempt, 'user_inactive');
      await rateLimits.clear('loginPerAccount', attempt.account);
      if (proof.needsUpgrade) await upgrade(user, proof.password, client);
      const { requestId, address } = client;
      events({ event: 'authn_login_success', requestId, address, userId: user.id });
      return user;
    },
  };

  /** A login must not fail because a stronger hash could not be stored: the next login tries again. */
  async function upgrade(user: UserRow, password: Password, client: ClientContext): Promise<void> {
    try {
      const hashed_password = await passwords.hash(password);
      await updateUserHash(db, { id: user.id, previous: user.hashed_password, hashed_password });
      events({ event: 'authn_password_upgrade', requestId: client.requestId, userId: user.id });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      events({ event: 'authn_password_upgrade', requestId: client.requestId, userId: user.id, reason: error.code });
    }
  }
}

async function findProof(
  passwords: PasswordHasher,
  user: UserRow,
  candidates: readonly Password[],
): Promise<{ password: Password; needsUpgrade: boolean } | undefined> {
  for (const password of candidates) {
    const { ok, needsUpgrade } = await passwords.verify(password, user.hashed_password);
    if (ok) return { password, needsUpgrade };
  }
  return undefined;
}
