import type { Guards } from '../plugins/authenticate.ts';
import { principalOf } from '../plugins/authenticate.ts';
import type { App } from '../plugins/typed-app.ts';
import {
  TaskCompletionRequest,
  TaskCompletionResponse,
  TaskCreateRequest,
  TaskListParams,
  TaskListResponse,
  TaskParams,
  TaskResponse,
  TaskUpdateRequest,
} from '../schemas/tasks.ts';
import type { TasksService } from '../services/tasks.ts';

export function registerTasks(app: App, tasks: TasksService, guards: Guards): void {
  const bearer = { security: ['HTTPBearer'], tags: ['tasks'] };

  app.post(
    '/api/tasks',
    {
      preValidation: guards.user,
      schema: { body: TaskCreateRequest, response: { 201: TaskResponse } },
      config: { openapi: { name: 'create_task', ...bearer } },
    },
    async (request, reply) => {
      const data = await tasks.create(principalOf(request), request.body);
      return reply.code(201).send({ success: true, data });
    },
  );

  app.get(
    '/api/tasks',
    {
      preValidation: guards.user,
      schema: { querystring: TaskListParams, response: { 200: TaskListResponse } },
      config: { openapi: { name: 'get_tasks', ...bearer } },
    },
    async (request) => ({ success: true, data: await tasks.list(principalOf(request), request.query) }),
  );

  app.get(
    '/api/tasks/:task_id',
    {
      preValidation: guards.user,
      schema: { params: TaskParams, response: { 200: TaskResponse } },
      config: { openapi: { name: 'get_task', ...bearer } },
    },
    async (request) => ({ success: true, data: await tasks.get(principalOf(request), request.params.task_id) }),
  );

  app.put(
    '/api/tasks/:task_id',
    {
      preValidation: guards.user,
      schema: { params: TaskParams, body: TaskUpdateRequest, response: { 200: TaskResponse } },
      config: { openapi: { name: 'update_task', ...bearer } },
    },
    async (request) => {
      const data = await tasks.replace(principalOf(request), request.params.task_id, request.body);
      return { success: true, data };
    },
  );

  app.patch(
    '/api/tasks/:task_id/complete',
    {
      preValidation: guards.user,
      schema: { params: TaskParams, body: TaskCompletionRequest, response: { 200: TaskCompletionResponse } },
      config: { openapi: { name: 'update_task_completion', ...bearer } },
    },
    async (request) => {
      const data = await tasks.complete(principalOf(request), request.params.task_id, request.body.completed);
      return { success: true, data };
    },
  );

  app.delete(
    '/api/tasks/:task_id',
    {
      preValidation: guards.user,
      schema: { params: TaskParams },
      config: { wire: { status: 204 }, openapi: { name: 'delete_task', ...bearer } },
    },
    async (request) => {
      await tasks.remove(principalOf(request), request.params.task_id);
    },
  );
}
