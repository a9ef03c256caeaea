import { isForeignKeyViolation } from '../database/faults.ts';
import type { Db } from '../database/types.ts';
import { AppError, type ValueIssue } from '../errors.ts';
import {
  deleteTask,
  findTask,
  insertTask,
  listTasks,
  type Priority,
  priorities,
  type Task,
  type TaskKey,
  type TaskSort,
  type TaskValues,
  taskOwnerKey,
  taskSortColumns,
  updateTask,
  updateTaskCompletion,
} from '../models/tasks.ts';
import type { Principal } from './access.ts';
import { assertValid, nullIssue, storableTextIssues } from './values.ts';

/** A due date as it was sent; its UTC form may lie outside of the years 1–9999, then there is none. */
export interface DueDatetime {
  toUtc(): { toNaive(): { toString(): string } } | undefined;
  toString(): string;
}

export interface TaskInput {
  title: string;
  description?: string | null | undefined;
  due_datetime?: DueDatetime | null | undefined;
  priority: string;
  is_completed?: boolean | null | undefined;
}

/** As sent to replace a task: absent and null are one, as they are for the incumbent. */
export type TaskReplacement = { [Field in keyof TaskInput]?: TaskInput[Field] | null | undefined };

export interface TaskListQuery {
  priority?: string | null | undefined;
  completed?: boolean | null | undefined;
  limit: number;
  offset: number | bigint;
  sort_by: string;
  sort_order: string;
}

export interface TaskList {
  tasks: Task[];
  total_count: number;
  limit: number;
  offset: number | bigint;
}

export interface TasksService {
  list(principal: Principal, query: TaskListQuery): Promise<TaskList>;
  get(principal: Principal, id: string): Promise<Task>;
  create(principal: Principal, input: TaskInput): Promise<Task>;
  replace(principal: Principal, id: string, input: TaskReplacement): Promise<Task>;
  complete(principal: Principal, id: string, completed: boolean): Promise<Task>;
  remove(principal: Principal, id: string): Promise<void>;
}

export interface TasksOptions {
  db: Db;
  newId: () => string;
  /** The incumbent accepts sort_by=title and then does not sort. */
  sortTitleIgnored: boolean;
  /** The incumbent lets a token create tasks for a user that does not exist. */
  userNotChecked: boolean;
}

const notOwn = 'Task not found or does not belong to user';
const largestOffset = 9223372036854775807n;

/**
 * Tasks belong to one user; another user's task does not exist for anyone else. The order of the checks is part of the
 * contract: what old clients got first, they still get first.
 */
export function createTasksService(options: TasksOptions): TasksService {
  const { db } = options;
  return {
    async list(principal, query) {
      const { sort, order } = parseSorting(query, options);
      const priority = typeof query.priority === 'string' ? parsePriority(query.priority) : undefined;
      assertOffset(query.offset);
      const found = await listTasks(
        db,
        {
          user_id: principal.userId,
          ...(priority === undefined ? {} : { priority }),
          ...(typeof query.completed === 'boolean' ? { is_completed: query.completed } : {}),
        },
        { sort, order, limit: query.limit, offset: query.offset },
      );
      return { tasks: found.tasks, total_count: found.total, limit: query.limit, offset: query.offset };
    },

    async get(principal, id) {
      const task = await findTask(db, keyOf(principal, id));
      if (!task) throw new AppError('not_found', { detail: 'Task not found' });
      return task;
    },

    async create(principal, input) {
      const priority = parsePriority(input.priority);
      const values = parseValues({ is_completed: false, ...input }, priority);
      const key = keyOf(principal, options.newId());
      try {
        return await insertTask(db, { ...key, ...values, owner_id: options.userNotChecked ? null : key.user_id });
      } catch (error) {
        // The user was deleted after the token's state was last looked up.
        if (isForeignKeyViolation(error, taskOwnerKey)) throw new AppError('invalid_token', { reason: 'user_missing' });
        throw error;
      }
    },

    async replace(principal, id, input) {
      const key = keyOf(principal, id);
      const priority = typeof input.priority === 'string' ? parsePriority(input.priority) : undefined;
      const values = priority && readReplacement(input, priority);
      const task = values && (await updateTask(db, key, values));
      if (task) return task;
      if (values || !(await findTask(db, key))) throw new AppError('not_found', { detail: notOwn });
      throw new AppError('invalid_value', { issues: replacementIssues(input) });
    },

    async complete(principal, id, completed) {
      const task = await updateTaskCompletion(db, keyOf(principal, id), completed);
      if (!task) throw new AppError('not_found', { detail: notOwn });
      return task;
    },

    async remove(principal, id) {
      if (!(await deleteTask(db, keyOf(principal, id)))) throw new AppError('not_found', { detail: notOwn });
    },
  };
}

function keyOf(principal: Principal, id: string): TaskKey {
  return { id, user_id: principal.userId };
}

function parsePriority(text: string): Priority {
  const priority = priorities.find((known) => known === text);
  if (!priority) {
    throw new AppError('invalid_argument', {
      detail: `Invalid priority value. Must be one of: ${pythonList(priorities)}`,
    });
  }
  return priority;
}

function parseSorting(
  query: TaskListQuery,
  options: TasksOptions,
): {
  sort: TaskSort;
  order: 'asc' | 'desc';
} {
  const sort = taskSortColumns.find((column) => column === query.sort_by);
  if (!sort) {
    throw new AppError('invalid_argument', {
      detail: `Invalid sort_by field. Must be one of: ${pythonList(taskSortColumns)}`,
    });
  }
  const order = query.sort_order;
  if (order !== 'asc' && order !== 'desc') {
    throw new AppError('invalid_argument', { detail: "Invalid sort_order. Must be one of: ['asc', 'desc']" });
  }
  // "No order" in the incumbent means the order in which rows were stored: oldest first is the nearest stable one.
  return sort === 'title' && options.sortTitleIgnored ? { sort: 'created_at', order: 'asc' } : { sort, order };
}

/** PostgreSQL's OFFSET is a bigint. */
function assertOffset(offset: number | bigint): void {
  if (BigInt(offset) <= largestOffset) return;
  const issue: ValueIssue = {
    type: 'less_than_equal',
    loc: ['query', 'offset'],
    msg: `Input should be less than or equal to ${largestOffset}`,
    input: String(offset),
    ctx: { le: largestOffset },
  };
  throw new AppError('invalid_value', { issues: [issue] });
}

function parseValues(input: TaskInput, priority: Priority): TaskValues {
  const issues = valueIssues(input);
  if (input.is_completed === null) issues.push(nullIssue('is_completed', 'boolean'));
  assertValid(issues);
  return toValues(input, priority);
}

function toValues(input: Omit<TaskInput, 'priority'>, priority: Priority): TaskValues {
  return {
    title: input.title,
    description: input.description ?? null,
    due_datetime: input.due_datetime?.toUtc()?.toNaive().toString() ?? null,
    priority,
    is_completed: input.is_completed === true,
  };
}

/** A replacement must name what a task cannot be without; description and due date are erased when absent. */
function replacementIssues(input: TaskReplacement): ValueIssue[] {
  const issues: ValueIssue[] = [];
  if (typeof input.title !== 'string') issues.push(nullIssue('title', 'string'));
  if (typeof input.priority !== 'string') issues.push(nullIssue('priority', 'string'));
  if (typeof input.is_completed !== 'boolean') issues.push(nullIssue('is_completed', 'boolean'));
  return [...issues, ...valueIssues(input)];
}

/** Undefined when something is missing or refused; `replacementIssues` says what. */
function readReplacement(input: TaskReplacement, priority: Priority): TaskValues | undefined {
  const { title, is_completed } = input;
  if (typeof title !== 'string' || typeof is_completed !== 'boolean') return undefined;
  return valueIssues(input).length === 0 ? toValues({ ...input, title, is_completed }, priority) : undefined;
}

function valueIssues(input: TaskReplacement): ValueIssue[] {
  const issues: ValueIssue[] = [];
  if (typeof input.title === 'string') issues.push(...storableTextIssues('title', input.title, 255));
  if (typeof input.description === 'string') issues.push(...storableTextIssues('description', input.description));
  if (input.due_datetime && !input.due_datetime.toUtc()) {
    issues.push({
      type: 'datetime_parsing',
      loc: ['body', 'due_datetime'],
      msg: 'Input should be a valid datetime, year is out of range in UTC',
      input: String(input.due_datetime),
      ctx: { error: 'year is out of range in UTC' },
    });
  }
  return issues;
}

function pythonList(values: readonly string[]): string {
  return `[${values.map((value) => `'${value}'`).join(', ')}]`;
}
