import { eq, type SQL, sql } from 'drizzle-orm';
import { index, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import { defineQuery, defineSql } from '../database/query.ts';
import type { Db } from '../database/types.ts';

/**
 * One row a limited key: its theoretical arrival time (the "generic cell rate algorithm" of ATM switches). A row in
 * the past means nothing, so that a lost or deleted row only forgives.
 */
export const rateLimits = pgTable(
  'rate_limits',
  {
    key: text().primaryKey(),
    tat: timestamp({ mode: 'string', withTimezone: true }).notNull(),
  },
  (limit) => [index('ix_rate_limits_tat').on(limit.tat)],
);

const interval = (name: string) => sql`make_interval(secs => ${sql.placeholder(name)}::double precision)`;

export interface RateLimitUse {
  key: string;
  /** The time that one use costs: window ÷ limit. */
  step_seconds: number;
  window_seconds: number;
}

/**
 * Counts a use of the one row that `key` selects; it returns a row when the use was allowed. Alone or as a part of a larger
 * statement. Placeholders: `<prefix>_step` and `<prefix>_window`, in seconds.
 */
export function consumed(key: SQL, prefix: string): SQL {
  const step = interval(`${prefix}_step`);
  const next = sql`greatest(${rateLimits.tat}, clock_timestamp()) + ${step}`;
  return sql`insert into ${rateLimits} (key, tat)
    select wanted.key, clock_timestamp() + ${step} from (${key}) as wanted (key)
    on conflict (key) do update set tat = ${next} where ${next} <= clock_timestamp() + ${interval(`${prefix}_window`)}
    returning key`;
}

const consume = defineSql<{ key: string }>(
  'rate_limits_consume',
  consumed(sql`select ${sql.placeholder('key')}::text`, 'use'),
);

/** One atomic statement decides: parallel attempts cannot get past the limit together. */
export async function consumeRateLimit(db: Db, use: RateLimitUse): Promise<boolean> {
  const values = { key: use.key, use_step: use.step_seconds, use_window: use.window_seconds };
  return (await db.run(consume, values)).length === 1;
}

const wait = defineQuery('rate_limits_wait', (db) =>
  db
    .select({
      seconds:
        sql<number>`extract(epoch from ${rateLimits.tat} + ${interval('step_seconds')} - ${interval('window_seconds')} - clock_timestamp())::double precision`.as(
          'seconds',
        ),
    })
    .from(rateLimits)
    .where(eq(rateLimits.key, sql.placeholder('key'))),
);

/** Seconds until one more use would be allowed; 0 when it is allowed now. */
export async function findRateLimitWait(db: Db, use: RateLimitUse): Promise<number> {
  const [row] = await db.run(wait, { ...use });
  return Math.max(0, row?.seconds ?? 0);
}

const forget = defineQuery('rate_limits_forget', (db) =>
  db
    .delete(rateLimits)
    .where(eq(rateLimits.key, sql.placeholder('key')))
    .returning({ key: rateLimits.key }),
);

export async function deleteRateLimit(db: Db, key: string): Promise<void> {
  await db.run(forget, { key });
}

const purge = defineQuery('rate_limits_purge', (db) =>
  db
    .delete(rateLimits)
    // A login holds two rows at once: who waits for neither of them cannot be in a deadlock.
    .where(
      sql`${rateLimits.key} in (select key from ${rateLimits} where ${rateLimits.tat} < clock_timestamp() for update skip locked)`,
    )
    .returning({ key: rateLimits.key }),
);

/** Rows in the past limit nobody. Returns how many were removed. */
export async function deletePastRateLimits(db: Db): Promise<number> {
  return (await db.run(purge, {})).length;
}
