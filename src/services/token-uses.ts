import type { Db } from '../database/types.ts';
import { addKeyUses } from '../models/key-uses.ts';
import { type LegacySighting, upsertLegacyTokenHolders } from '../models/legacy-token-holders.ts';

/** A token that was accepted, as far as its key and its holder are concerned. */
export interface SeenToken {
  kind: 'native' | 'legacy';
  keyId: string;
  userId: string;
  sessionId: string | null;
  /** Unix seconds; Infinity for a token without an end. */
  validBefore: number;
}

export interface TokenUses {
  /** Memory only: no request waits for it. */
  note(token: SeenToken): void;
  /** Writes what was noted since the last time: two statements at most, however many requests there were. */
  flush(): Promise<void>;
  /** Uses in this process since its start, by key. */
  readonly totals: ReadonlyMap<string, number>;
}

/** Holders that are kept between two flushes; beyond it some are noted by a later request. */
const maxHolders = 50_000;
/** A holder is written this often at most. */
const holderSeconds = 3_600;

export function createTokenUses(options: { db: Db; monotonicMs: () => number }): TokenUses {
  const totals = new Map<string, number>();
  let pending = new Map<string, number>();
  const holders = new Map<string, LegacySighting>();
  /** When each holder was written last, and with which end. */
  const written = new Map<string, { atMs: number; validUntil: number }>();

  function noteHolder({ userId, sessionId, validBefore }: SeenToken): void {
    const last = written.get(userId);
    const isRecent = last !== undefined && options.monotonicMs() - last.atMs < holderSeconds * 1000;
    if (isRecent && last.validUntil >= validBefore) return;
    if (holders.size >= maxHolders && !holders.has(userId)) return;
    const known = holders.get(userId);
    holders.set(userId, {
      userId,
      validUntil: Math.max(validBefore, known?.validUntil ?? 0),
      // A token of the incumbent's kind that names no session of ours is the incumbent's own.
      ofIncumbent: sessionId === null || known?.ofIncumbent === true,
    });
  }

  return {
    note(token) {
      totals.set(token.keyId, (totals.get(token.keyId) ?? 0) + 1);
      pending.set(token.keyId, (pending.get(token.keyId) ?? 0) + 1);
      if (token.kind === 'legacy') noteHolder(token);
    },
    async flush() {
      const uses = pending;
      pending = new Map();
      if (uses.size > 0) {
        try {
          await addKeyUses(options.db, uses);
        } catch (error) {
          for (const [id, count] of uses) pending.set(id, (pending.get(id) ?? 0) + count);
          throw error;
        }
      }
      const seen = [...holders.values()];
      if (seen.length === 0) return;
      await upsertLegacyTokenHolders(options.db, seen);
      if (written.size > maxHolders) written.clear();
      for (const sighting of seen) {
        written.set(sighting.userId, { atMs: options.monotonicMs(), validUntil: sighting.validUntil });
        if (holders.get(sighting.userId) === sighting) holders.delete(sighting.userId);
      }
    },
    totals,
  };
}
