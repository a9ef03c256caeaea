import { sql } from 'drizzle-orm';
import { defineSql } from '../database/query.ts';
import type { Db } from '../database/types.ts';
import { consumed, type RateLimitUse, rateLimits } from './rate-limits.ts';
import { type NewSession, sessions } from './sessions.ts';
import { type UserRow, userColumns, users } from './users.ts';

export interface LoginAttempt {
  /** The address exactly as it was typed; null: no user can have it. */
  email: string | null;
  /** Looked for where nobody has the address as typed; null: nobody looks for it. */
  canonical: string | null;
  /** Of the client. Null here and in the next two: limits are off. */
  fromAddress: RateLimitUse | null;
  /** Of the account, where its user has not been before. */
  atAccount: RateLimitUse | null;
  /** Of the account, where its user logged in from before. */
  atAccountFromKnown: string | null;
  /** Where that would be, as sessions have it; null: nowhere. */
  knownSubject: string | null;
}

export interface BegunLogin {
  user: UserRow | undefined;
  /** The first limit that refused the attempt. */
  refusedBy: 'address' | 'account' | null;
  /** What the account was counted under. */
  accountKey: string | null;
}

const columns = sql.join(Object.values(userColumns), sql`, `);
const [typed, canonical] = [sql`${sql.placeholder('email')}::text`, sql`${sql.placeholder('canonical')}::text`];
const nobody = '00000000-0000-0000-0000-000000000000';

/**
 * An unknown account does the same as a known one. The account is only counted where the address is not refused; each of the
 * two rows is locked in this order by everybody who locks both.
 */
const begin = defineSql<BegunRow>(
  'login_attempts_begin',
  sql`with from_address as (${consumed(sql`select ${sql.placeholder('address_key')}::text where ${sql.placeholder('limited')}::boolean`, 'address')}),
    typed as (select ${columns} from ${users} where ${users.email} = ${typed}),
    holder as (
      select * from typed
      union all
      select ${columns} from ${users} where ${users.email_canonical} = ${canonical} and not exists (select from typed)),
    account as (
      select case when exists (
        select from ${sessions}
        where ${sessions.user_id} = coalesce((select id from holder), ${sql.raw(`'${nobody}'`)}::uuid)
          and ${sessions.address_subject} = ${sql.placeholder('known_subject')}::text)
      then ${sql.placeholder('known_key')}::text else ${sql.placeholder('account_key')}::text end as key),
    at_account as (${consumed(sql`select key from account where exists (select from from_address)`, 'account')})
  select account.key as account_key,
    exists (select from from_address) as address_allowed, exists (select from at_account) as account_allowed, holder.*
  from account left join holder on true`,
);

type BegunRow = { account_key: string | null; address_allowed: boolean; account_allowed: boolean } & (
  | UserRow
  | { [Column in keyof UserRow]: null }
);

/**
 * Counts a login against its limits and finds its user: one statement and one commit in place of four, because logins come in
 * storms. Each limit is decided atomically, as `consumeRateLimit` does.
 */
export async function beginLogin(db: Db, attempt: LoginAttempt): Promise<BegunLogin> {
  const { fromAddress, atAccount } = attempt;
  const [row] = await db.run(begin, {
    email: attempt.email,
    canonical: attempt.canonical,
    limited: fromAddress !== null,
    address_key: fromAddress?.key ?? null,
    address_step: fromAddress?.step_seconds ?? null,
    address_window: fromAddress?.window_seconds ?? null,
    account_key: atAccount?.key ?? null,
    account_step: atAccount?.step_seconds ?? null,
    account_window: atAccount?.window_seconds ?? null,
    known_key: attempt.atAccountFromKnown,
    known_subject: attempt.knownSubject,
  });
  if (!row) throw new TypeError('a statement that always gives a row gave none');
  const { account_key, address_allowed, account_allowed, ...user } = row;
  const refusedBy = address_allowed ? (account_allowed ? null : 'account') : 'address';
  return {
    user: user.id === null ? undefined : user,
    refusedBy: fromAddress === null ? null : refusedBy,
    accountKey: account_key,
  };
}

const now = sql`clock_timestamp()`;
const secondsFromNow = (name: string) =>
  sql`${now} + make_interval(secs => ${sql.placeholder(name)}::double precision)`;

const end = defineSql<{ id: string }>(
  'login_attempts_end',
  sql`with opened as (
      insert into ${sessions} (id, user_id, kind, generation, confirmed, token_salt, user_agent, ip, address_subject, created_at,
        last_used_at, idle_expires_at, absolute_expires_at)
      select ${sql.placeholder('id')}::uuid, ${users.id}, ${sql.placeholder('kind')}, 1, false, ${sql.placeholder('token_salt')}::bytea,
        ${sql.placeholder('user_agent')}, ${sql.placeholder('ip')}, ${sql.placeholder('address_subject')}, ${now}, ${now},
        ${secondsFromNow('idle_seconds')}, ${secondsFromNow('absolute_seconds')}
      from ${users}
      where ${users.id} = ${sql.placeholder('user_id')} and ${users.hashed_password} = ${sql.placeholder('hashed_password')}
        and ${users.is_active} = ${sql.placeholder('is_active')}
      for share
      returning id),
    forgiven as (
      delete from ${rateLimits} where ${rateLimits.key} = ${sql.placeholder('forgiven_key')} and exists (select from opened))
  select id from opened`,
);

/** What must be true for the session to begin, and what it takes back. */
export interface ProvenLogin {
  hashed_password: string;
  is_active: boolean;
  /** The limit that is forgiven what was counted; null for none. */
  forgiven_key: string | null;
}

/**
 * A session for the user, if it still has this password and nobody disabled it: a change under way is waited for, and whoever
 * changes it afterwards finds the session. One statement in place of a transaction, because logins come in storms.
 */
export async function insertSessionOfLogin(db: Db, session: NewSession, proven: ProvenLogin): Promise<boolean> {
  return (await db.run(end, { ...session, ...proven })).length === 1;
}
