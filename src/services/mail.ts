import { transaction } from '../database/transaction.ts';
import type { Db, TxSource } from '../database/types.ts';
import { type LinkKind, linkMessage, type NoticeKind, noticeMessage } from '../mail/messages.ts';
import type { MailMessage, MailTransport } from '../mail/transport.ts';
import { insertAccountToken, withdrawAccountTokens } from '../models/account-tokens.ts';
import {
  claimMailJob,
  deleteMailJob,
  holdMailJob,
  insertMailJob,
  type MailJob,
  type MailKind,
  noteMailFailure,
} from '../models/mail-jobs.ts';
import { findUser, type UserRow } from '../models/users.ts';
import { createAccountToken } from '../security/account-tokens.ts';
import { parseEmailAddress } from '../security/emails.ts';
import type { RandomBytes } from '../security/random.ts';
import { findUserByAnyForm } from './user-lookup.ts';

export interface MailRequest {
  kind: MailKind;
  /** Null: an address that somebody typed, of whomever. */
  userId: string | null;
  /** Where it goes; for a typed address, whom it may be for. */
  email: string;
  /** The session that asked. */
  sessionId?: string | null;
}

export interface MailService {
  /** Whether mail leaves this process at all. */
  readonly isConfigured: boolean;
  /** Writes down what is owed, in the transaction of what it tells of. Call `wake` after the commit. */
  enqueue(db: Db, request: MailRequest): Promise<void>;
  wake(): void;
  /** Sends what is due, until it is told to stop. A mail that fails is due again later and stops no other. */
  runDue(stopping?: AbortSignal): Promise<{ sent: number; failed: number }>;
}

export interface MailServiceOptions {
  db: TxSource;
  transport: MailTransport | null;
  appUrl: string;
  resetTokenSeconds: number;
  emailTokenSeconds: number;
  newId: () => string;
  randomBytes: RandomBytes;
  wake: () => void;
}

/** With the back-off of models/mail-jobs: a little over two days. */
const maxAttempts = 11;

export function createMailService(options: MailServiceOptions): MailService {
  const { db, transport } = options;
  return {
    isConfigured: transport !== null,
    async enqueue(writer, { kind, userId, email, sessionId = null }) {
      if (!transport) return;
      await insertMailJob(writer, { id: options.newId(), kind, user_id: userId, email, session_id: sessionId });
    },
    wake: options.wake,
    async runDue(stopping) {
      const outcome = { sent: 0, failed: 0 };
      if (!transport) return outcome;
      for (;;) {
        if (stopping?.aborted) return outcome;
        const job = await claimMailJob(db, maxAttempts);
        if (!job) return outcome;
        const isSent = await attempt(job, transport);
        outcome[isSent ? 'sent' : 'failed'] += 1;
      }
    },
  };

  async function attempt(job: MailJob, by: MailTransport): Promise<boolean> {
    const message = await compose(job);
    try {
      if (message) await by.send(message);
    } catch (error) {
      // Only what kind of fault it was: a server's answer may quote the mail.
      const fault = error instanceof Error ? ('code' in error ? String(error.code) : error.name) : 'unknown';
      await noteMailFailure(db, { id: job.id, error: fault });
      return false;
    }
    await deleteMailJob(db, job.id);
    return true;
  }

  /** Undefined: there is nobody to write to. The secret of a link exists in the mail alone. */
  async function compose(job: MailJob): Promise<MailMessage | undefined> {
    if (isNotice(job.kind)) {
      const owner = mailboxOf(job.email);
      return owner === undefined ? undefined : noticeMessage(job.kind, owner);
    }
    const user = job.user_id === null ? await findUserByAnyForm(db, job.email) : await findUser(db, job.user_id);
    const email = user && recipientOf(job, user);
    const to = email === undefined ? undefined : mailboxOf(email);
    if (!user?.is_active || email === undefined || to === undefined) return undefined;
    const kind: LinkKind = job.kind;
    const seconds = kind === 'reset_password' ? options.resetTokenSeconds : options.emailTokenSeconds;
    const { token, hash } = createAccountToken(options.randomBytes);
    const isOwed = await transaction(db, async (tx) => {
      // Withdrawn since it was claimed: a link that is stored now would outlive that.
      if (!(await holdMailJob(tx, job.id))) return false;
      await withdrawAccountTokens(tx, { user_id: user.id, purpose: kind });
      await insertAccountToken(tx, {
        token_hash: hash,
        user_id: user.id,
        purpose: kind,
        email,
        session_id: job.session_id,
        ttl_seconds: seconds,
      });
      return true;
    });
    if (!isOwed) return undefined;
    return linkMessage(kind, { to, token, validMinutes: Math.floor(seconds / 60) }, options);
  }
}

/** A reset goes to the address on file, whatever spelling was typed; a check of an address that was replaced, nowhere. */
function recipientOf(job: MailJob, user: UserRow): string | undefined {
  if (job.kind === 'reset_password') return user.email;
  if (job.kind === 'change_email') return job.email;
  return job.email === user.email ? user.email : undefined;
}

/** Undefined for what is no address: the incumbent stored any text as one. */
function mailboxOf(email: string): string | undefined {
  return parseEmailAddress(email)?.address;
}

function isNotice(kind: MailKind): kind is NoticeKind {
  return kind !== 'reset_password' && kind !== 'verify_email' && kind !== 'change_email';
}
