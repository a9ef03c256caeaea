import { and, desc, eq, isNull, ne, relations, sql } from 'drizzle-orm';
import { bigint, boolean, check, customType, index, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { defineQuery } from '../database/query.ts';
import type { Db } from '../database/types.ts';
import { users } from './users.ts';

const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });
const instant = () => timestamp({ mode: 'string', withTimezone: true });

/**
 * One row a session, whatever number of refresh tokens it has seen: they differ only by generation. A leaked row
 * cannot forge a token: the MAC's key needs the server's key ring as well as `token_salt`.
 */
export const sessions = pgTable(
  'sessions',
  {
    id: uuid().primaryKey(),
    user_id: uuid()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** `native` sessions have refresh tokens; `legacy` ones stand for one token of the incumbent's kind. */
    kind: text({ enum: ['native', 'legacy'] }).notNull(),
    generation: bigint({ mode: 'number' }).notNull(),
    /** The current generation's token was presented: its holder has it, so that its parent may die. */
    confirmed: boolean().notNull(),
    /** When the current generation replaced its parent; null before the first rotation. */
    rotated_at: instant(),
    token_salt: bytea().notNull(),
    user_agent: text(),
    ip: text(),
    /** What the address counts as where it is compared: itself, or its /64; null where it is none. */
    address_subject: text(),
    created_at: instant().notNull(),
    last_used_at: instant().notNull(),
    idle_expires_at: instant().notNull(),
    absolute_expires_at: instant().notNull(),
    revoked_at: instant(),
    revoked_reason: text(),
  },
  (session) => [
    index('ix_sessions_user_id').on(session.user_id),
    check('sessions_kind_check', sql`${session.kind} in ('native', 'legacy')`),
    check('sessions_generation_check', sql`${session.generation} >= 0`),
  ],
);

export const sessionRelations = relations(sessions, ({ one }) => ({
  user: one(users, { fields: [sessions.user_id], references: [users.id] }),
}));

const now = sql`clock_timestamp()`;
const secondsFromNow = (name: string) =>
  sql`${now} + make_interval(secs => ${sql.placeholder(name)}::double precision)`;
const live = sql`${sessions.revoked_at} is null and ${sessions.absolute_expires_at} > ${now}`;
const usable = sql`${live} and ${sessions.idle_expires_at} > ${now}`;

const insert = defineQuery('sessions_insert', (db) =>
  db
    .insert(sessions)
    .values({
      id: sql.placeholder('id'),
      user_id: sql.placeholder('user_id'),
      kind: sql.placeholder('kind'),
      generation: 1,
      confirmed: false,
      token_salt: sql.placeholder('token_salt'),
      user_agent: sql.placeholder('user_agent'),
      ip: sql.placeholder('ip'),
      address_subject: sql.placeholder('address_subject'),
      created_at: now,
      last_used_at: now,
      idle_expires_at: secondsFromNow('idle_seconds'),
      absolute_expires_at: secondsFromNow('absolute_seconds'),
    })
    .returning({ id: sessions.id }),
);

export interface NewSession {
  id: string;
  user_id: string;
  kind: 'native' | 'legacy';
  token_salt: Buffer;
  user_agent: string | null;
  ip: string;
  address_subject: string | null;
  idle_seconds: number;
  absolute_seconds: number;
}

export async function insertSession(db: Db, session: NewSession): Promise<void> {
  await db.run(insert, { ...session });
}

const byId = defineQuery('sessions_salt_by_id', (db) =>
  db
    .select({ id: sessions.id, token_salt: sessions.token_salt })
    .from(sessions)
    .where(and(eq(sessions.id, sql.placeholder('id')), eq(sessions.kind, 'native'))),
);

/** What is needed to check a refresh token's MAC, whether or not the session is still alive. */
export async function findSessionSalt(db: Db, id: string): Promise<Buffer | undefined> {
  return (await db.run(byId, { id }))[0]?.token_salt;
}

/**
 * What is asked, with the statement's one clock reading. clock_timestamp() in each expression could put them on
 * different sides of a limit; now() would be the start of the transaction, before another caller's rotation.
 */
const asked = sql`(select clock_timestamp() as at,
    ${sql.placeholder('presented')}::bigint as generation,
    make_interval(secs => ${sql.placeholder('window_seconds')}::double precision) as reuse_window,
    make_interval(secs => ${sql.placeholder('idle_seconds')}::double precision) as idle) as asked`;
const at = sql`asked.at`;
const recently = sql`coalesce(${sessions.rotated_at} > ${at} - asked.reuse_window, false)`;
const isCurrent = sql`${sessions.generation} = asked.generation`;
const isParent = sql`${sessions.generation} = asked.generation + 1`;
const rotates = sql`(${isCurrent} and not ${recently})`;
const isAhead = sql`${sessions.generation} < asked.generation`;
/** A parent is a retry while its successor is unconfirmed or young; any other spent token was used twice. */
const isRetry = sql`(${isParent} and (not ${sessions.confirmed} or ${recently}))`;
const isServed = sql`(${isCurrent} or ${isRetry})`;
const isReuse = sql`not (${isServed} or ${isAhead})`;

const present = defineQuery('sessions_present', (db) =>
  db
    .update(sessions)
    .set({
      generation: sql`case when ${rotates} then ${sessions.generation} + 1 else ${sessions.generation} end`,
      confirmed: sql`case when ${rotates} then false when ${isCurrent} then true else ${sessions.confirmed} end`,
      rotated_at: sql`case when ${rotates} then ${at} else ${sessions.rotated_at} end`,
      last_used_at: sql`case when ${isServed} then ${at} else ${sessions.last_used_at} end`,
      idle_expires_at: sql`case when ${isServed} then ${at} + asked.idle else ${sessions.idle_expires_at} end`,
      revoked_at: sql`case when ${isReuse} then ${at} end`,
      revoked_reason: sql`case when ${isReuse} then 'token_reuse' end`,
    })
    .from(asked)
    .where(
      sql`${sessions.id} = ${sql.placeholder('id')} and ${sessions.revoked_at} is null
        and ${sessions.idle_expires_at} > ${at} and ${sessions.absolute_expires_at} > ${at}`,
    )
    .returning({
      user_id: sessions.user_id,
      generation: sessions.generation,
      revoked_at: sessions.revoked_at,
      rotated_seconds: sql<number>`extract(epoch from ${sessions.rotated_at})::double precision`.as('rotated_seconds'),
      now_seconds: sql<number>`extract(epoch from ${at})::double precision`.as('now_seconds'),
    }),
);

export interface Presentation {
  id: string;
  /** The generation of a refresh token whose MAC was found to be right. */
  presented: number;
  window_seconds: number;
  idle_seconds: number;
}

export interface PresentedSession {
  user_id: string;
  /** The generation of the token to answer with. */
  generation: number;
  /** Set when this presentation was a reuse, and has ended the session. */
  revoked_at: string | null;
  rotated_seconds: number;
  now_seconds: number;
}

/**
 * Decides in one statement whether a refresh token rotates, is answered with the successor that exists, or ends its
 * session. Racing callers wait on the row and are decided by what the first one left; so does a logout, which writes
 * the same row. READ COMMITTED, no advisory lock, so that it works through a transaction pooler.
 * Undefined: the session is unknown, revoked or expired.
 */
export async function presentRefreshToken(db: Db, presentation: Presentation): Promise<PresentedSession | undefined> {
  return (await db.run(present, { ...presentation }))[0];
}

const confirm = defineQuery('sessions_confirm', (db) =>
  db
    .update(sessions)
    .set({ confirmed: true })
    .where(
      and(
        eq(sessions.id, sql.placeholder('id')),
        eq(sessions.generation, sql.placeholder('generation')),
        eq(sessions.confirmed, false),
      ),
    )
    .returning({ id: sessions.id }),
);

/** The holder of this generation has shown that it got it; nothing to do when it is not the current one. */
export async function confirmSession(db: Db, session: { id: string; generation: number }): Promise<void> {
  await db.run(confirm, { ...session });
}

const standing = defineQuery('sessions_standing', (db) =>
  db
    .select({ is_active: users.is_active, role: users.role, is_live: sql<boolean>`${live}`.as('is_live') })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.user_id))
    .where(and(eq(sessions.id, sql.placeholder('id')), eq(sessions.user_id, sql.placeholder('user_id')))),
);

/** The user of a session that still lives. Undefined: the session has ended, or is not this user's. */
export async function findSessionStanding(
  db: Db,
  key: { id: string; user_id: string },
): Promise<{ is_active: boolean; role: string | null } | undefined> {
  const [row] = await db.run(standing, { ...key });
  return row?.is_live ? row : undefined;
}

const listed = {
  id: sessions.id,
  kind: sessions.kind,
  user_agent: sessions.user_agent,
  ip: sessions.ip,
  created_at: sessions.created_at,
  last_used_at: sessions.last_used_at,
  absolute_expires_at: sessions.absolute_expires_at,
};

const list = defineQuery('sessions_list', (db) =>
  db
    .select(listed)
    .from(sessions)
    .where(and(eq(sessions.user_id, sql.placeholder('user_id')), usable))
    .orderBy(desc(sessions.last_used_at), desc(sessions.id))
    .limit(sql.placeholder('limit')),
);

export interface ListedSession {
  id: string;
  kind: 'native' | 'legacy';
  user_agent: string | null;
  ip: string | null;
  created_at: string;
  last_used_at: string;
  absolute_expires_at: string;
}

/** A user's sessions that still work, the most recently used first. */
export async function listSessions(db: Db, page: { user_id: string; limit: number }): Promise<ListedSession[]> {
  return db.run(list, { ...page });
}

const listKept = defineQuery('sessions_list_kept', (db) =>
  db
    .select({ ...listed, revoked_at: sessions.revoked_at, revoked_reason: sessions.revoked_reason })
    .from(sessions)
    .where(eq(sessions.user_id, sql.placeholder('user_id')))
    .orderBy(sessions.created_at, sessions.id)
    .limit(sql.placeholder('limit'))
    .offset(sql.placeholder('offset')),
);

export type KeptSession = ListedSession & { revoked_at: string | null; revoked_reason: string | null };

/** All that are kept of a user, ended ones too, the oldest first. */
export async function listKeptSessions(
  db: Db,
  page: { user_id: string; limit: number; offset: number },
): Promise<KeptSession[]> {
  return db.run(listKept, { ...page });
}

const revoke = defineQuery('sessions_revoke', (db) =>
  db
    .update(sessions)
    .set({ revoked_at: now, revoked_reason: sql`${sql.placeholder('reason')}` })
    .where(
      and(
        eq(sessions.id, sql.placeholder('id')),
        eq(sessions.user_id, sql.placeholder('user_id')),
        isNull(sessions.revoked_at),
      ),
    )
    .returning({ id: sessions.id }),
);

/** False when there was nothing to end: unknown, another user's, or ended before. */
export async function revokeSession(
  db: Db,
  session: { id: string; user_id: string; reason: string },
): Promise<boolean> {
  return (await db.run(revoke, { ...session })).length === 1;
}

const revokeAll = defineQuery('sessions_revoke_all', (db) =>
  db
    .update(sessions)
    .set({ revoked_at: now, revoked_reason: sql`${sql.placeholder('reason')}` })
    .where(and(eq(sessions.user_id, sql.placeholder('user_id')), isNull(sessions.revoked_at)))
    .returning({ id: sessions.id }),
);

export async function revokeSessionsOfUser(db: Db, target: { user_id: string; reason: string }): Promise<string[]> {
  return (await db.run(revokeAll, { ...target })).map((row) => row.id);
}

const userOf = defineQuery('sessions_user_of', (db) =>
  db
    .select({ id: sessions.id, user_id: sessions.user_id })
    .from(sessions)
    .where(eq(sessions.id, sql.placeholder('id'))),
);

export async function findSessionUser(db: Db, id: string): Promise<{ id: string; user_id: string } | undefined> {
  return (await db.run(userOf, { id }))[0];
}

const revokeOthers = defineQuery('sessions_revoke_others', (db) =>
  db
    .update(sessions)
    .set({ revoked_at: now, revoked_reason: sql`${sql.placeholder('reason')}` })
    .where(
      and(
        eq(sessions.user_id, sql.placeholder('user_id')),
        ne(sessions.id, sql.placeholder('keep')),
        isNull(sessions.revoked_at),
      ),
    )
    .returning({ id: sessions.id }),
);

/** All of a user's sessions but one. */
export async function revokeOtherSessions(
  db: Db,
  target: { user_id: string; keep: string; reason: string },
): Promise<string[]> {
  return (await db.run(revokeOthers, { ...target })).map((row) => row.id);
}

const purge = defineQuery('sessions_purge', (db) =>
  db
    .delete(sessions)
    .where(
      sql`coalesce(${sessions.revoked_at}, least(${sessions.idle_expires_at}, ${sessions.absolute_expires_at})) < ${now} - make_interval(days => ${sql.placeholder('days')}::int)`,
    )
    .returning({ id: sessions.id }),
);

/** Sessions that ended long ago. Returns how many were removed. */
export async function deleteEndedSessions(db: Db, endedDays: number): Promise<number> {
  return (await db.run(purge, { days: endedDays })).length;
}
