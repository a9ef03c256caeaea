import { AppError } from '../errors.ts';
import type { AuditVerdict, OldEvents } from '../services/audit-walk.ts';
import { chainFinding } from './auth-audit-verify.ts';
import { parseSeconds } from './durations.ts';
import { type CliContext, CliError, type VerbResult } from './verb.ts';
import { withServices } from './with-services.ts';

export interface AuthAuditPruneOptions {
  /** Seconds, or with a unit: 400d. */
  readonly olderThan: string;
  readonly yes?: boolean;
}

/** So that a slip of the keyboard does not empty the trail. */
const leastSeconds = 86_400;

/**
 * Removes old security events from the beginning of the chain, which goes on to hold. Throws CliError `refused` without `yes`, and
 * answers what is wrong where the chain does not hold.
 */
export async function authAuditPrune(options: AuthAuditPruneOptions, context: CliContext): Promise<VerbResult> {
  const seconds = parseSeconds('--older-than', options.olderThan);
  if (seconds < leastSeconds)
    throw new CliError('usage', `--older-than ${options.olderThan} is less than a day`, 'give a day or more: 400d');
  return withServices(
    context,
    async ({ audit }) => {
      const found = await audit.findOlder(seconds);
      const { fault, older, until } = found;
      if (fault !== null) return { data: { removed: 0, fault }, text: '', findings: [chainFinding(found, fault)] };
      if (older === 0) return { data: { removed: 0, fault }, text: `None of ${found.events} events is that old.` };
      if (options.yes !== true) {
        throw new CliError(
          'refused',
          `This removes ${older} of ${found.events} security events, up to number ${until}, for good.`,
          `keep what the log or a backup does not have, then: ./stanchion auth audit prune --older-than ${options.olderThan} --yes`,
        );
      }
      const removed = await prune(audit, found);
      return {
        data: { removed, until, fault },
        text: `${removed} events up to number ${until} are removed; the chain holds.`,
      };
    },
    { asOwner: true },
  );
}

async function prune(
  audit: { prune(found: AuditVerdict & OldEvents): Promise<number> },
  found: AuditVerdict & OldEvents,
): Promise<number> {
  try {
    return await audit.prune(found);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'permission_denied') throw error;
    throw new CliError('failed', error.detail, 'name the role that owns the tables in MIGRATION_DATABASE_URL');
  }
}
