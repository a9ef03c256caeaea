import { eq, gt, relations, sql } from 'drizzle-orm';
import { boolean, check, index, pgTable, text, timestamp, uniqueIndex, uuid, varchar } from 'drizzle-orm/pg-core';
import { defineQuery } from '../database/query.ts';
import type { Db, Tx } from '../database/types.ts';
import { sessions } from './sessions.ts';
import { tasks } from './tasks.ts';

/** The unique index that the incumbent's schema has on the address as it was typed. */
export const emailIndex = 'ix_user_email';
export const canonicalEmailIndex = 'ix_user_email_canonical';

/**
 * The incumbent's table, plus what hardening added. Timestamps are naive UTC, as the incumbent writes them, and travel
 * as text so that microseconds survive. The incumbent inserts rows without the last two columns.
 */
export const users = pgTable(
  'user',
  {
    email: varchar().notNull(),
    name: varchar({ length: 100 }),
    is_active: boolean().notNull(),
    id: uuid().primaryKey(),
    hashed_password: varchar().notNull(),
    created_at: timestamp({ mode: 'string' }).notNull(),
    updated_at: timestamp({ mode: 'string' }).notNull(),
    /** One spelling for all spellings of an address (security/emails); unique where present. */
    email_canonical: text(),
    /** Another, older user who holds this address's canonical form; the user itself, where the text is no address. */
    email_twin_of: uuid(),
    /** When its holder proved to receive mail there; null: never, or another address since. */
    email_verified_at: timestamp({ mode: 'string', withTimezone: true }),
    /** Null: an ordinary user (security/permissions). */
    role: text(),
  },
  (user) => [
    uniqueIndex(emailIndex).on(user.email),
    uniqueIndex(canonicalEmailIndex).on(user.email_canonical),
    index('ix_user_email_pending')
      .on(user.id)
      .where(sql`${user.email_canonical} is null and ${user.email_twin_of} is null`),
    check('user_role_check', sql`${user.role} = 'admin'`),
  ],
);

export const userRelations = relations(users, ({ many }) => ({ sessions: many(sessions), tasks: many(tasks) }));

export type UserRow = typeof users.$inferSelect;

export const userColumns = {
  email: users.email,
  name: users.name,
  is_active: users.is_active,
  id: users.id,
  hashed_password: users.hashed_password,
  created_at: users.created_at,
  updated_at: users.updated_at,
  email_canonical: users.email_canonical,
  email_twin_of: users.email_twin_of,
  email_verified_at: users.email_verified_at,
  role: users.role,
};

const nowUtc = sql`(clock_timestamp() at time zone 'utc')`;

const byId = defineQuery('users_by_id', (db) =>
  db
    .select(userColumns)
    .from(users)
    .where(eq(users.id, sql.placeholder('id'))),
);

export async function findUser(db: Db, id: string): Promise<UserRow | undefined> {
  return (await db.run(byId, { id }))[0];
}

const any = defineQuery('users_any', (db) => db.select({ id: users.id }).from(users).limit(1));

export async function hasUsers(db: Db): Promise<boolean> {
  return (await db.run(any, {})).length > 0;
}

const byExactEmail = defineQuery('users_by_exact_email', (db) =>
  db
    .select(userColumns)
    .from(users)
    .where(eq(users.email, sql.placeholder('email'))),
);

/** The address exactly as it was typed at sign-up: letter case and spaces count, as they do for the incumbent. */
export async function findUserByExactEmail(db: Db, email: string): Promise<UserRow | undefined> {
  return (await db.run(byExactEmail, { email }))[0];
}

const byCanonicalEmail = defineQuery('users_by_canonical_email', (db) =>
  db
    .select(userColumns)
    .from(users)
    .where(eq(users.email_canonical, sql.placeholder('canonical'))),
);

export async function findUserByCanonicalEmail(db: Db, canonical: string): Promise<UserRow | undefined> {
  return (await db.run(byCanonicalEmail, { canonical }))[0];
}

const insert = defineQuery('users_insert', (db) =>
  db
    .insert(users)
    .values({
      id: sql.placeholder('id'),
      email: sql.placeholder('email'),
      name: sql.placeholder('name'),
      is_active: true,
      hashed_password: sql.placeholder('hashed_password'),
      created_at: nowUtc,
      updated_at: nowUtc,
      email_canonical: sql.placeholder('email_canonical'),
      email_twin_of: sql.placeholder('email_twin_of'),
    })
    .returning(userColumns),
);

export interface NewUser {
  id: string;
  email: string;
  name: string | null;
  hashed_password: string;
  email_canonical: string | null;
  email_twin_of: string | null;
}

/** Unique violations on `emailIndex` and `canonicalEmailIndex` pass through: only the service knows what they mean. */
export async function insertUser(db: Db, user: NewUser): Promise<UserRow> {
  const [row] = await db.run(insert, { ...user });
  if (!row) throw new TypeError('INSERT … RETURNING gave no row');
  return row;
}

const replaceHash = defineQuery('users_replace_hash', (db) =>
  db
    .update(users)
    .set({ hashed_password: sql`${sql.placeholder('hashed_password')}` })
    .where(sql`${users.id} = ${sql.placeholder('id')} and ${users.hashed_password} = ${sql.placeholder('previous')}`)
    .returning({ id: users.id }),
);

/**
 * Stores a stronger hash of the same password, unless the password was changed in the meantime.
 * `updated_at` stays: clients see it, and the user changed nothing.
 */
export async function updateUserHash(
  db: Db,
  hash: { id: string; previous: string; hashed_password: string },
): Promise<boolean> {
  return (await db.run(replaceHash, { ...hash })).length === 1;
}

const setPassword = defineQuery('users_set_password', (db) =>
  db
    .update(users)
    .set({ hashed_password: sql`${sql.placeholder('hashed_password')}`, updated_at: nowUtc })
    .where(sql`${users.id} = ${sql.placeholder('id')} and ${users.hashed_password} = ${sql.placeholder('previous')}`)
    .returning({ id: users.id }),
);

/** Another password, unless somebody else set one in the meantime. */
export async function updateUserPassword(
  tx: Tx,
  change: { id: string; previous: string; hashed_password: string },
): Promise<boolean> {
  return (await tx.run(setPassword, { ...change })).length === 1;
}

const setEmail = defineQuery('users_set_email', (db) =>
  db
    .update(users)
    .set({
      email: sql`${sql.placeholder('email')}`,
      email_canonical: sql`${sql.placeholder('email_canonical')}`,
      email_twin_of: null,
      email_verified_at: sql`clock_timestamp()`,
      updated_at: nowUtc,
    })
    .where(eq(users.id, sql.placeholder('id')))
    .returning({ id: users.id }),
);

/** An address that was just proven. Unique violations on `emailIndex` and `canonicalEmailIndex` pass through. */
export async function updateUserEmail(
  tx: Tx,
  change: { id: string; email: string; email_canonical: string },
): Promise<void> {
  await tx.run(setEmail, { ...change });
}

const setVerified = defineQuery('users_set_verified', (db) =>
  db
    .update(users)
    .set({ email_verified_at: sql`coalesce(${users.email_verified_at}, clock_timestamp())` })
    .where(eq(users.id, sql.placeholder('id')))
    .returning({ id: users.id }),
);

export async function markEmailVerified(tx: Tx, id: string): Promise<void> {
  await tx.run(setVerified, { id });
}

const setAccess = defineQuery('users_set_access', (db) =>
  db
    .update(users)
    .set({
      is_active: sql`${sql.placeholder('is_active')}`,
      role: sql`${sql.placeholder('role')}`,
      updated_at: nowUtc,
    })
    .where(eq(users.id, sql.placeholder('id')))
    .returning(userColumns),
);

/** What an admin decides about a user. */
export async function updateUserAccess(
  tx: Tx,
  change: { id: string; is_active: boolean; role: string | null },
): Promise<UserRow | undefined> {
  return (await tx.run(setAccess, { ...change }))[0];
}

const lock = defineQuery('users_lock', (db) =>
  db
    .select(userColumns)
    .from(users)
    .where(eq(users.id, sql.placeholder('id')))
    // Not FOR UPDATE: rows that only refer to the user, as a session or a link does, may be written meanwhile.
    .for('no key update'),
);

/** The user, whom nobody else changes until the transaction ends. */
export async function findUserForUpdate(tx: Tx, id: string): Promise<UserRow | undefined> {
  return (await tx.run(lock, { id }))[0];
}

const hashesAfter = defineQuery('users_hashes_after', (db) =>
  db
    .select({ id: users.id, hashed_password: users.hashed_password })
    .from(users)
    .where(gt(users.id, sql.placeholder('after')))
    .orderBy(users.id)
    .limit(sql.placeholder('limit')),
);

const remove = defineQuery('users_delete', (db) =>
  db
    .delete(users)
    .where(eq(users.id, sql.placeholder('id')))
    .returning({ id: users.id }),
);

/** With its sessions, links and mail, by their foreign keys. Tasks have none: delete them first. */
export async function deleteUser(tx: Tx, id: string): Promise<void> {
  await tx.run(remove, { id });
}

const lowestId = '00000000-0000-0000-0000-000000000000';

/** For a count of how passwords are stored: nothing but the hash, by id. */
export async function listPasswordHashes(
  db: Db,
  { after = lowestId, limit }: { after?: string | undefined; limit: number },
): Promise<{ id: string; hashed_password: string }[]> {
  return db.run(hashesAfter, { after, limit });
}

const withoutCanonical = defineQuery('users_without_canonical', (db) =>
  db
    .select({ id: users.id, email: users.email, created_at: users.created_at })
    .from(users)
    .where(
      sql`${users.email_canonical} is null and ${users.email_twin_of} is null
        and (${users.created_at}, ${users.id}) > (${sql.placeholder('after_created_at')}::timestamp, ${sql.placeholder('after_id')}::uuid)`,
    )
    .orderBy(users.created_at, users.id)
    .limit(sql.placeholder('limit')),
);

export interface UserWithoutCanonicalEmail {
  id: string;
  email: string;
  created_at: string;
}

/** Users whose address the incumbent stored, the oldest first: among twins, the oldest holds the address. */
export async function listUsersWithoutCanonicalEmail(
  db: Db,
  page: { after?: UserWithoutCanonicalEmail | undefined; limit: number },
): Promise<UserWithoutCanonicalEmail[]> {
  const { after, limit } = page;
  return db.run(withoutCanonical, {
    after_created_at: after?.created_at ?? '-infinity',
    after_id: after?.id ?? lowestId,
    limit,
  });
}

const claimCanonical = defineQuery('users_claim_canonical', (db) =>
  db
    .update(users)
    .set({ email_canonical: sql`${sql.placeholder('canonical')}` })
    .where(sql`${users.id} = ${sql.placeholder('id')} and ${users.email_canonical} is null`)
    .returning({ id: users.id }),
);

/** Unique violations on `canonicalEmailIndex` pass through. */
export async function claimCanonicalEmail(db: Db, claim: { id: string; canonical: string }): Promise<void> {
  await db.run(claimCanonical, { ...claim });
}

const markTwin = defineQuery('users_mark_twin', (db) =>
  db
    .update(users)
    .set({ email_twin_of: sql`${sql.placeholder('twin_of')}` })
    .where(sql`${users.id} = ${sql.placeholder('id')} and ${users.email_canonical} is null`)
    .returning({ id: users.id }),
);

export async function markEmailTwin(db: Db, twin: { id: string; twin_of: string }): Promise<void> {
  await db.run(markTwin, { ...twin });
}
