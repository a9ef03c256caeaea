import { isUniqueViolation } from '../database/faults.ts';
import { transaction } from '../database/transaction.ts';
import type { Db, TxSource } from '../database/types.ts';
import { AppError, type ValueIssue } from '../errors.ts';
import {
  canonicalEmailIndex,
  claimCanonicalEmail,
  emailIndex,
  findUserByCanonicalEmail,
  findUserByExactEmail,
  hasUsers,
  insertUser,
  listUsersWithoutCanonicalEmail,
  markEmailTwin,
  type NewUser,
  type UserRow,
  type UserWithoutCanonicalEmail,
} from '../models/users.ts';
import { canonicalEmail, parseEmailAddress } from '../security/emails.ts';
import type { PasswordHasher } from '../security/passwords.ts';
import type { Principal } from './access.ts';
import type { Admission } from './admission.ts';
import { addressSubject } from './client-addresses.ts';
import type { ClientContext, SecurityEvents } from './client-context.ts';
import type { AuthRateLimit, CredentialsService } from './credentials.ts';
import type { MailService } from './mail.ts';
import { newPasswordIssues, type PasswordRules } from './new-passwords.ts';
import type { RateLimitsService } from './rate-limits.ts';
import type { SessionsService } from './sessions.ts';
import type { TokenPair } from './token-pairs.ts';
import { getPrincipalUser } from './user-lookup.ts';
import { emailIssue, requiredIssue, storableTextIssues } from './values.ts';

/** A user as the API shows it: never the hash. */
export interface User {
  id: string;
  email: string;
  name: string | null;
  is_active: boolean;
  created_at: string;
  updated_at: string;
  email_verified: boolean;
}

export interface Registration {
  email: string;
  password: string;
  name?: string | null | undefined;
}

/** The address under either of its names. */
export interface LoginInput {
  email?: string | null | undefined;
  username?: string | null | undefined;
  password: string;
}

export interface UsersService {
  /** Throws AppError `invalid_value` and `conflict`. */
  register(input: Registration, client: ClientContext): Promise<User>;
  /** Registers the user when there is none at all. Answers whether a user with this address exists now. */
  registerFirst(input: Registration, client: ClientContext): Promise<boolean>;
  /** Opens a session for the user with this password. Throws what `CredentialsService.prove` throws. */
  logIn(input: LoginInput, client: ClientContext): Promise<TokenPair>;
  /** Throws AppError `invalid_token`: the user was removed while its token lives. */
  get(principal: Principal): Promise<User>;
  /** Gives users that the incumbent stored their canonical address. Returns how many got one. */
  canonicaliseEmails(): Promise<number>;
}

export interface UsersOptions {
  db: TxSource;
  passwords: PasswordHasher;
  admission: Admission;
  credentials: CredentialsService;
  sessions: Pick<SessionsService, 'open'>;
  rateLimits: RateLimitsService<AuthRateLimit>;
  events: SecurityEvents;
  newId: () => string;
  passwordRules: PasswordRules;
  mail: Pick<MailService, 'enqueue' | 'wake'>;
}

const taken = 'User with this email already exists';

export function createUsersService(options: UsersOptions): UsersService {
  const { db } = options;
  return {
    register: (input, client) => options.admission.run(() => register(input, client, 'asks')),

    async registerFirst(input, client) {
      if (!(await hasUsers(db))) await options.admission.run(() => register(input, client, 'silent'));
      return (await findUserByExactEmail(db, input.email)) !== undefined;
    },

    logIn: (input, client) => options.admission.run(() => logIn(input, client)),

    async get(principal) {
      return toUser(await getPrincipalUser(db, principal));
    },

    canonicaliseEmails: () => canonicalisePending(db),
  };

  /** `asks`: the address gets a mail to prove it; nobody reads that of a demo user. */
  async function register(input: Registration, client: ClientContext, mail: 'asks' | 'silent'): Promise<User> {
    await options.rateLimits.consume('registerPerAddress', addressSubject(client.address), client);
    const address = assertRegistration(input, options.passwordRules);
    const hashed_password = await options.passwords.hash(input.password);
    await canonicalisePending(db);
    const user = { id: options.newId(), name: input.name ?? null, hashed_password, email_twin_of: null };
    const row = await transaction(db, async (tx) => {
      const inserted = await insertUnlessTaken(tx, {
        ...user,
        email: address.address,
        email_canonical: address.canonical,
      });
      if (mail === 'asks') {
        await options.mail.enqueue(tx, { kind: 'verify_email', userId: inserted.id, email: inserted.email });
      }
      return inserted;
    });
    options.mail.wake();
    options.events({ event: 'user_created', requestId: client.requestId, address: client.address, userId: row.id });
    return toUser(row);
  }

  async function logIn(input: LoginInput, client: ClientContext): Promise<TokenPair> {
    const email = input.email ?? input.username;
    if (typeof email !== 'string') throw new AppError('invalid_value', { issues: [requiredIssue('email', {})] });
    const attempt = { email, spelling: 'any', password: input.password, client } as const;
    return options.sessions.open(await options.credentials.prove(attempt), client);
  }
}

/** Throws AppError `conflict` when the address is taken in whatever spelling. */
async function insertUnlessTaken(db: Db, user: NewUser): Promise<UserRow> {
  try {
    return await insertUser(db, user);
  } catch (error) {
    if (isUniqueViolation(error, emailIndex) || isUniqueViolation(error, canonicalEmailIndex)) {
      throw new AppError('conflict', { detail: taken });
    }
    throw error;
  }
}

export function toUser(row: UserRow): User {
  const { id, email, name, is_active, created_at, updated_at, email_verified_at } = row;
  return { id, email, name, is_active, created_at, updated_at, email_verified: email_verified_at !== null };
}

function assertRegistration(input: Registration, rules: PasswordRules) {
  const issues: ValueIssue[] = [];
  const address = parseEmailAddress(input.email);
  if (!address) issues.push(emailIssue(input.email));
  issues.push(...newPasswordIssues(input, rules));
  if (typeof input.name === 'string') issues.push(...storableTextIssues('name', input.name, 100));
  if (issues.length > 0 || !address) throw new AppError('invalid_value', { issues });
  return address;
}

const pageSize = 500;

/**
 * The incumbent inserts users without a canonical address, as long as both run. Each is given its own, or is marked as
 * the twin of the user who holds it already; what is no address has no canonical form, and is its own. One user at a time: a race lost to another instance is no fault.
 */
async function canonicalisePending(db: Db): Promise<number> {
  let done = 0;
  let after: UserWithoutCanonicalEmail | undefined;
  for (;;) {
    const page = await listUsersWithoutCanonicalEmail(db, { after, limit: pageSize });
    for (const { id, email } of page) if (await canonicalise(db, id, email)) done += 1;
    after = page.at(-1);
    if (page.length < pageSize) return done;
  }
}

async function canonicalise(db: Db, id: string, email: string): Promise<boolean> {
  const canonical = canonicalEmail(email);
  if (canonical === null) {
    await markEmailTwin(db, { id, twin_of: id });
    return false;
  }
  try {
    await claimCanonicalEmail(db, { id, canonical });
  } catch (error) {
    if (!isUniqueViolation(error, canonicalEmailIndex)) throw error;
    const holder = await findUserByCanonicalEmail(db, canonical);
    if (holder) await markEmailTwin(db, { id, twin_of: holder.id });
  }
  return true;
}
