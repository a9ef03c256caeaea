import { isUniqueViolation } from '../database/faults.ts';
import { transaction } from '../database/transaction.ts';
import type { Tx, TxSource } from '../database/types.ts';
import { AppError } from '../errors.ts';
import {
  type AccountTokenPurpose,
  findAccountToken,
  spendAccountToken,
  withdrawAccountTokens,
} from '../models/account-tokens.ts';
import { withdrawMailJobs } from '../models/mail-jobs.ts';
import { revokeOtherSessions, revokeSessionsOfUser } from '../models/sessions.ts';
import {
  canonicalEmailIndex,
  emailIndex,
  findUserForUpdate,
  markEmailVerified,
  updateUserEmail,
  updateUserPassword,
} from '../models/users.ts';
import { hashAccountToken } from '../security/account-tokens.ts';
import { canonicalEmail, parseEmailAddress } from '../security/emails.ts';
import type { PasswordHasher } from '../security/passwords.ts';
import type { Principal } from './access.ts';
import { addressSubject } from './client-addresses.ts';
import type { ClientContext, SecurityEventName, SecurityEvents } from './client-context.ts';
import { type AuthRateLimit, accountOfUser, type CredentialsService } from './credentials.ts';
import type { MailService } from './mail.ts';
import { newPasswordIssues, type PasswordRules } from './new-passwords.ts';
import type { RateLimitsService } from './rate-limits.ts';
import type { StandingCache } from './standing.ts';
import { getPrincipalUser } from './user-lookup.ts';
import { assertValid, emailIssue, storableTextIssues } from './values.ts';

/** What a user does to the account itself. Links are of `services/mail`; a used or foreign one is `invalid_account_token`. */
export interface AccountsService {
  /** The same answer and the same work whether or not the address is a user's. Throws AppError `rate_limited`. */
  forgetPassword(email: string, client: ClientContext): Promise<void>;
  /** Sets the password and ends every session. Throws AppError `invalid_account_token` and `invalid_value`. */
  resetPassword(input: { token: string; password: string }, client: ClientContext): Promise<void>;
  /** Ends all sessions but the one that asks. Throws AppError `reauthentication_failed` and `invalid_value`. */
  changePassword(
    principal: Principal,
    input: { current_password: string; new_password: string },
    client: ClientContext,
  ): Promise<void>;
  /** Mails the user a link to prove the address. */
  requestVerification(principal: Principal, client: ClientContext): Promise<void>;
  verifyEmail(token: string, client: ClientContext): Promise<void>;
  /**
   * Mails a link to the new address and tells the old one. The same answer whether or not the new one is taken.
   * Throws AppError `reauthentication_failed` and `invalid_value`.
   */
  requestEmailChange(
    principal: Principal,
    input: { email: string; current_password: string },
    client: ClientContext,
  ): Promise<void>;
  /** Ends all sessions but the one that asked for it. Throws AppError `invalid_account_token` and `conflict`. */
  confirmEmailChange(token: string, client: ClientContext): Promise<void>;
}

export interface AccountsOptions {
  db: TxSource;
  passwords: PasswordHasher;
  credentials: Pick<CredentialsService, 'reprove'>;
  rateLimits: RateLimitsService<AuthRateLimit>;
  standings: StandingCache;
  mail: MailService;
  events: SecurityEvents;
  passwordRules: PasswordRules;
}

const maxEmailLength = 320;

export function createAccountsService(options: AccountsOptions): AccountsService {
  const { db, mail, passwords, rateLimits } = options;

  return {
    async forgetPassword(email, client) {
      assertValid(storableTextIssues('email', email, maxEmailLength));
      await rateLimits.consume('recoveryPerAddress', addressSubject(client.address), client);
      await rateLimits.consume('recoveryPerAccount', canonicalEmail(email) ?? email, client);
      // Whose address it is nobody asks before the answer is on its way: a look-up could be timed.
      await mail.enqueue(db, { kind: 'reset_password', userId: null, email });
      mail.wake();
      tell('authn_recovery_requested', undefined, client);
    },

    async resetPassword({ token, password }, client) {
      await rateLimits.consume('recoveryPerAddress', addressSubject(client.address), client);
      const token_hash = hashAccountToken(token);
      const waiting = await findAccountToken(db, { token_hash, purpose: 'reset_password' });
      if (!waiting) throw refuseToken('reset_password', client);
      assertValid(newPasswordIssues({ password, email: waiting.email }, options.passwordRules));
      const hashed_password = await passwords.hash(password);
      const { user, ended } = await transaction(db, async (tx) => {
        const owner = (await spend(tx, token, 'reset_password', client)).user;
        await updateUserPassword(tx, { id: owner.id, previous: owner.hashed_password, hashed_password });
        await markEmailVerified(tx, owner.id);
        const sessions = await revokeSessionsOfUser(tx, { user_id: owner.id, reason: 'password_reset' });
        await withdrawLinks(tx, owner.id);
        await mail.enqueue(tx, { kind: 'password_changed', userId: owner.id, email: owner.email });
        return { user: owner, ended: sessions };
      });
      await rateLimits.clear('loginPerAccount', accountOfUser(user));
      settle('authn_password_reset', { userId: user.id, ended, reason: 'password_reset' }, client);
    },

    async changePassword(principal, { current_password, new_password }, client) {
      const known = await getPrincipalUser(db, principal);
      await options.credentials.reprove(known, { password: current_password, sessionId: principal.sessionId }, client);
      const issues = newPasswordIssues(
        { password: new_password, email: known.email, field: 'new_password' },
        options.passwordRules,
      );
      assertValid(issues);
      const hashed_password = await passwords.hash(new_password);
      const [userId, reason] = [known.id, 'password_change'];
      const ended = await transaction(db, async (tx) => {
        const change = { id: userId, previous: known.hashed_password, hashed_password };
        if (!(await updateUserPassword(tx, change))) throw refuseOvertaken(userId, client);
        const sessions = await endOtherSessions(tx, { userId, keep: principal.sessionId, reason });
        await withdrawLinks(tx, userId);
        await mail.enqueue(tx, { kind: 'password_changed', userId, email: known.email });
        return sessions;
      });
      settle('authn_password_change', { userId, ended, reason }, client);
    },

    async requestVerification(principal, client) {
      const { id, email } = await getPrincipalUser(db, principal);
      await rateLimits.consume('recoveryPerAccount', id, client);
      await mail.enqueue(db, { kind: 'verify_email', userId: id, email });
      mail.wake();
    },

    async verifyEmail(token, client) {
      await rateLimits.consume('recoveryPerAddress', addressSubject(client.address), client);
      const { user } = await transaction(db, async (tx) => {
        const spent = await spend(tx, token, 'verify_email', client);
        await markEmailVerified(tx, spent.user.id);
        return spent;
      });
      tell('authn_email_verified', user.id, client);
    },

    async requestEmailChange(principal, { email, current_password }, client) {
      const known = await getPrincipalUser(db, principal);
      await options.credentials.reprove(known, { password: current_password, sessionId: principal.sessionId }, client);
      const address = parseEmailAddress(email)?.address;
      if (address === undefined) throw new AppError('invalid_value', { issues: [emailIssue(email)] });
      await rateLimits.consume('recoveryPerAccount', known.id, client);
      const [userId, sessionId] = [known.id, principal.sessionId];
      await transaction(db, async (tx) => {
        await mail.enqueue(tx, { kind: 'change_email', userId, email: address, sessionId });
        await mail.enqueue(tx, { kind: 'email_change_requested', userId, email: known.email });
      });
      mail.wake();
      tell('authn_email_change_requested', userId, client);
    },

    async confirmEmailChange(token, client) {
      await rateLimits.consume('recoveryPerAddress', addressSubject(client.address), client);
      const reason = 'email_change';
      const { user, ended } = await transaction(db, async (tx) => {
        const { user: owner, email, sessionId } = await spend(tx, token, 'change_email', client);
        await moveTo(tx, owner.id, email);
        const sessions = await endOtherSessions(tx, { userId: owner.id, keep: sessionId, reason });
        await withdrawLinks(tx, owner.id);
        await mail.enqueue(tx, { kind: 'email_changed', userId: owner.id, email: owner.email });
        return { user: owner, ended: sessions };
      });
      settle('authn_email_change', { userId: user.id, ended, reason }, client);
    },
  };

  /** After the commit: what this process remembers of the user's sessions is no longer true. */
  function settle(event: SecurityEventName, { userId, ended, reason }: Ending, client: ClientContext): void {
    options.standings.forgetUser(userId);
    mail.wake();
    tell(event, userId, client);
    const { requestId, address } = client;
    for (const sessionId of ended) {
      options.events({ event: 'session_revoked', requestId, address, userId, sessionId, reason });
    }
  }

  function tell(event: SecurityEventName, userId: string | undefined, { requestId, address }: ClientContext): void {
    options.events({ event, requestId, address, ...(userId === undefined ? {} : { userId }) });
  }

  /** Somebody else set another password between the proof and the change. */
  function refuseOvertaken(userId: string, { requestId, address }: ClientContext): AppError {
    const reason = 'password_changed';
    options.events({ event: 'authn_reauthentication_fail', requestId, address, userId, reason });
    return new AppError('reauthentication_failed', { reason });
  }

  function refuseToken(purpose: AccountTokenPurpose, { requestId, address }: ClientContext): AppError {
    options.events({ event: 'authn_recovery_fail', requestId, address, reason: purpose });
    return new AppError('invalid_account_token', { reason: purpose });
  }

  /** Its user, locked. What the rest of the transaction refuses leaves the token unspent. */
  async function spend(tx: Tx, token: string, purpose: AccountTokenPurpose, client: ClientContext) {
    const spent = await spendAccountToken(tx, { token_hash: hashAccountToken(token), purpose });
    const user = spent && (await findUserForUpdate(tx, spent.user_id));
    // Mailed to an address that is no longer the user's: whoever reads that mailbox has lost the right.
    const isStale = purpose !== 'change_email' && user?.email !== spent?.email;
    if (!spent || !user?.is_active || isStale) throw refuseToken(purpose, client);
    return { user, email: spent.email, sessionId: spent.session_id };
  }
}

/** Sessions that ended with what was done. */
interface Ending {
  userId: string;
  ended: readonly string[];
  reason: string;
}

async function moveTo(tx: Tx, id: string, email: string): Promise<void> {
  const canonical = canonicalEmail(email);
  if (canonical === null) throw new TypeError('a token for an address that is none');
  try {
    await updateUserEmail(tx, { id, email, email_canonical: canonical });
  } catch (error) {
    if (isUniqueViolation(error, emailIndex) || isUniqueViolation(error, canonicalEmailIndex)) {
      throw new AppError('conflict', { detail: 'User with this email already exists' });
    }
    throw error;
  }
}

/**
 * Whoever knew the old password, or read the old mailbox, may have asked for a link that gives the account away later. Mail
 * first: one that is just being written stores its link before it lets go.
 */
async function withdrawLinks(tx: Tx, userId: string): Promise<void> {
  await withdrawMailJobs(tx, { user_id: userId, kind: 'change_email' });
  for (const purpose of ['change_email', 'reset_password'] as const) {
    await withdrawAccountTokens(tx, { user_id: userId, purpose });
  }
}

/** A token of the incumbent's kind may belong to no session: then nothing is kept. Answers which ended. */
async function endOtherSessions(
  tx: Tx,
  { userId, keep, reason }: { userId: string; keep: string | null; reason: string },
): Promise<string[]> {
  if (keep === null) return revokeSessionsOfUser(tx, { user_id: userId, reason });
  return revokeOtherSessions(tx, { user_id: userId, keep, reason });
}
