import { eq, sql } from 'drizzle-orm';
import { check, customType, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import { defineQuery, defineSql } from '../database/query.ts';
import type { Db, Tx } from '../database/types.ts';

const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });
const instant = () => timestamp({ mode: 'string', withTimezone: true });

/**
 * Keys of access tokens that all instances share. A private key lies here encrypted under a key that follows from the
 * server's secret; a row without one is the key that follows from the secret itself, or a key that was erased.
 */
export const signingKeys = pgTable(
  'signing_keys',
  {
    /** RFC 7638 thumbprint of the public key. */
    kid: text().primaryKey(),
    alg: text({ enum: ['EdDSA', 'ES256'] }).notNull(),
    sealed: bytea(),
    created_at: instant().notNull(),
    /** Published from its creation, signs from here. */
    signs_from: instant().notNull(),
    /** Nothing that it signed lives longer; null while it has no successor. */
    verify_until: instant(),
  },
  (key) => [check('signing_keys_alg_check', sql`${key.alg} in ('EdDSA', 'ES256')`)],
);

const now = sql`clock_timestamp()`;
const seconds = (column: typeof signingKeys.signs_from | typeof signingKeys.verify_until) =>
  sql<number>`extract(epoch from ${column})::double precision`;

const list = defineQuery('signing_keys_list', (db) =>
  db
    .select({
      kid: signingKeys.kid,
      alg: signingKeys.alg,
      sealed: signingKeys.sealed,
      created_at: signingKeys.created_at,
      signs_from: signingKeys.signs_from,
      verify_until: signingKeys.verify_until,
      signs_from_seconds: seconds(signingKeys.signs_from).as('signs_from_seconds'),
      verify_until_seconds: sql<number | null>`extract(epoch from ${signingKeys.verify_until})::double precision`.as(
        'verify_until_seconds',
      ),
      now_seconds: sql<number>`extract(epoch from ${now})::double precision`.as('now_seconds'),
    })
    .from(signingKeys)
    .orderBy(signingKeys.signs_from, signingKeys.kid),
);

export interface SigningKeyRow {
  kid: string;
  alg: 'EdDSA' | 'ES256';
  sealed: Buffer | null;
  created_at: string;
  signs_from: string;
  verify_until: string | null;
  signs_from_seconds: number;
  verify_until_seconds: number | null;
  /** The database's clock, in which instances agree. */
  now_seconds: number;
}

/** Every key that was ever rotated, the oldest first; there is one a rotation. */
export async function listSigningKeys(db: Db): Promise<SigningKeyRow[]> {
  return db.run(list, {});
}

const lock = defineSql<never>('signing_keys_lock', sql`lock table ${signingKeys} in share row exclusive mode`);

/** Until the end of the transaction nobody else changes keys; reading goes on. */
export async function lockSigningKeys(tx: Tx): Promise<void> {
  await tx.run(lock, {});
}

const insert = defineQuery('signing_keys_insert', (db) =>
  db
    .insert(signingKeys)
    .values({
      kid: sql.placeholder('kid'),
      alg: sql.placeholder('alg'),
      sealed: sql.placeholder('sealed'),
      created_at: now,
      signs_from: sql`${now} + make_interval(secs => ${sql.placeholder('signs_in_seconds')}::double precision)`,
    })
    .returning({ kid: signingKeys.kid }),
);

export interface NewSigningKey {
  kid: string;
  alg: 'EdDSA' | 'ES256';
  /** Null for the key that follows from the secret. */
  sealed: Buffer | null;
  signs_in_seconds: number;
}

export async function insertSigningKey(tx: Tx, key: NewSigningKey): Promise<void> {
  await tx.run(insert, { ...key });
}

const limit = defineQuery('signing_keys_limit', (db) =>
  db
    .update(signingKeys)
    .set({
      verify_until: sql`least(${signingKeys.verify_until}, ${now} + make_interval(secs => ${sql.placeholder('seconds')}::double precision))`,
    })
    .where(eq(signingKeys.kid, sql.placeholder('kid')))
    .returning({ kid: signingKeys.kid }),
);

/** The key verifies for so long and no longer; never for longer than it did. */
export async function limitSigningKey(tx: Tx, key: { kid: string; seconds: number }): Promise<void> {
  await tx.run(limit, { ...key });
}

const keep = defineQuery('signing_keys_keep', (db) =>
  db
    .update(signingKeys)
    .set({ verify_until: null })
    .where(eq(signingKeys.kid, sql.placeholder('kid')))
    .returning({ kid: signingKeys.kid }),
);

/** The key that signs has no successor any more. */
export async function keepSigningKey(tx: Tx, kid: string): Promise<void> {
  await tx.run(keep, { kid });
}

const erase = defineQuery('signing_keys_erase', (db) =>
  db
    .update(signingKeys)
    .set({ sealed: null })
    .where(sql`${signingKeys.verify_until} <= ${now} and ${signingKeys.sealed} is not null`)
    .returning({ kid: signingKeys.kid }),
);

/** A private key that verifies nothing any more is removed; its row stays, so that its kid stays retired. */
export async function eraseRetiredKeys(db: Db): Promise<string[]> {
  return (await db.run(erase, {})).map(({ kid }) => kid);
}
