import { eq, sql } from 'drizzle-orm';
import { pgTable, timestamp, uuid } from 'drizzle-orm/pg-core';
import { defineQuery, defineSql } from '../database/query.ts';
import type { Db, Tx } from '../database/types.ts';
import { sessions } from './sessions.ts';

const instant = () => timestamp({ mode: 'string', withTimezone: true });

/** Users whose tokens of the incumbent's kind were seen: what tells when such tokens can end. */
export const legacyTokenHolders = pgTable('legacy_token_holders', {
  /** As the token says; such a user need not exist. */
  user_id: uuid().primaryKey(),
  last_seen_at: instant().notNull(),
  /** The latest end of a token that was seen; infinity for one without `exp`. */
  valid_until: instant().notNull(),
  /** When a token was last seen that this backend did not make. */
  incumbent_seen_at: instant(),
});

const upsert = defineSql<never>(
  'legacy_token_holders_upsert',
  sql`insert into ${legacyTokenHolders} as held (user_id, last_seen_at, valid_until, incumbent_seen_at)
      select user_id, clock_timestamp(),
             case when valid_until is null then 'infinity' else to_timestamp(valid_until) end,
             case when of_incumbent then clock_timestamp() end
        from unnest(${sql.placeholder('user_ids')}::uuid[], ${sql.placeholder('valid_until')}::double precision[],
                    ${sql.placeholder('of_incumbent')}::boolean[]) as seen (user_id, valid_until, of_incumbent)
      on conflict (user_id) do update
        set last_seen_at = excluded.last_seen_at,
            valid_until = greatest(held.valid_until, excluded.valid_until),
            incumbent_seen_at = coalesce(excluded.incumbent_seen_at, held.incumbent_seen_at)`,
);

export interface LegacySighting {
  userId: string;
  /** Unix seconds; Infinity for a token without `exp`. */
  validUntil: number;
  ofIncumbent: boolean;
}

/** One statement for everybody who was seen since the last one. */
export async function upsertLegacyTokenHolders(db: Db, seen: readonly LegacySighting[]): Promise<void> {
  // In one order everywhere, so that two instances cannot wait for each other's rows.
  const sorted = seen.toSorted((a, b) => (a.userId < b.userId ? -1 : 1));
  await db.run(upsert, {
    user_ids: sorted.map(({ userId }) => userId),
    valid_until: sorted.map(({ validUntil }) => (validUntil < lastTimestamp ? validUntil : null)),
    of_incumbent: sorted.map(({ ofIncumbent }) => ofIncumbent),
  });
}

/** The end of the year 9999: what lies beyond is for ever. */
const lastTimestamp = 253_402_300_800;

const holdersNow = sql`${legacyTokenHolders.valid_until} > clock_timestamp()`;
const epoch = (value: ReturnType<typeof sql>) => sql<number | null>`extract(epoch from ${value})::double precision`;

const summary = defineQuery('legacy_token_holders_summary', (db) =>
  db
    .select({
      last_seen_seconds: epoch(sql`max(${legacyTokenHolders.last_seen_at})`).as('last_seen_seconds'),
      incumbent_seen_seconds: epoch(sql`max(${legacyTokenHolders.incumbent_seen_at})`).as('incumbent_seen_seconds'),
      holders: sql<number>`(count(*) filter (where ${holdersNow}))::int`.as('holders'),
      never_ending: sql<number>`(count(*) filter (where ${legacyTokenHolders.valid_until} = 'infinity'))::int`.as(
        'never_ending',
      ),
      last_end_seconds: epoch(
        sql`max(${legacyTokenHolders.valid_until}) filter (where ${legacyTokenHolders.valid_until} < 'infinity')`,
      ).as('last_end_seconds'),
      now_seconds: sql<number>`extract(epoch from clock_timestamp())::double precision`.as('now_seconds'),
    })
    .from(legacyTokenHolders),
);

const openSessions = defineQuery('legacy_sessions_summary', (db) =>
  db
    .select({
      sessions: sql<number>`count(*)::int`.as('sessions'),
      last_end_seconds: epoch(sql`max(${sessions.absolute_expires_at})`).as('last_end_seconds'),
    })
    .from(sessions)
    .where(
      sql`${sessions.kind} = 'legacy' and ${sessions.revoked_at} is null and ${sessions.absolute_expires_at} > clock_timestamp()`,
    ),
);

/** Times in unix seconds. */
export interface LegacyTokenSummary {
  last_seen_seconds: number | null;
  /** When a token was last seen that this backend did not make. */
  incumbent_seen_seconds: number | null;
  /** Users who were seen with a token that still works. */
  holders: number;
  /** Users who were seen with a token that never ends. */
  never_ending: number;
  last_end_seconds: number | null;
  now_seconds: number;
  /** Sign-ins of old clients at this backend whose token still works, seen or not. */
  sessions: number;
  sessions_end_seconds: number | null;
}

export async function summariseLegacyTokens(db: Db): Promise<LegacyTokenSummary> {
  const [[held], [open]] = await Promise.all([db.run(summary, {}), db.run(openSessions, {})]);
  if (!held || !open) throw new TypeError('an aggregate gave no row');
  return { ...held, sessions: open.sessions, sessions_end_seconds: open.last_end_seconds };
}

const find = defineQuery('legacy_token_holders_find', (db) =>
  db
    .select({
      last_seen_at: legacyTokenHolders.last_seen_at,
      valid_until: sql<string | null>`nullif(${legacyTokenHolders.valid_until}, 'infinity')::text`.as('valid_until'),
      incumbent_seen_at: legacyTokenHolders.incumbent_seen_at,
    })
    .from(legacyTokenHolders)
    .where(eq(legacyTokenHolders.user_id, sql.placeholder('user_id'))),
);

export interface LegacyTokenHolder {
  last_seen_at: string;
  /** Null: for ever. */
  valid_until: string | null;
  incumbent_seen_at: string | null;
}

/** Undefined: no token of the old backend's kind was seen of this user. */
export async function findLegacyTokenHolder(db: Db, userId: string): Promise<LegacyTokenHolder | undefined> {
  return (await db.run(find, { user_id: userId }))[0];
}

const remove = defineQuery('legacy_token_holders_remove', (db) =>
  db
    .delete(legacyTokenHolders)
    .where(eq(legacyTokenHolders.user_id, sql.placeholder('user_id')))
    .returning({ user_id: legacyTokenHolders.user_id }),
);

/** Nobody's token can be valid whose user is gone. */
export async function deleteLegacyTokenHolder(tx: Tx, userId: string): Promise<void> {
  await tx.run(remove, { user_id: userId });
}

const purge = defineQuery('legacy_token_holders_purge', (db) =>
  db
    .delete(legacyTokenHolders)
    .where(
      sql`greatest(${legacyTokenHolders.valid_until}, ${legacyTokenHolders.last_seen_at}) < clock_timestamp() - make_interval(days => ${sql.placeholder('days')}::int)`,
    )
    .returning({ user_id: legacyTokenHolders.user_id }),
);

/** Holders whose last token ended long ago. Returns how many were removed. */
export async function deletePastLegacyTokenHolders(db: Db, days: number): Promise<number> {
  return (await db.run(purge, { days })).length;
}
