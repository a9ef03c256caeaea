import type { Db } from '../database/types.ts';
import { deleteExpiredAccountTokens } from '../models/account-tokens.ts';
import { deletePastLegacyTokenHolders } from '../models/legacy-token-holders.ts';
import { deleteOldMailJobs } from '../models/mail-jobs.ts';
import { deletePastRateLimits } from '../models/rate-limits.ts';
import { deleteEndedSessions } from '../models/sessions.ts';
import type { Decoys } from './decoys.ts';
import type { KeysService } from './keys.ts';
import type { UsersService } from './users.ts';

export interface MaintenanceReport {
  rateLimitsDeleted: number;
  sessionsDeleted: number;
  accountTokensDeleted: number;
  mailGivenUp: number;
  emailsCanonicalised: number;
  keysErased: number;
  legacyHoldersDeleted: number;
}

export interface MaintenanceService {
  /** Removes what has no meaning any more, and looks at what changes slowly. Safe to run on every instance at the same time. */
  run(): Promise<MaintenanceReport>;
}

/** Ended sessions stay this long, for the question "was that me?". */
const endedSessionDays = 30;
const mailDays = 7;

export function createMaintenanceService(options: {
  db: Db;
  users: Pick<UsersService, 'canonicaliseEmails'>;
  keys: Pick<KeysService, 'eraseRetired'>;
  decoys: Pick<Decoys, 'refresh'>;
}): MaintenanceService {
  return {
    async run() {
      await options.decoys.refresh();
      return {
        rateLimitsDeleted: await deletePastRateLimits(options.db),
        sessionsDeleted: await deleteEndedSessions(options.db, endedSessionDays),
        accountTokensDeleted: await deleteExpiredAccountTokens(options.db, endedSessionDays),
        mailGivenUp: await deleteOldMailJobs(options.db, mailDays),
        emailsCanonicalised: await options.users.canonicaliseEmails(),
        keysErased: await options.keys.eraseRetired(),
        legacyHoldersDeleted: await deletePastLegacyTokenHolders(options.db, endedSessionDays),
      };
    },
  };
}
