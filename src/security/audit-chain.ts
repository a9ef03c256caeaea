import { createHash } from 'node:crypto';

/** What one link of the chain vouches for. Times are ISO texts in UTC, as they are stored. */
export interface AuditRecord {
  seq: number;
  at: string;
  event: string;
  request_id: string | null;
  session_id: string | null;
  user_id: string | null;
  actor_id: string | null;
  reason: string | null;
  /** Stands for the address, which may be erased. */
  address_digest: Buffer | null;
}

/** The hash before the first record. */
export const chainStart: Buffer = Buffer.alloc(32);

/** SHA-256 over the hash before it and every field, each under its name: nothing can move from one field to another. */
export function chainHash(previous: Uint8Array, record: AuditRecord): Buffer {
  const { seq, at, event, request_id, session_id, user_id, actor_id, reason, address_digest: digest } = record;
  const fields = { seq, at, event, request_id, session_id, user_id, actor_id, reason };
  const text = JSON.stringify({ ...fields, address_digest: digest?.toString('hex') ?? null });
  return createHash('sha256').update('stanchion audit v1\n').update(previous).update(text).digest();
}

/** Salted, so that nobody finds the address again by trying all four billion once the salt is erased. */
export function digestAddress(salt: Uint8Array, address: string): Buffer {
  return createHash('sha256').update(salt).update(address).digest();
}
