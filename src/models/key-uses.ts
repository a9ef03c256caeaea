import { sql } from 'drizzle-orm';
import { bigint, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import { defineQuery, defineSql } from '../database/query.ts';
import type { Db } from '../database/types.ts';

/** When each key was last seen in a token that was accepted. Written a few times a minute, whatever the traffic. */
export const keyUses = pgTable('key_uses', {
  /** A kid, or `legacy` for the incumbent's secret. */
  key_id: text().primaryKey(),
  uses: bigint({ mode: 'number' }).notNull(),
  last_used_at: timestamp({ mode: 'string', withTimezone: true }).notNull(),
});

const add = defineSql<never>(
  'key_uses_add',
  sql`insert into ${keyUses} (key_id, uses, last_used_at)
      select key_id, uses, clock_timestamp()
        from unnest(${sql.placeholder('key_ids')}::text[], ${sql.placeholder('uses')}::bigint[]) as seen (key_id, uses)
      on conflict (key_id) do update
        set uses = key_uses.uses + excluded.uses, last_used_at = greatest(key_uses.last_used_at, excluded.last_used_at)`,
);

/** One statement for all keys that were seen since the last one. */
export async function addKeyUses(db: Db, uses: ReadonlyMap<string, number>): Promise<void> {
  // In one order everywhere, so that two instances cannot wait for each other's rows.
  const sorted = [...uses].toSorted(([a], [b]) => (a < b ? -1 : 1));
  await db.run(add, { key_ids: sorted.map(([id]) => id), uses: sorted.map(([, count]) => count) });
}

const list = defineQuery('key_uses_list', (db) =>
  db
    .select({ key_id: keyUses.key_id, uses: keyUses.uses, last_used_at: keyUses.last_used_at })
    .from(keyUses)
    .orderBy(keyUses.key_id),
);

export interface KeyUse {
  key_id: string;
  uses: number;
  last_used_at: string;
}

export async function listKeyUses(db: Db): Promise<KeyUse[]> {
  return db.run(list, {});
}
