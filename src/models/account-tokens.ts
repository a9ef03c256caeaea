import { eq, relations, sql } from 'drizzle-orm';
import { check, customType, index, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { defineQuery } from '../database/query.ts';
import type { Db, Tx } from '../database/types.ts';
import { users } from './users.ts';

const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });
const instant = () => timestamp({ mode: 'string', withTimezone: true });

/** What a link in a mail carries: used once, for one purpose, while the address that it went to is the user's. */
export const accountTokens = pgTable(
  'account_tokens',
  {
    token_hash: bytea().primaryKey(),
    user_id: uuid()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    purpose: text({ enum: ['verify_email', 'reset_password', 'change_email'] }).notNull(),
    email: text().notNull(),
    session_id: uuid(),
    created_at: instant().notNull(),
    expires_at: instant().notNull(),
    used_at: instant(),
  },
  (token) => [
    index('ix_account_tokens_user_id').on(token.user_id),
    check('account_tokens_purpose_check', sql`${token.purpose} in ('verify_email', 'reset_password', 'change_email')`),
  ],
);

export const accountTokenRelations = relations(accountTokens, ({ one }) => ({
  user: one(users, { fields: [accountTokens.user_id], references: [users.id] }),
}));

export type AccountTokenPurpose = (typeof accountTokens.purpose.enumValues)[number];

const now = sql`clock_timestamp()`;

const withdraw = defineQuery('account_tokens_withdraw', (db) =>
  db
    .update(accountTokens)
    .set({ used_at: now })
    .where(
      sql`${accountTokens.user_id} = ${sql.placeholder('user_id')} and ${accountTokens.purpose} = ${sql.placeholder('purpose')}
        and ${accountTokens.used_at} is null`,
    )
    .returning({ token_hash: accountTokens.token_hash }),
);

/** Older links of this purpose die: only the latest one works. */
export async function withdrawAccountTokens(
  tx: Tx,
  target: { user_id: string; purpose: AccountTokenPurpose },
): Promise<void> {
  await tx.run(withdraw, { ...target });
}

const insert = defineQuery('account_tokens_insert', (db) =>
  db
    .insert(accountTokens)
    .values({
      token_hash: sql.placeholder('token_hash'),
      user_id: sql.placeholder('user_id'),
      purpose: sql.placeholder('purpose'),
      email: sql.placeholder('email'),
      session_id: sql.placeholder('session_id'),
      created_at: now,
      expires_at: sql`${now} + make_interval(secs => ${sql.placeholder('ttl_seconds')}::double precision)`,
    })
    .returning({ token_hash: accountTokens.token_hash }),
);

export interface NewAccountToken {
  token_hash: Buffer;
  user_id: string;
  purpose: AccountTokenPurpose;
  email: string;
  session_id: string | null;
  ttl_seconds: number;
}

export async function insertAccountToken(tx: Tx, token: NewAccountToken): Promise<void> {
  await tx.run(insert, { ...token });
}

const find = defineQuery('account_tokens_find', (db) =>
  db
    .select({ email: accountTokens.email })
    .from(accountTokens)
    .where(
      sql`${accountTokens.token_hash} = ${sql.placeholder('token_hash')} and ${accountTokens.purpose} = ${sql.placeholder('purpose')}
        and ${accountTokens.used_at} is null and ${accountTokens.expires_at} > ${now}`,
    ),
);

/** Whether it would work now, before the work that it asks for is begun. */
export async function findAccountToken(
  db: Db,
  token: { token_hash: Buffer; purpose: AccountTokenPurpose },
): Promise<{ email: string } | undefined> {
  return (await db.run(find, { ...token }))[0];
}

const spend = defineQuery('account_tokens_spend', (db) =>
  db
    .update(accountTokens)
    .set({ used_at: now })
    .where(
      sql`${accountTokens.token_hash} = ${sql.placeholder('token_hash')} and ${accountTokens.purpose} = ${sql.placeholder('purpose')}
        and ${accountTokens.used_at} is null and ${accountTokens.expires_at} > ${now}`,
    )
    .returning({
      user_id: accountTokens.user_id,
      email: accountTokens.email,
      session_id: accountTokens.session_id,
    }),
);

/** One conditional UPDATE, so that of parallel uses exactly one succeeds. Undefined: unknown, spent, expired, other purpose. */
export async function spendAccountToken(
  tx: Tx,
  token: { token_hash: Buffer; purpose: AccountTokenPurpose },
): Promise<{ user_id: string; email: string; session_id: string | null } | undefined> {
  return (await tx.run(spend, { ...token }))[0];
}

const list = defineQuery('account_tokens_list', (db) =>
  db
    .select({
      purpose: accountTokens.purpose,
      email: accountTokens.email,
      created_at: accountTokens.created_at,
      expires_at: accountTokens.expires_at,
      used_at: accountTokens.used_at,
    })
    .from(accountTokens)
    .where(eq(accountTokens.user_id, sql.placeholder('user_id')))
    .orderBy(accountTokens.created_at, accountTokens.token_hash)
    .limit(sql.placeholder('limit'))
    .offset(sql.placeholder('offset')),
);

/** A link that was mailed, without what would open it. */
export interface MailedLink {
  purpose: AccountTokenPurpose;
  email: string;
  created_at: string;
  expires_at: string;
  /** When it was used, or withdrawn. */
  used_at: string | null;
}

/** All that are kept of a user, the oldest first. */
export async function listAccountTokens(
  db: Db,
  page: { user_id: string; limit: number; offset: number },
): Promise<MailedLink[]> {
  return db.run(list, { ...page });
}

const purge = defineQuery('account_tokens_purge', (db) =>
  db
    .delete(accountTokens)
    .where(sql`${accountTokens.expires_at} < ${now} - make_interval(days => ${sql.placeholder('days')}::int)`)
    .returning({ user_id: accountTokens.user_id }),
);

/** Tokens that expired long ago. Returns how many were removed. */
export async function deleteExpiredAccountTokens(db: Db, expiredDays: number): Promise<number> {
  return (await db.run(purge, { days: expiredDays })).length;
}
