import type { CliFinding } from '@stanchion/migrate/cli';
import type { LegacyStatus } from '../services/legacy-status.ts';
import type { CliContext, VerbResult } from './verb.ts';
import { withServices } from './with-services.ts';

/** Whether the incumbent's tokens can end; exit code 1 while somebody would notice. */
export async function authLegacyStatus(_options: object, context: CliContext): Promise<VerbResult> {
  const status = await withServices(context, ({ legacyStatus }) => legacyStatus.status());
  return { data: status, text: describe(status), findings: status.has_ended ? [] : status.reasons.map(toFinding) };
}

function describe(status: LegacyStatus): string {
  const end = status.accept_until ?? 'no end is set (LEGACY_TOKENS_ACCEPT_UNTIL)';
  const { safe_now, safe_from, has_ended } = status;
  const verdict = safe_now
    ? 'It is safe to end them: nobody who is known would notice.'
    : `It is not safe to end them yet. ${safe_from === null ? 'As things are it never will be.' : `It will be from ${safe_from} on, if the old backend makes no more.`}`;
  return [
    `Tokens of the old backend's kind are accepted until: ${end}`,
    `last seen: ${status.last_seen_at ?? 'never'}; made by the old backend itself: ${status.incumbent_seen_at ?? 'never'}`,
    `users seen with one that ${has_ended ? 'would still work' : 'works'}: ${status.holders}; without an end: ${status.never_ending}; sign-ins of old clients here: ${status.sessions}`,
    has_ended ? 'They have ended.' : verdict,
  ].join('\n');
}

function toFinding(reason: string): CliFinding {
  return {
    id: 'ST-AUTH-LEGACY-IN-USE',
    severity: 'error',
    evidence: 'tokens of the old backend',
    cause: reason,
    fix: 'set LEGACY_TOKENS_ACCEPT_UNTIL to a date by which they have ended; sign-ins then get tokens that outlast it',
    verify: './stanchion auth legacy status',
  };
}
