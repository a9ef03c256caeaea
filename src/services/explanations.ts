import type { Db } from '../database/types.ts';
import { listAuditEventsOfRequest, listAuditEventsOfSession } from '../models/audit-events.ts';
import type { SecurityEventName } from './client-context.ts';
import { explainReason } from './reasons.ts';

/** One security event, in words for an operator. */
export interface ExplainedEvent {
  at: string;
  event: string;
  reason: string | null;
  /** What the reason means; null for one that says it all. */
  meaning: string | null;
  userId: string | null;
  /** Who did it to that user: an administrator or a service token; null: the user, or the command line. */
  actorId: string | null;
  sessionId: string | null;
  address: string | null;
}

export interface Explanation {
  requestId: string;
  /** What was written down for this request, in order. */
  events: ExplainedEvent[];
  /** The life of each session that the request touched: how it began, what was done with it, what ended it. */
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
        // Refused requests are not: a client that repeats one would push the end of its session out of sight.
        const of = { session_id: sessionId, without: 'authn_token_refused' satisfies SecurityEventName };
        const events = await listAuditEventsOfSession(db, { ...of, limit: shown });
        sessions.push({ sessionId, events: events.map(explained) });
      }
      return { requestId, events: rows.map(explained), sessions };
    },
  };
}

type Row = Awaited<ReturnType<typeof listAuditEventsOfRequest>>[number];

function explained(row: Row): ExplainedEvent {
  const { at, event, reason, user_id: userId, actor_id: actorId, session_id: sessionId, address } = row;
  const meaning = reason === null ? null : explainReason(reason);
  return { at, event, reason, meaning, userId, actorId, sessionId, address };
}
