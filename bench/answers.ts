import { deepStrictEqual } from 'node:assert/strict';
import type { LoadRequest } from './load/jobs.ts';
import { type SeededUser, tasksPerUser } from './seed.ts';

/** How many tasks a page of the list suite has. */
export const pageSize = 20;

export function listRequest(user: SeededUser): LoadRequest {
  return { method: 'GET', path: `/api/tasks?limit=${pageSize}`, token: user.token };
}

export function createRequest(user: SeededUser): LoadRequest {
  const body = {
    title: 'Buy oat milk',
    description: 'Two litres, from the shop round the corner; the blue one, not the green one.',
    due_datetime: '2027-06-01T09:30:00',
    priority: 'urgent_important',
    is_completed: false,
  };
  return { method: 'POST', path: '/api/tasks', token: user.token, body: JSON.stringify(body) };
}

export function readRequest(user: SeededUser): LoadRequest {
  return { method: 'GET', path: `/api/tasks/${user.taskId}`, token: user.token };
}

/**
 * Asserts that all servers answer alike, so that their times can be compared: the same pages and tasks, the same kind of
 * new task, and a refusal without a genuine token.
 */
export async function assertSameAnswers(
  servers: readonly { name: string; port: number }[],
  user: SeededUser,
): Promise<void> {
  const [first, ...others] = await Promise.all(
    servers.map(async ({ name, port }) => ({ name, answers: await collectAnswers(name, port, user) })),
  );
  for (const other of others) {
    deepStrictEqual(other.answers, first?.answers, `${other.name} and ${first?.name} answer differently`);
  }
}

/** Asserts that a list's body is a full page of a user with all its tasks. */
export function assertPage(body: string): void {
  const { data } = parseEnvelope(body);
  const { tasks, total_count } = { tasks: data['tasks'], total_count: data['total_count'] };
  if (!Array.isArray(tasks) || tasks.length !== pageSize || total_count !== tasksPerUser) {
    throw new Error(`not a page of ${pageSize} of ${tasksPerUser} tasks: ${body.slice(0, 500)}`);
  }
}

/** Asserts that a body is a task that has just been created. */
export function assertCreated(body: string): void {
  normaliseCreated(parseEnvelope(body).data);
}

async function collectAnswers(name: string, port: number, user: SeededUser): Promise<Record<string, unknown>> {
  const ask = async (request: LoadRequest, status: number): Promise<string> => {
    const answer = await send(port, request);
    if (answer.status === status) return answer.body;
    throw new Error(`${name}: ${request.method} ${request.path} is ${answer.status}, not ${status}: ${answer.body}`);
  };
  const list = listRequest(user);
  await ask({ method: list.method, path: list.path }, 401);
  await ask({ ...list, token: forge(user.token) }, 401);
  const page = await ask(list, 200);
  assertPage(page);
  return {
    health: JSON.parse(await ask({ method: 'GET', path: '/health' }, 200)),
    page: parseEnvelope(page),
    nextPage: parseEnvelope(await ask({ ...list, path: `${list.path}&offset=${pageSize}` }, 200)),
    task: parseEnvelope(await ask(readRequest(user), 200)),
    created: normaliseCreated(parseEnvelope(await ask(createRequest(user), 201)).data),
  };
}

async function send(
  port: number,
  { method, path, token, body }: LoadRequest,
): Promise<{ status: number; body: string }> {
  const headers = new Headers();
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  if (body !== undefined) headers.set('content-type', 'application/json');
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
  });
  return { status: response.status, body: await response.text() };
}

/** Another signature of the same length. */
function forge(token: string): string {
  const start = token.lastIndexOf('.') + 1;
  return token.slice(0, start) + token.slice(start).replace(/^./, (first) => (first === 'A' ? 'B' : 'A'));
}

function parseEnvelope(body: string): { data: Record<string, unknown> } {
  const parsed: unknown = JSON.parse(body);
  const isEnvelope = isRecord(parsed) && parsed['success'] === true && isRecord(parsed['data']);
  if (!isEnvelope || !isRecord(parsed['data'])) throw new Error(`not a success: ${body.slice(0, 500)}`);
  return { ...parsed, data: parsed['data'] };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** What is new in each answer is checked by its form and then taken out. */
function normaliseCreated(task: Record<string, unknown>): Record<string, unknown> {
  const forms = { id: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, created_at: timestamp, updated_at: timestamp };
  for (const [name, form] of Object.entries(forms)) {
    if (!form.test(String(task[name]))) throw new Error(`not a new task: ${name} is ${String(task[name])}`);
  }
  return { ...task, id: 'new', created_at: 'now', updated_at: 'now' };
}

const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?$/;
