import { isUniqueViolation } from '../database/faults.ts';
import { transaction } from '../database/transaction.ts';
import type { Db, TxSource } from '../database/types.ts';
import { AppError } from '../errors.ts';
import { insertSessionOfLogin } from '../models/login-attempts.ts';
import { insertSession, type NewSession } from '../models/sessions.ts';
import {
  canonicalEmailIndex,
  emailIndex,
  findUser,
  findUserByCanonicalEmail,
  findUserByExactEmail,
  insertUser,
  type NewUser,
  type UserRow,
} from '../models/users.ts';
import type { AccessTokens } from '../security/access-tokens.ts';
import { canonicalEmail } from '../security/emails.ts';
import type { LegacyTokens } from '../security/legacy-tokens.ts';
import type { PasswordHasher } from '../security/passwords.ts';
import { sessionSaltBytes } from '../security/refresh-tokens.ts';
import type { Principal } from './access.ts';
import type { Admission } from './admission.ts';
import { addressSubject, findAddressSubject } from './client-addresses.ts';
import type { ClientContext, SecurityEvents } from './client-context.ts';
import type { AuthRateLimit, CredentialsService } from './credentials.ts';
import { newPasswordIssues, type PasswordRules } from './new-passwords.ts';
import type { RateLimitsService } from './rate-limits.ts';
import { refuseOvertakenLogin, type SessionsService } from './sessions.ts';
import { nextTurn } from './turns.ts';
import { toUser, type User } from './users.ts';
import { assertValid, emailIssue, storableTextIssues } from './values.ts';

/** The incumbent's accounts: its sign-up, sign-in and sign-out rules, oddities included (contract/quirks.json). */
export interface LegacyAuthService {
  /** Throws AppError `conflict` and `invalid_value`, in the incumbent's order. */
  signUp(input: SignUpInput, client: ClientContext): Promise<SignedIn>;
  /** Throws what `CredentialsService.prove` throws. */
  signIn(input: { email: string; password: string }, client: ClientContext): Promise<SignedIn>;
  /** What signing out does is a setting; the incumbent does nothing, and then nobody is asked who it is. */
  signOut(find: () => Promise<Principal | undefined>, client: ClientContext): Promise<void>;
  /** Throws AppError `not_found`. */
  profile(principal: Principal): Promise<User>;
}

export interface SignUpInput {
  email: string;
  password: string;
  name?: string | null | undefined;
}

export interface SignedIn {
  user: User;
  /** With the incumbent's claims and lifetime. */
  token: string;
}

export interface LegacyAuthOptions {
  db: TxSource;
  passwords: PasswordHasher;
  admission: Admission;
  credentials: CredentialsService;
  rateLimits: RateLimitsService<AuthRateLimit>;
  sessions: Pick<SessionsService, 'end'>;
  legacyTokens: LegacyTokens;
  /** For the time when tokens of the incumbent's kind have ended. */
  accessTokens: AccessTokens;
  nowSeconds: () => number;
  events: SecurityEvents;
  newId: () => string;
  randomBytes: (size: number) => Buffer;
  tokenSeconds: number;
  quirks: LegacyAuthQuirks;
}

export interface LegacyAuthQuirks {
  signupPasswordTooLong409: boolean;
  emailNotValidated: boolean;
  emptyPasswordAccepted: boolean;
  signoutDoesNotRevoke: boolean;
}

/** bcrypt's limit, which the incumbent made its own. */
const bcryptBytes = 72;
const hardenedMinLength = 8;

export function createLegacyAuthService(options: LegacyAuthOptions): LegacyAuthService {
  const { db, events, quirks, rateLimits } = options;

  /** The session lets a user see and end this sign-in, although the token is of the old kind. */
  function newSession(userId: string, client: ClientContext): NewSession {
    return {
      id: options.newId(),
      user_id: userId,
      kind: 'legacy',
      token_salt: options.randomBytes(sessionSaltBytes),
      user_agent: client.userAgent,
      ip: client.address,
      address_subject: findAddressSubject(client.address),
      idle_seconds: options.tokenSeconds,
      absolute_seconds: options.tokenSeconds,
    };
  }

  /** A client of the old kind is never given a token that dies before its time: near the end of its kind it is native. */
  async function mintToken({ id, email, name }: UserRow, sid: string): Promise<string> {
    const { accessTokens, legacyTokens, tokenSeconds } = options;
    if (Math.floor(options.nowSeconds()) + tokenSeconds <= legacyTokens.endsAt) {
      return legacyTokens.mint({ user_id: id, email, name, sid }, tokenSeconds);
    }
    return accessTokens.mint({
      userId: id,
      sessionId: sid,
      lifetimeSeconds: tokenSeconds,
      incumbent: { email, name },
    });
  }

  async function answer(user: UserRow, sid: string, client: ClientContext): Promise<SignedIn> {
    const token = await mintToken(user, sid);
    const { requestId, address } = client;
    events({ event: 'authn_token_created', requestId, address, userId: user.id, sessionId: sid, reason: 'legacy' });
    return { user: toUser(user), token };
  }

  return {
    signUp: (input, client) => options.admission.run(() => signUp(input, client)),
    signIn: (input, client) => options.admission.run(() => signIn(input, client)),

    async signOut(find, client) {
      if (quirks.signoutDoesNotRevoke) return;
      const principal = await find();
      if (principal) await options.sessions.end(principal, client);
    },

    async profile(principal) {
      const user = await findUser(db, principal.userId);
      if (!user) throw new AppError('not_found', { detail: 'User not found' });
      return toUser(user);
    },
  };

  async function signUp(input: SignUpInput, client: ClientContext): Promise<SignedIn> {
    await rateLimits.consume('registerPerAddress', addressSubject(client.address), client);
    assertValid(storableTextIssues('email', input.email));
    if (await findUserByExactEmail(db, input.email)) throw taken();
    assertSignUp(input, quirks);
    const hashed_password = await options.passwords.hash(input.password);
    const user = { id: options.newId(), email: input.email, name: input.name ?? null, hashed_password };
    // A user without the session of its token, or the reverse, is never left behind.
    const { row, sid } = await claimEmail(db, user, (claim) =>
      transaction(db, async (tx) => {
        const inserted = await insertUser(tx, { ...user, ...claim });
        const session = newSession(inserted.id, client);
        await insertSession(tx, session);
        return { row: inserted, sid: session.id };
      }),
    );
    events({ event: 'user_created', requestId: client.requestId, address: client.address, userId: row.id });
    return answer(row, sid, client);
  }

  async function signIn(input: { email: string; password: string }, client: ClientContext): Promise<SignedIn> {
    const { user, forgivenKey } = await options.credentials.prove({ ...input, spelling: 'exact', client });
    const session = newSession(user.id, client);
    const { hashed_password, is_active } = user;
    const proven = { hashed_password, is_active, forgiven_key: forgivenKey };
    if (!(await insertSessionOfLogin(db, session, proven))) throw refuseOvertakenLogin(events, user.id, client);
    await nextTurn();
    const signedIn = await answer(user, session.id, client);
    await nextTurn();
    return signedIn;
  }
}

function assertSignUp(input: SignUpInput, quirks: LegacyAuthQuirks): void {
  if (Buffer.byteLength(input.password) > bcryptBytes) {
    const detail = 'Password must not exceed 72 bytes in length';
    if (quirks.signupPasswordTooLong409) throw new AppError('conflict', { detail });
    assertValid([
      {
        type: 'value_error',
        loc: ['body', 'password'],
        msg: `Value error, ${detail}`,
        input: null,
        ctx: { error: detail },
      },
    ]);
  }
  if (!quirks.emailNotValidated && (canonicalEmail(input.email) === null || input.email !== input.email.trim())) {
    throw new AppError('invalid_value', { issues: [emailIssue(input.email)] });
  }
  assertValid(newPasswordIssues({ password: input.password }, passwordRules(quirks)));
  if (typeof input.name === 'string') assertValid(storableTextIssues('name', input.name, 100));
}

function passwordRules({ emptyPasswordAccepted }: LegacyAuthQuirks): PasswordRules {
  return { minLength: emptyPasswordAccepted ? 0 : hardenedMinLength, maxBytes: bcryptBytes };
}

function taken(): AppError {
  return new AppError('conflict', { detail: 'User with this email already exists' });
}

type EmailClaim = Pick<NewUser, 'email_canonical' | 'email_twin_of'>;

/**
 * Addresses that differ by case only are two accounts here: the second one is the first one's twin. Losing the race for
 * the canonical form is therefore no conflict: the next look finds its holder, and `insert` is called once more. What is no
 * address is its own twin: nobody looks for a canonical form of it again.
 */
async function claimEmail<Result>(
  db: Db,
  { id, email }: Pick<NewUser, 'id' | 'email'>,
  insert: (claim: EmailClaim) => Promise<Result>,
): Promise<Result> {
  const canonical = canonicalEmail(email);
  for (let lastTry = false; ; lastTry = true) {
    const holder = canonical === null ? { id } : await findUserByCanonicalEmail(db, canonical);
    try {
      return await insert({ email_canonical: holder ? null : canonical, email_twin_of: holder?.id ?? null });
    } catch (error) {
      if (isUniqueViolation(error, emailIndex)) throw taken();
      if (lastTry || !isUniqueViolation(error, canonicalEmailIndex)) throw error;
    }
  }
}
