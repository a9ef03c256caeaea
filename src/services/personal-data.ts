import { transaction } from '../database/transaction.ts';
import type { TxSource } from '../database/types.ts';
import {
  type AuditEventRow,
  eraseAuditAddresses,
  listAuditEventsOfUser,
  lockAuditHead,
} from '../models/audit-events.ts';
import { type ListedSession, listSessions } from '../models/sessions.ts';
import { deleteTasksOfUser, listTasks, type Task } from '../models/tasks.ts';
import { deleteUser } from '../models/users.ts';
import type { Principal } from './access.ts';
import type { ClientContext, SecurityEvents } from './client-context.ts';
import type { CredentialsService } from './credentials.ts';
import type { StandingCache } from './standing.ts';
import { getPrincipalUser } from './user-lookup.ts';
import { toUser, type User } from './users.ts';

/** Everything that is kept of one person, as they may ask for it (GDPR, articles 15 and 20). */
export interface PersonalData {
  user: User;
  sessions: ListedSession[];
  tasks: Task[];
  security_events: Pick<AuditEventRow, 'at' | 'event' | 'reason' | 'address'>[];
}

export interface PersonalDataService {
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
  standings: StandingCache;
  events: SecurityEvents;
}

const pageSize = 1000;
const sessionsShown = 1000;

export function createPersonalDataService(options: PersonalDataOptions): PersonalDataService {
  const { db, events } = options;
  return {
    async export(principal, { requestId, address }) {
      const user = await getPrincipalUser(db, principal);
      const data = {
        user: toUser(user),
        sessions: await listSessions(db, { user_id: user.id, limit: sessionsShown }),
        tasks: await allPages(async (offset: number) => {
          const page = { sort: 'created_at', order: 'asc', limit: pageSize, offset } as const;
          return (await listTasks(db, { user_id: user.id }, page)).tasks;
        }),
        security_events: (
          await allPages((_count, last: AuditEventRow | undefined) =>
            listAuditEventsOfUser(db, { user_id: user.id, after: last?.seq ?? 0, limit: pageSize }),
          )
        ).map(({ at, event, reason, address: from }) => ({ at, event, reason, address: from })),
      };
      events({ event: 'user_data_exported', requestId, address, userId: user.id });
      return data;
    },

    async delete(principal, password, client) {
      const user = await getPrincipalUser(db, principal);
      await options.credentials.reprove(user, password, client);
      await transaction(db, async (tx) => {
        // From here on whoever appends events finds the user gone, and leaves out where they came from.
        await lockAuditHead(tx);
        await deleteTasksOfUser(tx, user.id);
        await eraseAuditAddresses(tx, user.id);
        await deleteUser(tx, user.id);
      });
      options.standings.forgetUser(user.id);
      events({ event: 'user_deleted', requestId: client.requestId, userId: user.id });
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
