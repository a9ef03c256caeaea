import type { Db } from '../database/types.ts';
import { AppError } from '../errors.ts';
import { listSessionAddresses } from '../models/sessions.ts';
import { type UserRow, updateUserHash } from '../models/users.ts';
import { canonicalEmail } from '../security/emails.ts';
import { firstBytes, type Password, type PasswordHasher } from '../security/passwords.ts';
import type { ClientContext, SecurityEvents } from './client-context.ts';
import type { Decoys } from './decoys.ts';
import { addressSubject, type RateLimitsService } from './rate-limits.ts';
import { isLongerThan } from './values.ts';

export type AuthRateLimit =
  | 'loginPerAccount'
  | 'loginPerAddress'
  | 'registerPerAddress'
  | 'refreshPerAddress'
  | 'recoveryPerAccount'
  | 'recoveryPerAddress';

export interface Attempt {
  /**
   * What the account's limit is counted under: the canonical address, or what was typed if it is none. Whether a user has it,
   * and in which spelling, must not show in when the limit is met.
   */
  account: string;
  user: UserRow | undefined;
  password: string;
  client: ClientContext;
}

export interface CredentialsService {
  /**
   * The user whose password was proven. Throws AppError `invalid_credentials`, the same and after the same work for an
   * unknown user, a wrong password, an unusable hash and a disabled account; `rate_limited` and `overloaded`.
   */
  prove(attempt: Attempt): Promise<UserRow>;
  /**
   * The password once more, of a user who is known already. Throws AppError `reauthentication_failed`, `rate_limited` and
   * `overloaded`: guesses with a stolen access token count against the account as logins do.
   */
  reprove(user: UserRow, password: string, client: ClientContext): Promise<void>;
}

export interface CredentialsOptions {
  db: Db;
  passwords: PasswordHasher;
  rateLimits: RateLimitsService<AuthRateLimit>;
  events: SecurityEvents;
  decoys: Pick<Decoys, 'hashFor'>;
  inactiveUserAllowed: boolean;
  /** The incumbent compares the first 72 bytes of a password. */
  signinTruncates72: boolean;
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
      const subject = await subjectOf(attempt);
      // Counted before the work, so that parallel attempts cannot pass together; a success takes it back.
      await rateLimits.consume('loginPerAccount', subject, client);
      const proof = user ? await findProof(user, attempt.password) : undefined;
      if (!user) {
        await pretend(attempt);
        throw refuse(attempt, 'user_unknown');
      }
      if (!proof) throw refuse(attempt, 'password_wrong');
      if (!user.is_active && !options.inactiveUserAllowed) throw refuse(attempt, 'user_inactive');
      if (holdsAddress(user, attempt.account)) await rateLimits.clear('loginPerAccount', subject);
      const hashed_password = proof.needsUpgrade ? await upgrade(user, proof.password, client) : user.hashed_password;
      const { requestId, address } = client;
      events({ event: 'authn_login_success', requestId, address, userId: user.id });
      return { ...user, hashed_password };
    },

    async reprove(user, password, client) {
      const account = user.email_canonical ?? user.email;
      await rateLimits.consume('loginPerAccount', account, client);
      if (!(await findProof(user, password))) {
        const { requestId, address } = client;
        events({ event: 'authn_reauthentication_fail', requestId, address, userId: user.id, reason: 'password_wrong' });
        throw new AppError('reauthentication_failed');
      }
      await rateLimits.clear('loginPerAccount', account);
    },
  };

  /**
   * A stranger who uses up an account's attempts must not lock its user out: where the user logged in from before has attempts
   * of its own. An unknown account is asked the same question.
   */
  async function subjectOf({ account, user, client }: Attempt): Promise<string> {
    const addresses = await listSessionAddresses(db, { user_id: user?.id ?? nobody, limit: knownAddresses });
    const here = addressSubject(client.address);
    return addresses.some((known) => addressSubject(known) === here) ? `${account} from ${here}` : account;
  }

  /** The hash that is stored now. A login must not fail because a stronger one could not be: the next login tries again. */
  async function upgrade(user: UserRow, password: Password, client: ClientContext): Promise<string> {
    try {
      const hashed_password = await passwords.hash(password);
      const isStored = await updateUserHash(db, { id: user.id, previous: user.hashed_password, hashed_password });
      events({ event: 'authn_password_upgrade', requestId: client.requestId, userId: user.id });
      return isStored ? hashed_password : user.hashed_password;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      events({ event: 'authn_password_upgrade', requestId: client.requestId, userId: user.id, reason: error.code });
      return user.hashed_password;
    }
  }

  /** The work that a wrong password for some user would be. Nothing of the outcome is looked at. */
  async function pretend({ account, password: sent }: Attempt): Promise<void> {
    const decoy = options.decoys.hashFor(account);
    for (const password of meantPasswords(sent, options.signinTruncates72)) {
      if (decoy === undefined) await passwords.verifyDummy(password);
      else await passwords.verify(password, decoy);
    }
  }

  async function findProof(user: UserRow, sent: string): Promise<Proof | undefined> {
    for (const password of meantPasswords(sent, options.signinTruncates72)) {
      const { ok, needsUpgrade } = await passwords.verify(password, user.hashed_password);
      if (ok) return { password, needsUpgrade };
    }
    return undefined;
  }
}

/**
 * The old sign-up lets anybody have another's address in another case. Such a twin shares the count: if its own logins took it
 * back, they would take back the guesses at the other.
 */
function holdsAddress({ email, email_canonical }: UserRow, account: string): boolean {
  return account === (email_canonical ?? (canonicalEmail(email) === null ? email : undefined));
}

const nobody = '00000000-0000-0000-0000-000000000000';
const knownAddresses = 50;

interface Proof {
  /** What was compared: this, and not what was sent, is what a stronger hash must be made of. */
  password: Password;
  needsUpgrade: boolean;
}

const bcryptBytes = 72;
const maxCharacters = 4096;

/**
 * The password as sent, then what the incumbent reads of it. It never stored a password over 72 bytes, so that the first
 * 72 are the password itself; a user of the new routes may have a longer one, which comes first. What it refused to read
 * (U+0000, over 4096 characters) is not cut until it fits.
 */
function meantPasswords(sent: string, truncates: boolean): Password[] {
  const isReadable = sent.isWellFormed() && !sent.includes('\0') && !isLongerThan(sent, maxCharacters);
  if (!truncates || !isReadable || Buffer.byteLength(sent) <= bcryptBytes) return [sent];
  return [sent, firstBytes(sent, bcryptBytes)];
}
