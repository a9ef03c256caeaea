import { Type } from '@sinclair/typebox';
import { WireDateTime, WireInteger } from '@stanchion/wire';
import { createSelectSchema } from 'drizzle-typebox';
import { priorities, tasks } from '../models/tasks.ts';
import { envelope, model, nullable } from './common.ts';

const PriorityEnum = Type.Unsafe<(typeof priorities)[number]>({
  type: 'string',
  enum: [...priorities],
  title: 'PriorityEnum',
  'x-wire': { enumClass: true },
});

const stored = createSelectSchema(tasks, {
  due_datetime: () => Type.String({ format: 'date-time' }),
  created_at: () => Type.String({ format: 'date-time' }),
  updated_at: () => Type.String({ format: 'date-time' }),
}).properties;

/** A task as clients read it: the model's columns in their order, without what only the database needs. */
export const TaskRead = model('TaskRead', {
  title: stored.title,
  description: Type.Optional(stored.description),
  due_datetime: Type.Optional(nullable(Type.String({ format: 'date-time' }))),
  priority: PriorityEnum,
  is_completed: Type.Optional(Type.Boolean({ default: false })),
  id: stored.id,
  user_id: stored.user_id,
  created_at: stored.created_at,
  updated_at: stored.updated_at,
});

export const TaskResponse = envelope('TaskResponse', { data: Type.Optional(nullable(TaskRead)) });

export const TaskCompletionResponse = envelope('TaskCompletionResponse', { data: Type.Optional(nullable(TaskRead)) });

/** The incumbent documents the page as a free-form object; what it holds is said here, for the serialiser. */
export const TaskListResponse = envelope('TaskListResponse', {
  data: Type.Object(
    {
      tasks: Type.Array(TaskRead),
      total_count: Type.Integer(),
      limit: Type.Integer(),
      offset: WireInteger(),
    },
    { 'x-wire': { documentedAs: { type: 'object', additionalProperties: true } } },
  ),
});

export const TaskCreateRequest = model('TaskCreateRequest', {
  title: Type.String(),
  description: Type.Optional(nullable(Type.String())),
  due_datetime: Type.Optional(nullable(WireDateTime())),
  priority: Type.String(),
  is_completed: Type.Optional(nullable(Type.Boolean(), { default: false })),
});

export const TaskUpdateRequest = model('TaskUpdateRequest', {
  title: Type.Optional(nullable(Type.String())),
  description: Type.Optional(nullable(Type.String())),
  due_datetime: Type.Optional(nullable(WireDateTime())),
  priority: Type.Optional(nullable(Type.String())),
  is_completed: Type.Optional(nullable(Type.Boolean())),
});

export const TaskCompletionRequest = model('TaskCompletionRequest', { completed: Type.Boolean() });

export const TaskParams = Type.Object({ task_id: Type.String({ format: 'uuid' }) });

export const TaskListParams = Type.Object({
  priority: Type.Optional(nullable(Type.String())),
  completed: Type.Optional(nullable(Type.Boolean())),
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 50 }),
  offset: WireInteger({ minimum: 0, default: 0 }),
  sort_by: Type.String({ default: 'created_at' }),
  sort_order: Type.String({ default: 'desc' }),
});
