import { transaction } from '../database/transaction.ts';
import type { TxSource } from '../database/types.ts';
import { listAccountTokens, type MailedLink } from '../models/account-tokens.ts';
import {
  type AuditEventRow,
  eraseAuditAddresses,
  listAuditEventsOfUser,
  lockAuditHead,
} from '../models/audit-events.ts';
import {
  deleteLegacyTokenHolder,
  findLegacyTokenHolder,
  type LegacyTokenHolder,
} from '../models/legacy-token-holders.ts';
import { listMailJobs, type OwedMail } from '../models/mail-jobs.ts';
import { type KeptSession, listKeptSessions, revokeSessionsOfUser } from '../models/sessions.ts';
import { deleteTasksOfUser, listTasks, type Task } from '../models/tasks.ts';
import { deleteUser, findUserForUpdate, type UserRow } from '../models/users.ts';
import type { Principal } from './access.ts';
import type { ClientContext, SecurityEvents } from './client-context.ts';
import type { AuthRateLimit, CredentialsService } from './credentials.ts';
import type { RateLimitsService } from './rate-limits.ts';
import type { StandingCache } from './standing.ts';
import { getPrincipalUser } from './user-lookup.ts';
import { toUser, type User } from './users.ts';

/** Everything that is kept of one person, as they may ask for it (GDPR, articles 15 and 20). */
export interface PersonalData {
  user: User & Pick<UserRow, 'email_verified_at' | 'role'>;
  /** Ended ones too, for as long as they are kept. */
  sessions: KeptSession[];
  tasks: Task[];
  mailed_links: MailedLink[];
  mail_under_way: OwedMail[];
  /** Null: no token of the old backend's kind was seen. */
  legacy_token: LegacyTokenHolder | null;
  security_events: Pick<AuditEventRow, 'at' | 'event' | 'reason' | 'address'>[];
}

export interface PersonalDataService {
  /** Throws AppError `rate_limited`. */
  export(principal: Principal, client: ClientContext): Promise<PersonalData>;
  /**
   * Removes the user with tasks and sessions, and where their security events came from; that something happened stays.
   * Throws AppError `reauthentication_failed`.
   */
  delete(principal: Principal, password: string, client: ClientContext): Promise<void>;
}

export interface PersonalDataOptions {
  db: TxSource;
  credentials: Pick<CredentialsService, 'reprove'>;
  rateLimits: Pick<RateLimitsService<AuthRateLimit>, 'consume'>;
  standings: StandingCache;
  events: SecurityEvents;
}

const pageSize = 1000;

export function createPersonalDataService(options: PersonalDataOptions): PersonalDataService {
  const { db, events } = options;
  return {
    async export(principal, client) {
      const user = await getPrincipalUser(db, principal);
      await options.rateLimits.consume('exportPerAccount', user.id, client);
      const of = { user_id: user.id, limit: pageSize };
      const data = {
        user: { ...toUser(user), email_verified_at: user.email_verified_at, role: user.role },
        sessions: await allPages((offset: number) => listKeptSessions(db, { ...of, offset })),
        tasks: await allPages(async (offset: number) => {
          const page = { sort: 'created_at', order: 'asc', limit: pageSize, offset } as const;
          return (await listTasks(db, { user_id: user.id }, page)).tasks;
        }),
        mailed_links: await allPages((offset: number) => listAccountTokens(db, { ...of, offset })),
        mail_under_way: await allPages((offset: number) => listMailJobs(db, { ...of, email: user.email, offset })),
        legacy_token: (await findLegacyTokenHolder(db, user.id)) ?? null,
        security_events: (
          await allPages((_count, last: AuditEventRow | undefined) =>
            listAuditEventsOfUser(db, { user_id: user.id, after: last?.seq ?? 0, limit: pageSize }),
          )
        ).map(({ at, event, reason, address: from }) => ({ at, event, reason, address: from })),
      };
      const { requestId, address } = client;
      events({ event: 'user_data_exported', requestId, address, userId: user.id });
      return data;
    },

    async delete(principal, password, client) {
      const user = await getPrincipalUser(db, principal);
      await options.credentials.reprove(user, { password, sessionId: principal.sessionId }, client);
      const reason = 'user_deleted';
      const ended = await transaction(db, async (tx) => {
        // From here on whoever appends events finds the user gone, and leaves out where they came from.
        await lockAuditHead(tx);
        await deleteTasksOfUser(tx, user.id);
        await deleteLegacyTokenHolder(tx, user.id);
        await eraseAuditAddresses(tx, user.id);
        // The user before the sessions, as in whatever else locks both.
        await findUserForUpdate(tx, user.id);
        const sessions = await revokeSessionsOfUser(tx, { user_id: user.id, reason });
        await deleteUser(tx, user.id);
        return sessions;
      });
      options.standings.forgetUser(user.id);
      const about = { requestId: client.requestId, userId: user.id };
      events({ event: 'user_deleted', ...about });
      for (const sessionId of ended) events({ event: 'session_revoked', ...about, sessionId, reason });
    },
  };
}

async function allPages<Row>(read: (count: number, last: Row | undefined) => Promise<Row[]>): Promise<Row[]> {
  const rows: Row[] = [];
  for (;;) {
    const page = await read(rows.length, rows.at(-1));
    rows.push(...page);
    if (page.length < pageSize) return rows;
  }
}
