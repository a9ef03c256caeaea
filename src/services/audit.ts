import { isPrivilegeError } from '../database/faults.ts';
import { transaction } from '../database/transaction.ts';
import type { Db, Tx, TxSource } from '../database/types.ts';
import { AppError } from '../errors.ts';
import {
  type AuditEventRow,
  type AuditHead,
  appendAuditEvents,
  deleteAuditEvents,
  findLastToPrune,
  lockAuditHead,
} from '../models/audit-events.ts';
import { chainHash, digestAddress } from '../security/audit-chain.ts';
import type { RandomBytes } from '../security/random.ts';
import { type AuditVerdict, type OldEvents, pruningReason, walkAuditTrail } from './audit-walk.ts';
import type { SecurityEvent } from './client-context.ts';

export interface AuditService {
  /** Takes an event into the chain, soon. Never throws and never waits; beyond a bound, refused tokens are only counted. */
  record(event: SecurityEvent): void;
  /** Writes what was taken. Throws what the database throws; nothing taken is lost by that. */
  flush(): Promise<void>;
  /** Walks the whole chain. */
  verify(): Promise<AuditVerdict>;
  /** The same, and what is older than so many seconds. */
  findOlder(seconds: number): Promise<AuditVerdict & OldEvents>;
  /**
   * Removes what was found, so many events at once; each time an event says up to where. Answers how many. The database role must
   * own the table: else AppError `permission_denied`; and `conflict` where the chain does not hold.
   */
  prune(found: Pick<AuditVerdict & OldEvents, 'fault' | 'until'> & { atOnce?: number }): Promise<number>;
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
 * disk, since the chain is seldom shortened. Each stands in the log.
 */
const strangersAtOnce = 500;
const strangersPerSecond = 20;
const batchSize = 500;
/** Others wait for as long as these are removed. */
const prunedAtOnce = 10_000;
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
      const { events, pruned, fault } = await walkAuditTrail(db);
      return { events, pruned, fault };
    },
    findOlder: (seconds) => walkAuditTrail(db, isoMicros(options.nowSeconds() - seconds)),
    async prune({ fault, until, atOnce = prunedAtOnce }) {
      if (fault !== null)
        throw new AppError('conflict', { detail: 'The chain does not hold: nothing is removed from it' });
      let removed = 0;
      for (;;) {
        const part = await transaction(db, (tx) => pruneSome(tx, { until, atOnce })).catch(refuseNonOwner);
        if (part === 0) return removed;
        removed += part;
      }
    },
  };

  /** What is removed and the event that says so are one transaction: there is no moment at which the chain does not hold. */
  async function pruneSome(tx: Tx, { until, atOnce }: { until: number; atOnce: number }): Promise<number> {
    const head = await lockAuditHead(tx);
    const last = await findLastToPrune(tx, { until, limit: atOnce });
    if (!last) return 0;
    const event = { event: 'audit_pruned', reason: pruningReason(last) } as const;
    await appendAfter(tx, head, [{ event, at: isoMicros(options.nowSeconds()) }]);
    return deleteAuditEvents(tx, last.seq);
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

function refuseNonOwner(error: unknown): never {
  if (!isPrivilegeError(error)) throw error;
  const detail = 'Only the owner of audit_events removes rows of it';
  throw new AppError('permission_denied', { cause: error, detail });
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

function isoMicros(seconds: number): string {
  return new Date(Math.floor(seconds * 1000)).toISOString().replace('Z', '000Z');
}
