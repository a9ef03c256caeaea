import { eq, relations, sql } from 'drizzle-orm';
import { index, integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { defineQuery } from '../database/query.ts';
import type { Db, Tx } from '../database/types.ts';
import { users } from './users.ts';

const instant = () => timestamp({ mode: 'string', withTimezone: true });

/** Mail that an answered request owes: written with what it tells of, sent afterwards, gone when it is delivered. */
export const mailJobs = pgTable(
  'mail_jobs',
  {
    id: uuid().primaryKey(),
    kind: text({
      enum: [
        'reset_password',
        'verify_email',
        'change_email',
        'password_changed',
        'email_change_requested',
        'email_changed',
        'session_stolen',
      ],
    }).notNull(),
    /** Null while only an address is known. */
    user_id: uuid().references(() => users.id, { onDelete: 'cascade' }),
    email: text().notNull(),
    session_id: uuid(),
    attempts: integer().notNull(),
    next_attempt_at: instant().notNull(),
    created_at: instant().notNull(),
    last_error: text(),
  },
  (job) => [
    index('ix_mail_jobs_next_attempt_at').on(job.next_attempt_at),
    index('ix_mail_jobs_user_id').on(job.user_id),
  ],
);

export const mailJobRelations = relations(mailJobs, ({ one }) => ({
  user: one(users, { fields: [mailJobs.user_id], references: [users.id] }),
}));

export type MailKind = (typeof mailJobs.kind.enumValues)[number];

const now = sql`clock_timestamp()`;
const columns = {
  id: mailJobs.id,
  kind: mailJobs.kind,
  user_id: mailJobs.user_id,
  email: mailJobs.email,
  session_id: mailJobs.session_id,
  attempts: mailJobs.attempts,
};

export interface MailJob {
  id: string;
  kind: MailKind;
  user_id: string | null;
  email: string;
  session_id: string | null;
  attempts: number;
}

const insert = defineQuery('mail_jobs_insert', (db) =>
  db
    .insert(mailJobs)
    .values({
      id: sql.placeholder('id'),
      kind: sql.placeholder('kind'),
      user_id: sql.placeholder('user_id'),
      email: sql.placeholder('email'),
      session_id: sql.placeholder('session_id'),
      attempts: 0,
      next_attempt_at: now,
      created_at: now,
    })
    .returning({ id: mailJobs.id }),
);

export async function insertMailJob(db: Db, job: Omit<MailJob, 'attempts'>): Promise<void> {
  await db.run(insert, { ...job });
}

const claim = defineQuery('mail_jobs_claim', (db) =>
  db
    .update(mailJobs)
    .set({
      attempts: sql`${mailJobs.attempts} + 1`,
      // A lease and a back-off in one: two minutes, then twice as long each time.
      next_attempt_at: sql`${now} + make_interval(secs => 120 * 2 ^ ${mailJobs.attempts})`,
    })
    .where(
      eq(
        mailJobs.id,
        sql`(select due.id from ${mailJobs} as due
              where due.next_attempt_at <= ${now} and due.attempts < ${sql.placeholder('max_attempts')}::int
              order by due.next_attempt_at limit 1 for update skip locked)`,
      ),
    )
    .returning(columns),
);

/** The job that has waited longest, for this caller alone until its next attempt is due. */
export async function claimMailJob(db: Db, maxAttempts: number): Promise<MailJob | undefined> {
  return (await db.run(claim, { max_attempts: maxAttempts }))[0];
}

const remove = defineQuery('mail_jobs_remove', (db) =>
  db
    .delete(mailJobs)
    .where(eq(mailJobs.id, sql.placeholder('id')))
    .returning({ id: mailJobs.id }),
);

export async function deleteMailJob(db: Db, id: string): Promise<void> {
  await db.run(remove, { id });
}

const withdraw = defineQuery('mail_jobs_withdraw', (db) =>
  db
    .delete(mailJobs)
    .where(
      sql`${mailJobs.user_id} = ${sql.placeholder('user_id')}::uuid and ${mailJobs.kind} = ${sql.placeholder('kind')}`,
    )
    .returning({ id: mailJobs.id }),
);

/** Mail that is not owed any more; waits for one that is being written (`holdMailJob`). */
export async function withdrawMailJobs(tx: Tx, target: { user_id: string; kind: MailKind }): Promise<void> {
  await tx.run(withdraw, { ...target });
}

const hold = defineQuery('mail_jobs_hold', (db) =>
  db
    .select({ id: mailJobs.id })
    .from(mailJobs)
    .where(eq(mailJobs.id, sql.placeholder('id')))
    .for('share'),
);

/** Whether the job is still there; until this transaction ends nobody withdraws it. */
export async function holdMailJob(tx: Tx, id: string): Promise<boolean> {
  return (await tx.run(hold, { id })).length === 1;
}

const fail = defineQuery('mail_jobs_fail', (db) =>
  db
    .update(mailJobs)
    .set({ last_error: sql`${sql.placeholder('error')}` })
    .where(eq(mailJobs.id, sql.placeholder('id')))
    .returning({ id: mailJobs.id }),
);

export async function noteMailFailure(db: Db, failure: { id: string; error: string }): Promise<void> {
  await db.run(fail, { ...failure });
}

const list = defineQuery('mail_jobs_list', (db) =>
  db
    .select({
      kind: mailJobs.kind,
      email: mailJobs.email,
      created_at: mailJobs.created_at,
      attempts: mailJobs.attempts,
    })
    .from(mailJobs)
    .where(
      sql`${mailJobs.user_id} = ${sql.placeholder('user_id')}::uuid
        or (${mailJobs.user_id} is null and ${mailJobs.email} = ${sql.placeholder('email')})`,
    )
    .orderBy(mailJobs.created_at, mailJobs.id)
    .limit(sql.placeholder('limit'))
    .offset(sql.placeholder('offset')),
);

export interface OwedMail {
  kind: MailKind;
  email: string;
  created_at: string;
  attempts: number;
}

/** Mail that is under way to a user, or to this address as somebody typed it; the oldest first. */
export async function listMailJobs(
  db: Db,
  page: { user_id: string; email: string; limit: number; offset: number },
): Promise<OwedMail[]> {
  return db.run(list, { ...page });
}

const purge = defineQuery('mail_jobs_purge', (db) =>
  db
    .delete(mailJobs)
    .where(sql`${mailJobs.created_at} < ${now} - make_interval(days => ${sql.placeholder('days')}::int)`)
    .returning({ id: mailJobs.id }),
);

/** Mail that could not be delivered for so long that nobody waits for it. Returns how many were given up. */
export async function deleteOldMailJobs(db: Db, days: number): Promise<number> {
  return (await db.run(purge, { days })).length;
}
