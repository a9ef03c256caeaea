import { and, asc, desc, eq, relations, type SQL, sql } from 'drizzle-orm';
import { boolean, index, pgEnum, pgTable, timestamp, uuid, varchar } from 'drizzle-orm/pg-core';
import { defineQuery } from '../database/query.ts';
import type { Db, Query, Tx } from '../database/types.ts';
import { users } from './users.ts';

/** What clients send and read, in the order in which the database's enum declares its labels. */
export const priorities = [
  'urgent_important',
  'not_urgent_important',
  'urgent_not_important',
  'not_urgent_not_important',
] as const;
export type Priority = (typeof priorities)[number];

/** The incumbent's enum: its labels are the members' upper-case names, not their values. */
export const priorityEnum = pgEnum('priorityenum', [
  'URGENT_IMPORTANT',
  'NOT_URGENT_IMPORTANT',
  'URGENT_NOT_IMPORTANT',
  'NOT_URGENT_NOT_IMPORTANT',
]);

export const tasks = pgTable(
  'task',
  {
    title: varchar({ length: 255 }).notNull(),
    description: varchar(),
    due_datetime: timestamp({ mode: 'string' }),
    priority: priorityEnum().notNull(),
    is_completed: boolean().notNull(),
    id: uuid().primaryKey(),
    /** Whose task it is, by the token that created it; the incumbent never checked that the user exists. */
    user_id: uuid().notNull(),
    created_at: timestamp({ mode: 'string' }).notNull(),
    updated_at: timestamp({ mode: 'string' }).notNull(),
    /** The same user with a foreign key; null for the incumbent's orphans (docs/adr/0003-task-ownership.md). */
    owner_id: uuid().references(() => users.id, { onDelete: 'set null' }),
  },
  (task) => [
    index('ix_task_user_id').on(task.user_id),
    index('ix_task_owner_id').on(task.owner_id),
    index('ix_task_user_id_created_at_id').on(
      task.user_id,
      task.created_at.desc().nullsFirst(),
      task.id.desc().nullsFirst(),
    ),
  ],
);

export const taskRelations = relations(tasks, ({ one }) => ({
  owner: one(users, { fields: [tasks.owner_id], references: [users.id] }),
}));

export const taskOwnerKey = 'task_owner_id_fkey';

type StoredTask = Omit<typeof tasks.$inferSelect, 'owner_id'>;
export type Task = Omit<StoredTask, 'priority'> & { priority: Priority };

const columns = {
  title: tasks.title,
  description: tasks.description,
  due_datetime: tasks.due_datetime,
  priority: tasks.priority,
  is_completed: tasks.is_completed,
  id: tasks.id,
  user_id: tasks.user_id,
  created_at: tasks.created_at,
  updated_at: tasks.updated_at,
};

const nowUtc = sql`(clock_timestamp() at time zone 'utc')`;
const ownTask = and(eq(tasks.id, sql.placeholder('id')), eq(tasks.user_id, sql.placeholder('user_id')));

/** A task is only ever found together with its user: another user's task does not exist. */
export interface TaskKey {
  id: string;
  user_id: string;
}

const byKey = defineQuery('tasks_by_key', (db) => db.select(columns).from(tasks).where(ownTask));

export async function findTask(db: Db, key: TaskKey): Promise<Task | undefined> {
  return first(await db.run(byKey, { ...key }));
}

export const taskSortColumns = ['created_at', 'updated_at', 'due_datetime', 'priority', 'title'] as const;
export type TaskSort = (typeof taskSortColumns)[number];

export interface TaskFilter {
  user_id: string;
  priority?: Priority;
  is_completed?: boolean;
}

export interface TaskPage {
  sort: TaskSort;
  order: 'asc' | 'desc';
  limit: number;
  /** Up to 2^63 - 1. */
  offset: number | bigint;
}

/** One statement for the page and the count of all that match; the count runs once, not per row. */
export async function listTasks(db: Db, filter: TaskFilter, page: TaskPage): Promise<{ tasks: Task[]; total: number }> {
  const params = {
    user_id: filter.user_id,
    priority: filter.priority && labels[filter.priority],
    is_completed: filter.is_completed,
    limit: page.limit,
    offset: page.offset,
  };
  const rows = await db.run(listQuery(filter, page), params);
  if (rows.length === 0) {
    const [counted] = await db.run(countQuery(filter), params);
    return { tasks: [], total: counted?.total ?? 0 };
  }
  const total = rows[0]?.total ?? 0;
  return { tasks: rows.map(toTask), total };
}

const insert = defineQuery('tasks_insert', (db) =>
  db
    .insert(tasks)
    .values({
      id: sql.placeholder('id'),
      user_id: sql.placeholder('user_id'),
      owner_id: sql.placeholder('owner_id'),
      title: sql.placeholder('title'),
      description: sql.placeholder('description'),
      due_datetime: sql.placeholder('due_datetime'),
      priority: sql.placeholder('priority'),
      is_completed: sql.placeholder('is_completed'),
      created_at: nowUtc,
      updated_at: nowUtc,
    })
    .returning(columns),
);

export interface TaskValues {
  title: string;
  description: string | null;
  /** Naive UTC in ISO form, years 1–9999. */
  due_datetime: string | null;
  priority: Priority;
  is_completed: boolean;
}

/** With `owner_id`, the user must exist: a violation of `taskOwnerKey` passes through. */
export async function insertTask(db: Db, task: TaskKey & TaskValues & { owner_id: string | null }): Promise<Task> {
  const row = first(await db.run(insert, { ...task, priority: labels[task.priority] }));
  if (!row) throw new TypeError('INSERT … RETURNING gave no row');
  return row;
}

const replace = defineQuery('tasks_replace', (db) =>
  db
    .update(tasks)
    .set({
      title: sql`${sql.placeholder('title')}`,
      description: sql`${sql.placeholder('description')}`,
      due_datetime: sql`${sql.placeholder('due_datetime')}`,
      priority: sql`${sql.placeholder('priority')}`,
      is_completed: sql`${sql.placeholder('is_completed')}`,
      updated_at: nowUtc,
    })
    .where(ownTask)
    .returning(columns),
);

export async function updateTask(db: Db, key: TaskKey, task: TaskValues): Promise<Task | undefined> {
  return first(await db.run(replace, { ...key, ...task, priority: labels[task.priority] }));
}

const complete = defineQuery('tasks_complete', (db) =>
  db
    .update(tasks)
    .set({ is_completed: sql`${sql.placeholder('is_completed')}`, updated_at: nowUtc })
    .where(ownTask)
    .returning(columns),
);

export async function updateTaskCompletion(db: Db, key: TaskKey, completed: boolean): Promise<Task | undefined> {
  return first(await db.run(complete, { ...key, is_completed: completed }));
}

const remove = defineQuery('tasks_delete', (db) => db.delete(tasks).where(ownTask).returning({ id: tasks.id }));

export async function deleteTask(db: Db, key: TaskKey): Promise<boolean> {
  return (await db.run(remove, { ...key })).length === 1;
}

const removeAll = defineQuery('tasks_delete_of_user', (db) =>
  db
    .delete(tasks)
    .where(eq(tasks.user_id, sql.placeholder('user_id')))
    .returning({ id: tasks.id }),
);

export async function deleteTasksOfUser(tx: Tx, userId: string): Promise<void> {
  await tx.run(removeAll, { user_id: userId });
}

type StoredTaskWithTotal = StoredTask & { total: number };
const listQueries = new Map<string, Query<StoredTaskWithTotal>>();

function listQuery(filter: TaskFilter, page: TaskPage): Query<StoredTaskWithTotal> {
  const name = `tasks_list_${page.sort}_${page.order}${filterSuffix(filter)}`;
  let query = listQueries.get(name);
  if (!query) {
    const matches = filterCondition(filter);
    query = defineQuery(name, (db) =>
      db
        .select({ ...columns, total: sql<number>`(select count(*)::int from ${tasks} where ${matches})`.as('total') })
        .from(tasks)
        .where(matches)
        .orderBy(...orderBy(page))
        .limit(sql.placeholder('limit'))
        .offset(sql.placeholder('offset')),
    );
    listQueries.set(name, query);
  }
  return query;
}

const countQueries = new Map<string, Query<{ total: number }>>();

function countQuery(filter: TaskFilter): Query<{ total: number }> {
  const name = `tasks_count${filterSuffix(filter)}`;
  let query = countQueries.get(name);
  if (!query) {
    query = defineQuery(name, (db) =>
      db
        .select({ total: sql<number>`count(*)::int`.as('total') })
        .from(tasks)
        .where(filterCondition(filter)),
    );
    countQueries.set(name, query);
  }
  return query;
}

function filterSuffix(filter: TaskFilter): string {
  return `${filter.priority === undefined ? '' : '_by_priority'}${filter.is_completed === undefined ? '' : '_by_completed'}`;
}

function filterCondition(filter: TaskFilter): SQL | undefined {
  return and(
    eq(tasks.user_id, sql.placeholder('user_id')),
    filter.priority === undefined ? undefined : eq(tasks.priority, sql.placeholder('priority')),
    filter.is_completed === undefined ? undefined : eq(tasks.is_completed, sql.placeholder('is_completed')),
  );
}

/** PostgreSQL's own place for nulls (first on desc, last on asc) is the contract's; the id makes pages stable. */
function orderBy(page: TaskPage): SQL[] {
  const direction = page.order === 'asc' ? asc : desc;
  return [direction(tasks[page.sort]), direction(tasks.id)];
}

function first(rows: StoredTask[]): Task | undefined {
  const row = rows[0];
  return row && toTask(row);
}

/** A literal of all fields, not a spread: objects of one shape are made, and written as JSON, several times faster. */
function toTask(row: StoredTask): Task {
  return {
    title: row.title,
    description: row.description,
    due_datetime: row.due_datetime,
    priority: values[row.priority],
    is_completed: row.is_completed,
    id: row.id,
    user_id: row.user_id,
    created_at: row.created_at,
    updated_at: row.updated_at,
  };
}

const labels = {
  urgent_important: 'URGENT_IMPORTANT',
  not_urgent_important: 'NOT_URGENT_IMPORTANT',
  urgent_not_important: 'URGENT_NOT_IMPORTANT',
  not_urgent_not_important: 'NOT_URGENT_NOT_IMPORTANT',
} as const satisfies Record<Priority, StoredTask['priority']>;

const values = {
  URGENT_IMPORTANT: 'urgent_important',
  NOT_URGENT_IMPORTANT: 'not_urgent_important',
  URGENT_NOT_IMPORTANT: 'urgent_not_important',
  NOT_URGENT_NOT_IMPORTANT: 'not_urgent_not_important',
} as const satisfies Record<StoredTask['priority'], Priority>;
