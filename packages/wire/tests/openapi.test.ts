import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import { openapiDocument, WireDateTime, WireUuid } from '../src/index.ts';
import { createTestApp } from './support.ts';

const published = JSON.parse(readFileSync(new URL('data/openapi.json', import.meta.url), 'utf8'));

const nullableText = Type.Union([Type.String(), Type.Null()]);
const priority = Type.Unsafe<string>({
  title: 'PriorityEnum',
  'x-wire': { enumClass: true },
  type: 'string',
  enum: ['urgent_important', 'not_urgent_important', 'urgent_not_important', 'not_urgent_not_important'],
});
const taskRead = Type.Object(
  {
    title: Type.String({ maxLength: 255 }),
    description: Type.Optional(nullableText),
    due_datetime: Type.Optional(Type.Union([WireDateTime(), Type.Null()])),
    priority,
    is_completed: Type.Boolean({ default: false }),
    id: WireUuid(),
    user_id: WireUuid(),
    created_at: WireDateTime(),
    updated_at: WireDateTime(),
  },
  { $id: 'TaskRead' },
);
const userData = Type.Object(
  {
    user_id: WireUuid(),
    email: Type.String(),
    name: Type.Optional(nullableText),
    is_active: Type.Boolean(),
    created_at: WireDateTime(),
    updated_at: WireDateTime(),
    token: Type.Optional(nullableText),
  },
  { title: 'UserData' },
);
const taskCreate = Type.Object(
  {
    title: Type.String(),
    description: Type.Optional(nullableText),
    due_datetime: Type.Optional(Type.Union([WireDateTime(), Type.Null()])),
    priority: Type.String(),
    is_completed: Type.Union([Type.Boolean(), Type.Null()], { default: false }),
  },
  { title: 'TaskCreateRequest' },
);
const taskUpdate = Type.Object(
  {
    title: Type.Optional(nullableText),
    description: Type.Optional(nullableText),
    due_datetime: Type.Optional(Type.Union([WireDateTime(), Type.Null()])),
    priority: Type.Optional(nullableText),
    is_completed: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  },
  { title: 'TaskUpdateRequest' },
);
const taskAnswer = (title: string) =>
  Type.Object({ success: Type.Boolean(), data: Type.Optional(Type.Union([taskRead, Type.Null()])) }, { title });
const userAnswer = (title: string) =>
  Type.Object(
    {
      success: Type.Boolean(),
      data: Type.Optional(Type.Union([userData, Type.Null()])),
      message: Type.Optional(nullableText),
    },
    { title },
  );
const password = Type.String({ 'x-wire': { secret: true, maxLength: 4096 } });
const taskList = Type.Object(
  { success: Type.Boolean(), data: Type.Object({}, { additionalProperties: true, title: 'Data' }) },
  { title: 'TaskListResponse' },
);

async function createDocumentedApp(): Promise<FastifyInstance> {
  const app = await createTestApp();
  const handler = async (): Promise<object> => ({});
  const tasks = (name: string) => ({ openapi: { name, tags: ['tasks'], security: ['HTTPBearer'] } });
  const auth = (name: string) => ({ openapi: { name, tags: ['auth'] } });
  const params = Type.Object({ task_id: WireUuid() });
  app.post('/api/tasks', {
    config: tasks('create_task'),
    schema: { body: taskCreate, response: { 201: taskAnswer('TaskResponse') } },
    handler,
  });
  const querystring = Type.Object({
    priority: Type.Optional(nullableText),
    completed: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 50 }),
    offset: Type.Integer({ minimum: 0, default: 0 }),
    sort_by: Type.String({ default: 'created_at' }),
    sort_order: Type.String({ default: 'desc' }),
  });
  app.get('/api/tasks', { config: tasks('get_tasks'), schema: { querystring, response: { 200: taskList } }, handler });
  const response = { 200: taskAnswer('TaskResponse') };
  app.get('/api/tasks/:task_id', { config: tasks('get_task'), schema: { params, response }, handler });
  app.put('/api/tasks/:task_id', {
    config: tasks('update_task'),
    schema: { params, body: taskUpdate, response },
    handler,
  });
  app.delete('/api/tasks/:task_id', {
    config: tasks('delete_task'),
    schema: { params, response: { 204: Type.Null() } },
    handler,
  });
  const completion = Type.Object({ completed: Type.Boolean() }, { title: 'TaskCompletionRequest' });
  app.patch('/api/tasks/:task_id/complete', {
    config: tasks('update_task_completion'),
    schema: { params, body: completion, response: { 200: taskAnswer('TaskCompletionResponse') } },
    handler,
  });
  const signup = Type.Object(
    { email: Type.String(), password, name: Type.Optional(nullableText) },
    { title: 'UserCreateRequest' },
  );
  const signin = Type.Object({ email: Type.String(), password }, { title: 'UserLoginRequest' });
  app.post('/api/v1/auth/signup', {
    config: auth('signup'),
    schema: { body: signup, response: { 201: userAnswer('UserResponse') } },
    handler,
  });
  app.post('/api/v1/auth/signin', {
    config: auth('signin'),
    schema: { body: signin, response: { 200: userAnswer('UserLoginResponse') } },
    handler,
  });
  app.post('/api/v1/auth/signout', { config: auth('signout'), handler });
  app.get('/api/v1/auth/me', {
    config: { openapi: { name: 'get_current_user_profile', tags: ['auth'], security: ['HTTPBearer'] } },
    schema: { response: { 200: userAnswer('UserResponse') } },
    handler,
  });
  app.get('/health', { config: { openapi: { name: 'health_check' } }, handler });
  app.get('/health/db', { config: { openapi: { name: 'db_health_check' } }, handler });
  app.get('/health/auth', { config: { openapi: { name: 'auth_health_check' } }, handler });
  app.get('/internal', { config: { openapi: { hidden: true } }, handler });
  app.post('/token', { config: { openapi: { tags: ['native'] }, wire: { form: signin } }, handler });
  return app;
}

function withoutTexts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTexts);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([key]) => key !== 'summary');
  return Object.fromEntries(
    members.map(([key, member]) => [
      key,
      key === 'description' && typeof member === 'string' ? '' : withoutTexts(member),
    ]),
  );
}

describe('the OpenAPI document', () => {
  test('of routes like a recorded FastAPI application’s equals its document', async () => {
    const app = await createDocumentedApp();
    const document = openapiDocument(app, {
      title: 'Todo Backend API',
      version: '1.0.0',
      securitySchemes: { HTTPBearer: { type: 'http', scheme: 'bearer' }, Unused: { type: 'http', scheme: 'basic' } },
      include: (route) => route.openapi.tags?.includes('native') !== true,
    });
    assert.deepEqual(withoutTexts(document), published);
  });

  test('shows a form under its own media type and never the wire’s own rules', async () => {
    const app = await createDocumentedApp();
    const document = openapiDocument(app, { title: 't', version: '1', include: (route) => route.url === '/token' });
    const text = JSON.stringify(document);
    assert.match(
      text,
      /application\/x-www-form-urlencoded":\{"schema":\{"\$ref":"#\/components\/schemas\/UserLoginRequest/,
    );
    assert.doesNotMatch(text, /x-wire/);
  });

  test('refuses one name for two schemas', async () => {
    const app = await createTestApp();
    const handler = async (): Promise<object> => ({});
    app.post('/a', { schema: { body: Type.Object({ a: Type.String() }, { title: 'Same' }) }, handler });
    app.post('/b', { schema: { body: Type.Object({ b: Type.String() }, { title: 'Same' }) }, handler });
    assert.throws(() => openapiDocument(app, { title: 't', version: '1' }), /two different schemas are named Same/);
  });
});
