import { transaction } from '../database/transaction.ts';
import type { Db, TxSource } from '../database/types.ts';
import {
  type AuditEventRow,
  type AuditHead,
  appendAuditEvents,
  findAuditHead,
  listAuditEvents,
  lockAuditHead,
} from '../models/audit-events.ts';
import { chainHash, chainStart, digestAddress } from '../security/audit-chain.ts';
import type { RandomBytes } from '../security/random.ts';
import type { SecurityEvent } from './client-context.ts';

export interface AuditService {
  /** Takes an event into the chain, soon. Never throws and never waits; beyond a bound, refused tokens are only counted. */
  record(event: SecurityEvent): void;
  /** Writes what was taken. Throws what the database throws; nothing taken is lost by that. */
  flush(): Promise<void>;
  /** Walks the whole chain. */
  verify(): Promise<AuditVerdict>;
}

export interface AuditVerdict {
  events: number;
  /** The first place where the chain does not hold; null when it holds. `added`: behind its end, where only this program writes. */
  fault: { seq: number; kind: 'changed' | 'missing' | 'cut_off' | 'added' | 'address_changed' } | null;
}

export interface AuditOptions {
  db: TxSource;
  randomBytes: RandomBytes;
  /** Unix time in seconds. */
  nowSeconds: () => number;
  /** Called when there is something to write. */
  wake: () => void;
}

/** What waits at most while the database is slow or away. The rest is counted. */
const maxWaiting = 10_000;
/**
 * Of what strangers can cause, so many are written at once and so many a second after that: a flood of junk must not fill the
 * disk, since the chain is never shortened. Each stands in the log.
 */
const strangersAtOnce = 500;
const strangersPerSecond = 20;
const batchSize = 500;
const pageSize = 2000;
const saltBytes = 16;

export function createAuditService(options: AuditOptions): AuditService {
  const { db } = options;
  let waiting: Taken[] = [];
  const strangers = createAllowance(options.nowSeconds);
  let leftOut = 0;
  let flushing: Promise<void> = Promise.resolve();
  /** Where the chain ended when this process last looked: right, unless another one appended since. */
  let lastHead: AuditHead | undefined;

  return {
    record(event) {
      if (waiting.length >= maxWaiting || (isStrangers(event) && !strangers.take())) {
        leftOut += 1;
        return;
      }
      waiting.push({ event, at: isoMicros(options.nowSeconds()) });
      options.wake();
    },
    flush() {
      flushing = flushing.catch(() => {}).then(flushWaiting);
      return flushing;
    },
    async verify() {
      const verdict = await walk();
      // Events and the head move in one statement: what stands behind the head now, nobody here has written.
      const end = await findAuditHead(db);
      const last = verdict.fault?.seq ?? verdict.events;
      if (!end || last <= end.seq || verdict.fault?.kind === 'cut_off') return verdict;
      return { events: end.seq, fault: { seq: end.seq + 1, kind: 'added' } };
    },
  };

  async function walk(): Promise<AuditVerdict> {
    // Read first: what is appended during the walk is no fault.
    const head = await findAuditHead(db);
    let previous = chainStart;
    let seq = 0;
    for (;;) {
      const page = await listAuditEvents(db, { after: seq, limit: pageSize });
      for (const row of page) {
        if (row.seq !== seq + 1) return { events: seq, fault: { seq: seq + 1, kind: 'missing' } };
        if (!chainHash(previous, row).equals(row.hash))
          return { events: seq, fault: { seq: row.seq, kind: 'changed' } };
        if (!hasItsAddress(row)) return { events: seq, fault: { seq: row.seq, kind: 'address_changed' } };
        if (row.seq === head?.seq && !row.hash.equals(head.hash))
          return { events: seq, fault: { seq: row.seq, kind: 'changed' } };
        [previous, seq] = [row.hash, row.seq];
      }
      if (page.length < pageSize) break;
    }
    const isWhole = head !== undefined && head.seq <= seq;
    return { events: seq, fault: isWhole ? null : { seq: seq + 1, kind: 'cut_off' } };
  }

  async function flushWaiting(): Promise<void> {
    while (waiting.length > 0 || leftOut > 0) {
      const batch = waiting.slice(0, batchSize);
      const missed = leftOut;
      if (missed > 0) {
        const event = { event: 'audit_left_out', reason: String(missed) } as const;
        batch.push({ event, at: isoMicros(options.nowSeconds()) });
      }
      await append(batch);
      leftOut -= missed;
      waiting = waiting.slice(missed > 0 ? batch.length - 1 : batch.length);
    }
  }

  /** Most often nobody else has appended since; whoever finds that somebody has takes its turn. */
  async function append(batch: readonly Taken[]): Promise<void> {
    const expected = lastHead;
    // Until the answer nobody knows where the chain ends.
    lastHead = undefined;
    lastHead = (expected && (await appendAfter(db, expected, batch))) ?? (await appendInTurn(batch));
  }

  function appendInTurn(batch: readonly Taken[]): Promise<AuditHead> {
    return transaction(db, async (tx) => {
      const head = await appendAfter(tx, await lockAuditHead(tx), batch);
      if (!head) throw new TypeError('the head of the audit trail moved while it was locked');
      return head;
    });
  }

  /** Where the chain ends then; undefined: it no longer ended there. */
  async function appendAfter(to: Db, head: AuditHead, batch: readonly Taken[]): Promise<AuditHead | undefined> {
    const rows = chain(head, batch);
    const { seq, hash } = rows.at(-1) ?? head;
    return (await appendAuditEvents(to, head, rows)) ? { seq, hash } : undefined;
  }

  function chain(head: AuditHead, batch: readonly Taken[]): AuditEventRow[] {
    let { seq, hash } = head;
    return batch.map(({ event, at }) => {
      seq += 1;
      const { requestId, sessionId, userId, actorId, reason, address } = event;
      const salt = address === undefined ? null : Buffer.from(options.randomBytes(saltBytes));
      const record = {
        seq,
        at,
        event: event.event,
        request_id: requestId ?? null,
        session_id: sessionId ?? null,
        user_id: userId ?? null,
        actor_id: actorId ?? null,
        reason: reason ?? null,
        address_digest: salt && address !== undefined ? digestAddress(salt, address) : null,
      };
      hash = chainHash(hash, record);
      return { ...record, address: address ?? null, address_salt: salt, hash };
    });
  }
}

/** What anybody can cause as often as they like. */
function isStrangers({ event }: SecurityEvent): boolean {
  return event === 'authn_token_refused' || event === 'authz_fail' || event === 'excess_rate_limit_exceeded';
}

/** A bucket that fills with time. */
function createAllowance(nowSeconds: () => number): { take(): boolean } {
  let left = strangersAtOnce;
  let filledAt = nowSeconds();
  return {
    take() {
      const now = nowSeconds();
      // A clock that steps back fills nothing.
      left = Math.min(strangersAtOnce, left + Math.max(0, now - filledAt) * strangersPerSecond);
      filledAt = now;
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
}

interface Taken {
  event: SecurityEvent;
  at: string;
}

/** An erased address is no fault; another one than was recorded is. */
function hasItsAddress({ address, address_salt: salt, address_digest: digest }: AuditEventRow): boolean {
  if (address === null && salt === null) return true;
  return address !== null && salt !== null && digest !== null && digestAddress(salt, address).equals(digest);
}

function isoMicros(seconds: number): string {
  return new Date(Math.floor(seconds * 1000)).toISOString().replace('Z', '000Z');
}
