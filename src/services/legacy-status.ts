import type { Db } from '../database/types.ts';
import { type LegacyTokenSummary, summariseLegacyTokens } from '../models/legacy-token-holders.ts';

/** Whether tokens of the incumbent's kind can end. Instants are ISO texts in UTC. */
export interface LegacyStatus {
  /** LEGACY_TOKENS_ACCEPT_UNTIL; null: no end is set. */
  accept_until: string | null;
  has_ended: boolean;
  last_seen_at: string | null;
  /** When a token was last seen that the incumbent itself made. */
  incumbent_seen_at: string | null;
  /** Users seen with a token that still works. */
  holders: number;
  /** Users seen with a token without an end. */
  never_ending: number;
  /** Sign-ins of old clients at this backend whose token still works. */
  sessions: number;
  /** Nobody who is known would notice an end right now. */
  safe_now: boolean;
  /** From when on that will be so, if the incumbent makes no more tokens; null: not as things are. */
  safe_from: string | null;
  /** What stands in the way, for people. */
  reasons: string[];
}

export interface LegacyStatusService {
  status(): Promise<LegacyStatus>;
}

export interface LegacyStatusOptions {
  db: Db;
  acceptUntil: string | null;
  /** Tokens that were not seen for as long as they live are taken for gone; and a week, for those who come rarely. */
  tokenSeconds: number;
}

const weekSeconds = 7 * 86_400;

export function createLegacyStatusService(options: LegacyStatusOptions): LegacyStatusService {
  return { status: async () => judge(await summariseLegacyTokens(options.db), options) };
}

function judge(found: LegacyTokenSummary, { acceptUntil, tokenSeconds }: LegacyStatusOptions): LegacyStatus {
  const quietSeconds = Math.max(weekSeconds, tokenSeconds);
  const now = found.now_seconds;
  const incumbentIsQuiet = found.incumbent_seen_seconds === null || now - found.incumbent_seen_seconds > quietSeconds;
  const reasons = [
    ...(found.holders > 0 ? [`${found.holders} users hold tokens that still work`] : []),
    ...(found.sessions > 0 ? [`${found.sessions} sign-ins of old clients are still good`] : []),
    ...(found.never_ending > 0 ? [`${found.never_ending} users hold tokens that never end`] : []),
    ...(incumbentIsQuiet ? [] : [`a token of the old backend was seen ${iso(found.incumbent_seen_seconds)}`]),
  ];
  const ends = [now, found.last_end_seconds ?? 0, found.sessions_end_seconds ?? 0];
  const quietFrom = incumbentIsQuiet ? 0 : (found.incumbent_seen_seconds ?? 0) + quietSeconds;
  return {
    accept_until: acceptUntil,
    has_ended: acceptUntil !== null && Date.parse(acceptUntil) / 1000 <= now,
    last_seen_at: iso(found.last_seen_seconds),
    incumbent_seen_at: iso(found.incumbent_seen_seconds),
    holders: found.holders,
    never_ending: found.never_ending,
    sessions: found.sessions,
    safe_now: reasons.length === 0,
    safe_from: found.never_ending > 0 ? null : iso(Math.max(...ends, quietFrom)),
    reasons,
  };
}

function iso(seconds: number | null): string | null {
  return seconds === null ? null : new Date(seconds * 1000).toISOString();
}
