import type { Db } from '../database/types.ts';
import { listAuditEventsOfRequest, listAuditEventsOfSession } from '../models/audit-events.ts';
import { explainReason } from './reasons.ts';

/** One security event, in words for an operator. */
export interface ExplainedEvent {
  at: string;
  event: string;
  reason: string | null;
  /** What the reason means; null for one that says it all. */
  meaning: string | null;
  userId: string | null;
  sessionId: string | null;
  address: string | null;
}

export interface Explanation {
  requestId: string;
  /** What was written down for this request, in order. */
  events: ExplainedEvent[];
  /** The whole life of each session that the request touched. */
  sessions: { sessionId: string; events: ExplainedEvent[] }[];
}

export interface ExplanationsService {
  /** Undefined: nothing was written down under this id. */
  explain(requestId: string): Promise<Explanation | undefined>;
}

const shown = 200;

export function createExplanationsService({ db }: { db: Db }): ExplanationsService {
  return {
    async explain(requestId) {
      const rows = await listAuditEventsOfRequest(db, { request_id: requestId, limit: shown });
      if (rows.length === 0) return undefined;
      const ids = [...new Set(rows.flatMap(({ session_id: id }) => (id === null ? [] : [id])))];
      const sessions = [];
      for (const sessionId of ids) {
        const events = await listAuditEventsOfSession(db, { session_id: sessionId, limit: shown });
        sessions.push({ sessionId, events: events.map(explained) });
      }
      return { requestId, events: rows.map(explained), sessions };
    },
  };
}

type Row = Awaited<ReturnType<typeof listAuditEventsOfRequest>>[number];

function explained({ at, event, reason, user_id: userId, session_id: sessionId, address }: Row): ExplainedEvent {
  const meaning = reason === null ? null : explainReason(reason);
  return { at, event, reason, meaning, userId, sessionId, address };
}
