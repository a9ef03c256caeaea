import type { Db } from '../database/types.ts';
import { AppError } from '../errors.ts';
import { confirmSession } from '../models/sessions.ts';

/** An access token that is about to be served, as far as its session is concerned. */
export interface UsedToken {
  sessionId: string | null;
  /** The refresh generation that it came with; null when it came with none. */
  generation: number | null;
}

export interface Confirmations {
  /**
   * Notes that the answer to a refresh arrived, because its access token is used: from then on the refresh token before
   * it may not come back. One statement a generation and process; never fails a request.
   */
  confirm(used: UsedToken): Promise<void>;
}

/** The first generation has no parent that could come back. */
const firstGeneration = 1;

export function createConfirmations(options: { db: Db; enabled: boolean; maxEntries: number }): Confirmations {
  const confirmed = new Map<string, number>();

  function remember(sessionId: string, generation: number): void {
    confirmed.delete(sessionId);
    confirmed.set(sessionId, generation);
    const oldest = confirmed.keys().next();
    if (confirmed.size > options.maxEntries && !oldest.done) confirmed.delete(oldest.value);
  }

  return {
    async confirm({ sessionId, generation }) {
      if (!options.enabled || sessionId === null || generation === null || generation <= firstGeneration) return;
      if ((confirmed.get(sessionId) ?? 0) >= generation) return;
      remember(sessionId, generation);
      try {
        await confirmSession(options.db, { id: sessionId, generation });
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        // Trouble with the database: the next request with this token tries again.
        confirmed.delete(sessionId);
      }
    },
  };
}
