import { desc, eq, sql } from 'drizzle-orm';
import { customType, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { defineQuery } from '../database/query.ts';
import type { Db } from '../database/types.ts';

const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });
const instant = () => timestamp({ mode: 'string', withTimezone: true });

/** Tokens of other services: made by an admin, with scopes, until they expire or are revoked. */
export const serviceTokens = pgTable('service_tokens', {
  id: uuid().primaryKey(),
  name: text().notNull(),
  token_hash: bytea().notNull(),
  scopes: text().array().notNull(),
  created_by: uuid(),
  created_at: instant().notNull(),
  expires_at: instant(),
  last_used_at: instant(),
  revoked_at: instant(),
});

const now = sql`clock_timestamp()`;
const columns = {
  id: serviceTokens.id,
  name: serviceTokens.name,
  scopes: serviceTokens.scopes,
  created_by: serviceTokens.created_by,
  created_at: serviceTokens.created_at,
  expires_at: serviceTokens.expires_at,
  last_used_at: serviceTokens.last_used_at,
  revoked_at: serviceTokens.revoked_at,
};

export type ServiceTokenRow = Omit<typeof serviceTokens.$inferSelect, 'token_hash'>;

const insert = defineQuery('service_tokens_insert', (db) =>
  db
    .insert(serviceTokens)
    .values({
      id: sql.placeholder('id'),
      name: sql.placeholder('name'),
      token_hash: sql.placeholder('token_hash'),
      scopes: sql`string_to_array(${sql.placeholder('scopes')}, ' ')`,
      created_by: sql.placeholder('created_by'),
      created_at: now,
      expires_at: sql`${now} + make_interval(secs => ${sql.placeholder('ttl_seconds')}::double precision)`,
    })
    .returning(columns),
);

export interface NewServiceToken {
  id: string;
  name: string;
  token_hash: Buffer;
  scopes: readonly string[];
  created_by: string | null;
  /** Null: it does not expire. */
  ttl_seconds: number | null;
}

export async function insertServiceToken(db: Db, token: NewServiceToken): Promise<ServiceTokenRow> {
  const [row] = await db.run(insert, { ...token, scopes: token.scopes.join(' ') });
  if (!row) throw new TypeError('INSERT … RETURNING gave no row');
  return row;
}

const findUsable = defineQuery('service_tokens_find_usable', (db) =>
  db
    .select({
      token_hash: serviceTokens.token_hash,
      scopes: serviceTokens.scopes,
      expires_seconds: sql<number | null>`extract(epoch from ${serviceTokens.expires_at})::double precision`.as(
        'expires_seconds',
      ),
      left_seconds: sql<number | null>`extract(epoch from ${serviceTokens.expires_at} - ${now})::double precision`.as(
        'left_seconds',
      ),
    })
    .from(serviceTokens)
    .where(
      sql`${serviceTokens.id} = ${sql.placeholder('id')} and ${serviceTokens.revoked_at} is null
        and coalesce(${serviceTokens.expires_at} > ${now}, true)`,
    ),
);

export interface UsableServiceToken {
  token_hash: Buffer;
  scopes: string[];
  /** Unix seconds; null: it does not expire. */
  expires_seconds: number | null;
  left_seconds: number | null;
}

/** Undefined: unknown, revoked or expired. */
export async function findUsableServiceToken(db: Db, id: string): Promise<UsableServiceToken | undefined> {
  return (await db.run(findUsable, { id }))[0];
}

const touch = defineQuery('service_tokens_touch', (db) =>
  db
    .update(serviceTokens)
    .set({ last_used_at: now })
    .where(
      sql`${serviceTokens.id} = ${sql.placeholder('id')}
        and coalesce(${serviceTokens.last_used_at} < ${now} - interval '5 minutes', true)`,
    )
    .returning({ id: serviceTokens.id }),
);

/** Notes a use, at most once in five minutes. */
export async function touchServiceToken(db: Db, id: string): Promise<void> {
  await db.run(touch, { id });
}

const list = defineQuery('service_tokens_list', (db) =>
  db
    .select(columns)
    .from(serviceTokens)
    .orderBy(desc(serviceTokens.created_at), desc(serviceTokens.id))
    .limit(sql.placeholder('limit')),
);

/** Also those that no longer work, the newest first. */
export async function listServiceTokens(db: Db, limit: number): Promise<ServiceTokenRow[]> {
  return db.run(list, { limit });
}

const revoke = defineQuery('service_tokens_revoke', (db) =>
  db
    .update(serviceTokens)
    .set({ revoked_at: sql`coalesce(${serviceTokens.revoked_at}, ${now})` })
    .where(eq(serviceTokens.id, sql.placeholder('id')))
    .returning({ id: serviceTokens.id }),
);

/** False when there is no such token. */
export async function revokeServiceToken(db: Db, id: string): Promise<boolean> {
  return (await db.run(revoke, { id })).length === 1;
}
