import type { Db } from '../database/types.ts';
import { AppError } from '../errors.ts';
import { type BegunLogin, beginLogin } from '../models/login-attempts.ts';
import { type UserRow, updateUserHash } from '../models/users.ts';
import { canonicalEmail } from '../security/emails.ts';
import { firstBytes, type Password, type PasswordHasher } from '../security/passwords.ts';
import { addressSubject, findAddressSubject } from './client-addresses.ts';
import type { ClientContext, SecurityEvents } from './client-context.ts';
import type { Decoys } from './decoys.ts';
import type { RateLimitsService } from './rate-limits.ts';
import { nextTurn } from './turns.ts';
import { isLongerThan } from './values.ts';

export type AuthRateLimit =
  | 'loginPerAccount'
  | 'loginPerAddress'
  | 'registerPerAddress'
  | 'refreshPerAddress'
  | 'recoveryPerAccount'
  | 'recoveryPerAddress'
  | 'exportPerAccount';

export interface Attempt {
  /** As it was typed. */
  email: string;
  /** Whether the user is also found by another spelling of its address. */
  spelling: 'any' | 'exact';
  password: string;
  client: ClientContext;
}

export interface Proof {
  user: UserRow;
  /** What its login takes back: it was counted as a guess. */
  forgivenKey: string | null;
}

export interface Reproof {
  password: string;
  /** Null for a token that belongs to no session. */
  sessionId: string | null;
}

export interface CredentialsService {
  /**
   * The user whose password was proven. Throws AppError `invalid_credentials`, the same and after the same work for an
   * unknown user, a wrong password, an unusable hash and a disabled account; `rate_limited` and `overloaded`.
   * The attempt stays counted until the session that opens forgives it.
   */
  prove(attempt: Attempt): Promise<Proof>;
  /**
   * The password once more, of a user who is known already. Throws AppError `reauthentication_failed`, `rate_limited` and
   * `overloaded`: guesses with a stolen access token are limited as logins to the account are. An open session has attempts of
   * its own: whoever tries to log in as its user must not keep the user from changing the password.
   */
  reprove(user: UserRow, proof: Reproof, client: ClientContext): Promise<void>;
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

/**
 * What a user's own logins are counted under. The old sign-up lets anybody have another's address in another case: such a twin
 * is counted under its id, because its proofs would take back the guesses at the other.
 */
export function accountOfUser({ id, email, email_canonical }: UserRow): string {
  return email_canonical ?? (canonicalEmail(email) === null ? accountOf(email) : `id ${id}`);
}

export function createCredentialsService(options: CredentialsOptions): CredentialsService {
  const { db, events, passwords, rateLimits } = options;

  function refuse({ client }: Attempt, user: UserRow | undefined, reason: string): AppError {
    const { requestId, address } = client;
    events({ event: 'authn_login_fail', requestId, address, ...(user ? { userId: user.id } : {}), reason });
    return new AppError('invalid_credentials', { reason });
  }

  return {
    async prove(attempt) {
      const { client } = attempt;
      const account = accountOf(attempt.email);
      // Counted before the work, so that parallel attempts cannot pass together; a success takes it back.
      const { user, accountKey } = await begin(attempt, account);
      await nextTurn();
      if (!user) {
        await pretend(account, attempt.password);
        throw refuse(attempt, user, 'user_unknown');
      }
      const match = await findMatch(user, attempt.password);
      if ('miss' in match) throw refuse(attempt, user, match.miss);
      if (!user.is_active && !options.inactiveUserAllowed) throw refuse(attempt, user, 'user_inactive');
      const hashed_password = match.needsUpgrade ? await upgrade(user, match.password, client) : user.hashed_password;
      const { requestId, address } = client;
      events({ event: 'authn_login_success', requestId, address, userId: user.id });
      await nextTurn();
      return { user: { ...user, hashed_password }, forgivenKey: accountOfUser(user) === account ? accountKey : null };
    },

    async reprove(user, { password, sessionId }, client) {
      // No name of an account begins like this: a canonical address has no blank.
      const subject = sessionId === null ? accountOfUser(user) : `session ${sessionId}`;
      await rateLimits.consume('loginPerAccount', subject, client);
      const match = await findMatch(user, password);
      if ('miss' in match) {
        const { requestId, address } = client;
        events({ event: 'authn_reauthentication_fail', requestId, address, userId: user.id, reason: match.miss });
        throw new AppError('reauthentication_failed');
      }
      await rateLimits.clear('loginPerAccount', subject);
    },
  };

  /**
   * A stranger who uses up an account's attempts must not lock its user out: where the user logged in from before has attempts
   * of its own. An unknown account is asked the same question.
   */
  async function begin({ email, spelling, client }: Attempt, account: string): Promise<BegunLogin> {
    const here = addressSubject(client.address);
    const fromAddress = rateLimits.useOf('loginPerAddress', here);
    const atAccount = rateLimits.useOf('loginPerAccount', account);
    const fromKnown = rateLimits.useOf('loginPerAccount', here);
    // No text of the database holds these: nobody can have such an address.
    const isReadable = email.isWellFormed() && !email.includes('\0');
    const begun = await beginLogin(db, {
      email: isReadable ? email : null,
      canonical: isReadable && spelling === 'any' ? canonicalEmail(email) : null,
      ...{ fromAddress, atAccount },
      // Of both keys: an account's name is any text, and one text of both would be some account's name.
      atAccountFromKnown: atAccount && fromKnown && `${atAccount.key} ${fromKnown.key}`,
      knownSubject: findAddressSubject(client.address),
    });
    if (begun.refusedBy === 'address' && fromAddress) {
      throw await rateLimits.refuse('loginPerAddress', fromAddress, client);
    }
    if (begun.refusedBy === 'account' && atAccount) {
      throw await rateLimits.refuse(
        'loginPerAccount',
        { ...atAccount, key: begun.accountKey ?? atAccount.key },
        client,
      );
    }
    return begun;
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
  async function pretend(account: string, sent: string): Promise<void> {
    const decoy = options.decoys.hashFor(account);
    for (const password of meantPasswords(sent, options.signinTruncates72)) {
      if (decoy === undefined) await passwords.verifyDummy(password);
      else await passwords.verify(password, decoy);
    }
  }

  async function findMatch(user: UserRow, sent: string): Promise<Match | Miss> {
    let miss = 'password_wrong';
    for (const password of meantPasswords(sent, options.signinTruncates72)) {
      const { ok, needsUpgrade, reason = miss } = await passwords.verify(password, user.hashed_password);
      if (ok) return { password, needsUpgrade };
      miss = reason;
    }
    return { miss };
  }
}

/**
 * What the account's limit is counted under: the canonical address, or what was typed if it is none. Whether a user has it,
 * and in which spelling, must not show in when the limit is met. No canonical address has a blank: neither is the other.
 */
function accountOf(email: string): string {
  return canonicalEmail(email) ?? `text ${email}`;
}

/** For the operator: a hash that nobody can check, for want of a pepper say, is another trouble than a wrong password. */
interface Miss {
  miss: string;
}

interface Match {
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
