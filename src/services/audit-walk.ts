import type { Db } from '../database/types.ts';
import { type AuditEventRow, findAuditHead, listAuditEvents } from '../models/audit-events.ts';
import { chainHash, chainStart, digestAddress } from '../security/audit-chain.ts';

export interface AuditVerdict {
  /** That hold, from the first one that is left. */
  events: number;
  /** So many before them were removed by `auth audit prune`. */
  pruned: number;
  /** The first place where the chain does not hold; null when it holds. `added`: behind its end, where only this program writes. */
  fault: { seq: number; kind: 'changed' | 'missing' | 'cut_off' | 'added' | 'address_changed' } | null;
}

/** What is older than an instant, from the beginning of the chain on. */
export interface OldEvents {
  older: number;
  /** The last of them. */
  until: number;
}

const pageSize = 2000;

/** The whole chain, from the first event that is left to its end. `before`: an ISO text in UTC. */
export async function walkAuditTrail(db: Db, before = ''): Promise<AuditVerdict & OldEvents> {
  const walked = await walk(db, before);
  const { fault, last, ...found } = walked;
  // Events and the head move in one statement: what stands behind the head now, nobody here has written.
  const end = await findAuditHead(db);
  const reached = fault?.seq ?? last;
  if (!end || reached <= end.seq || fault?.kind === 'cut_off') return { ...found, fault };
  return { ...found, events: end.seq - found.pruned, fault: { seq: end.seq + 1, kind: 'added' } };
}

/** What a pruning leaves in the chain: the last event that it removed, and its hash, on which the first one left stands. */
export function pruningReason({ seq, hash }: Pick<AuditEventRow, 'seq' | 'hash'>): string {
  return `${seq} ${hash.toString('hex')}`;
}

interface Walk extends AuditVerdict, OldEvents {
  /** How far it came. */
  last: number;
}

async function walk(db: Db, before: string): Promise<Walk> {
  // Read first: what is appended during the walk is no fault.
  const head = await findAuditHead(db);
  const found: Walk = { events: 0, pruned: 0, fault: null, older: 0, until: 0, last: 0 };
  let previous = chainStart;
  /** The first one that is left, until a pruning says what it stands on. */
  let unfounded: AuditEventRow | undefined;
  for (;;) {
    const page = await listAuditEvents(db, { after: found.last, limit: pageSize });
    for (const row of page) {
      const isFirst = found.last === 0 && row.seq > 1;
      const kind = isFirst ? undefined : findFault(row, { previous, seq: found.last });
      if (kind) return { ...found, fault: { seq: found.last + 1, kind } };
      if (!hasItsAddress(row)) return { ...found, fault: { seq: row.seq, kind: 'address_changed' } };
      if (row.seq === head?.seq && !row.hash.equals(head.hash))
        return { ...found, fault: { seq: row.seq, kind: 'changed' } };
      if (isFirst) [unfounded, found.pruned] = [row, row.seq - 1];
      if (unfounded && isFounded(unfounded, row)) unfounded = undefined;
      [previous, found.last] = [row.hash, row.seq];
      found.events += 1;
      if (row.at < before && found.older === found.events - 1) [found.older, found.until] = [found.events, row.seq];
    }
    if (page.length < pageSize) break;
  }
  const isWhole = head !== undefined && head.seq <= found.last;
  if (!isWhole) return { ...found, fault: { seq: found.last + 1, kind: 'cut_off' } };
  return unfounded ? { ...found, events: 0, pruned: 0, fault: { seq: 1, kind: 'missing' } } : found;
}

function findFault(row: AuditEventRow, after: { previous: Buffer; seq: number }): 'missing' | 'changed' | undefined {
  if (row.seq !== after.seq + 1) return 'missing';
  return chainHash(after.previous, row).equals(row.hash) ? undefined : 'changed';
}

/** Whether an event says that what was before `first` was removed, and `first` follows from what it says. */
function isFounded(first: AuditEventRow, { event, reason }: AuditEventRow): boolean {
  const [, seq, hash = ''] = /^(\d+) ([0-9a-f]{64})$/.exec(event === 'audit_pruned' ? (reason ?? '') : '') ?? [];
  return Number(seq) === first.seq - 1 && chainHash(Buffer.from(hash, 'hex'), first).equals(first.hash);
}

/** An erased address is no fault; another one than was recorded is. */
function hasItsAddress({ address, address_salt: salt, address_digest: digest }: AuditEventRow): boolean {
  if (address === null && salt === null) return true;
  return address !== null && salt !== null && digest !== null && digestAddress(salt, address).equals(digest);
}
