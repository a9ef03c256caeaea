import { desc, sql } from 'drizzle-orm';
import { bigint, boolean, check, customType, index, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { defineQuery, defineSql } from '../database/query.ts';
import type { Db, Tx } from '../database/types.ts';
import { users } from './users.ts';

const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });

/** Security events, each chained to the one before it. Never changed; an address may be erased, and the oldest pruned. */
export const auditEvents = pgTable(
  'audit_events',
  {
    seq: bigint({ mode: 'number' }).primaryKey(),
    at: timestamp({ mode: 'string', withTimezone: true }).notNull(),
    event: text().notNull(),
    request_id: text(),
    session_id: uuid(),
    user_id: uuid(),
    /** Who did it to that user; null: the user. */
    actor_id: uuid(),
    reason: text(),
    address_digest: bytea(),
    address: text(),
    address_salt: bytea(),
    hash: bytea().notNull(),
  },
  (event) => [
    index('ix_audit_events_request_id').on(event.request_id),
    index('ix_audit_events_user_id_seq').on(event.user_id, event.seq),
    index('ix_audit_events_session_id_seq').on(event.session_id, event.seq),
  ],
);

/** One row: where the chain ends, so that a cut-off end is noticed. */
export const auditHead = pgTable(
  'audit_head',
  {
    only_one: boolean().primaryKey(),
    seq: bigint({ mode: 'number' }).notNull(),
    hash: bytea().notNull(),
  },
  (head) => [check('audit_head_only_one_check', sql`${head.only_one}`)],
);

export type AuditEventRow = typeof auditEvents.$inferSelect;

/** To the microsecond, in one spelling: the hash covers the text. */
const instantText = sql<string>`to_char(${auditEvents.at} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
const columns = {
  seq: auditEvents.seq,
  at: instantText.as('at'),
  event: auditEvents.event,
  request_id: auditEvents.request_id,
  session_id: auditEvents.session_id,
  user_id: auditEvents.user_id,
  actor_id: auditEvents.actor_id,
  reason: auditEvents.reason,
  address_digest: auditEvents.address_digest,
  address: auditEvents.address,
  address_salt: auditEvents.address_salt,
  hash: auditEvents.hash,
};

const lockHead = defineQuery('audit_head_lock', (db) =>
  db.select({ seq: auditHead.seq, hash: auditHead.hash }).from(auditHead).for('update'),
);

/** Where the chain ends: `seq` events, and the hash of the last. */
export interface AuditHead {
  seq: number;
  hash: Buffer;
}

/** The end of the chain; nobody else appends until this transaction ends. */
export async function lockAuditHead(tx: Tx): Promise<AuditHead> {
  const [head] = await tx.run(lockHead, {});
  if (!head) throw new TypeError('audit_head has no row');
  return head;
}

const readHead = defineQuery('audit_head_read', (db) =>
  db.select({ seq: auditHead.seq, hash: auditHead.hash }).from(auditHead),
);

export async function findAuditHead(db: Db): Promise<AuditHead | undefined> {
  return (await db.run(readHead, {}))[0];
}

/**
 * The head is moved first, which waits for whoever holds it; only then are the users looked at, and locked, so that one who was deleted
 * meanwhile is gone: without the lock the statement would see it as it was before the wait.
 */
const append = defineSql<{ seq: number }>(
  'audit_events_append',
  sql`with moved as (
      update ${auditHead} set seq = ${sql.placeholder('seq')}::bigint, hash = ${sql.placeholder('hash')}::bytea
      where ${auditHead.seq} = ${sql.placeholder('after_seq')}::bigint and ${auditHead.hash} = ${sql.placeholder('after_hash')}::bytea
      returning 1),
    known as (
      select ${users.id} from ${users}
      where ${users.id} = any(${sql.placeholder('user_ids')}::uuid[]) and exists (select from moved)
      for key share)
    insert into ${auditEvents} (seq, at, event, request_id, session_id, user_id, actor_id, reason, address_digest, address, address_salt, hash)
    select seq, at, event, request_id, session_id, user_id, actor_id, reason, address_digest,
      case when user_id is null or user_id in (select id from known) then address end,
      case when user_id is null or user_id in (select id from known) then address_salt end,
      hash
    from json_to_recordset(${sql.placeholder('rows')}::json) as row(
      seq bigint, at timestamptz, event text, request_id text, session_id uuid, user_id uuid, actor_id uuid, reason text,
      address_digest bytea, address text, address_salt bytea, hash bytea)
    where exists (select from moved)
    returning seq`,
);

/**
 * Appends a run of the chain, if the chain still ends at `head`: false, and nothing written, when it does not. What concerns a user who is
 * gone is written without the address. One statement and one round trip: events come with every login.
 */
export async function appendAuditEvents(db: Db, head: AuditHead, rows: readonly AuditEventRow[]): Promise<boolean> {
  const last = rows.at(-1);
  if (!last) return true;
  const userIds = new Set(rows.flatMap(({ user_id }) => (user_id === null ? [] : [user_id])));
  const written = await db.run(append, {
    rows: JSON.stringify(rows.map(withHexBytes)),
    user_ids: [...userIds],
    seq: last.seq,
    hash: last.hash,
    after_seq: head.seq,
    after_hash: head.hash,
  });
  return written.length > 0;
}

function withHexBytes(row: AuditEventRow): object {
  const hex = (bytes: Buffer | null) => (bytes === null ? null : `\\x${bytes.toString('hex')}`);
  return {
    ...row,
    address_digest: hex(row.address_digest),
    address_salt: hex(row.address_salt),
    hash: hex(row.hash),
  };
}

const listAfter = defineQuery('audit_events_after', (db) =>
  db
    .select(columns)
    .from(auditEvents)
    .where(sql`${auditEvents.seq} > ${sql.placeholder('after')}::bigint`)
    .orderBy(auditEvents.seq)
    .limit(sql.placeholder('limit')),
);

/** In the order of the chain. */
export async function listAuditEvents(db: Db, page: { after: number; limit: number }): Promise<AuditEventRow[]> {
  return db.run(listAfter, { ...page });
}

const ofRequest = defineQuery('audit_events_of_request', (db) =>
  db
    .select(columns)
    .from(auditEvents)
    .where(sql`${auditEvents.request_id} = ${sql.placeholder('request_id')}`)
    .orderBy(auditEvents.seq)
    .limit(sql.placeholder('limit')),
);

export async function listAuditEventsOfRequest(
  db: Db,
  page: { request_id: string; limit: number },
): Promise<AuditEventRow[]> {
  return db.run(ofRequest, { ...page });
}

const ofSession = defineQuery('audit_events_of_session', (db) =>
  db
    .select(columns)
    .from(auditEvents)
    .where(
      sql`${auditEvents.session_id} = ${sql.placeholder('session_id')}::uuid and ${auditEvents.event} <> ${sql.placeholder('without')}`,
    )
    .orderBy(auditEvents.seq)
    .limit(sql.placeholder('limit')),
);

/** All but those of one name. */
export async function listAuditEventsOfSession(
  db: Db,
  page: { session_id: string; without: string; limit: number },
): Promise<AuditEventRow[]> {
  return db.run(ofSession, { ...page });
}

const ofUser = defineQuery('audit_events_of_user', (db) =>
  db
    .select(columns)
    .from(auditEvents)
    .where(
      sql`${auditEvents.user_id} = ${sql.placeholder('user_id')}::uuid and ${auditEvents.seq} > ${sql.placeholder('after')}::bigint`,
    )
    .orderBy(auditEvents.seq)
    .limit(sql.placeholder('limit')),
);

export async function listAuditEventsOfUser(
  db: Db,
  page: { user_id: string; after: number; limit: number },
): Promise<AuditEventRow[]> {
  return db.run(ofUser, { ...page });
}

const erase = defineQuery('audit_events_erase', (db) =>
  db
    .update(auditEvents)
    .set({ address: null, address_salt: null })
    .where(sql`${auditEvents.user_id} = ${sql.placeholder('user_id')}::uuid and ${auditEvents.address} is not null`)
    .returning({ seq: auditEvents.seq }),
);

/** Forgets where a user's events came from. The chain stays whole. Returns how many were erased. */
export async function eraseAuditAddresses(tx: Tx, userId: string): Promise<number> {
  return (await tx.run(erase, { user_id: userId })).length;
}

const lastToPrune = defineQuery('audit_events_last_to_prune', (db) =>
  db
    .select({ seq: auditEvents.seq, hash: auditEvents.hash })
    .from(auditEvents)
    .where(
      sql`${auditEvents.seq} <= least(${sql.placeholder('until')}::bigint,
        (select min(seq) from ${auditEvents}) + ${sql.placeholder('limit')}::bigint - 1)`,
    )
    .orderBy(desc(auditEvents.seq))
    .limit(1),
);

/** Where the chain's first `limit` events end, but not behind `until`. Undefined: none of them is left. */
export async function findLastToPrune(tx: Tx, part: { until: number; limit: number }): Promise<AuditHead | undefined> {
  return (await tx.run(lastToPrune, { ...part }))[0];
}

const allowDeletes = defineSql<never>(
  'audit_events_allow_deletes',
  sql`alter table ${auditEvents} disable trigger audit_events_no_change`,
);
const forbidDeletes = defineSql<never>(
  'audit_events_forbid_deletes',
  sql`alter table ${auditEvents} enable trigger audit_events_no_change`,
);

const removeUntil = defineQuery('audit_events_prune', (db) =>
  db
    .delete(auditEvents)
    .where(sql`${auditEvents.seq} <= ${sql.placeholder('until')}::bigint`)
    .returning({ seq: auditEvents.seq }),
);

/** The trigger is away in this transaction alone, which has the table's lock. Only its owner may do that. Returns how many were removed. */
export async function deleteAuditEvents(tx: Tx, until: number): Promise<number> {
  await tx.run(allowDeletes, {});
  const removed = await tx.run(removeUntil, { until });
  await tx.run(forbidDeletes, {});
  return removed.length;
}
