import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { describe, type TestContext, test } from 'node:test';
import { assertPage, assertSameAnswers } from '../../bench/answers.ts';
import { listen } from './listening.ts';

const user = { email: 'test@bench.example', token: 'test.token.signature', taskId: randomUUID() };

describe('the comparison before the load', () => {
  test('accepts servers that answer alike, except for what is new', async (t) => {
    await assertSameAnswers([await serve(t), await serve(t)], user);
  });

  test('refuses a server whose tasks differ', async (t) => {
    const other = await serve(t, { task: { priority: 'not_urgent_important' } });
    await assert.rejects(assertSameAnswers([await serve(t), other], user), /answer differently/);
  });

  test('refuses a server that lets a forged token in', async (t) => {
    const other = await serve(t, { accepts: () => true });
    await assert.rejects(assertSameAnswers([await serve(t), other], user), /is 200, not 401/);
  });

  test('refuses a server that only looks whether there is a token', async (t) => {
    const other = await serve(t, { accepts: (request) => request.headers.authorization !== undefined });
    await assert.rejects(assertSameAnswers([await serve(t), other], user), /is 200, not 401/);
  });

  test('refuses a page that is not full', () => {
    const body = JSON.stringify({ success: true, data: { tasks: [], total_count: 100, limit: 20, offset: 0 } });
    assert.throws(() => assertPage(body), /not a page of 20 of 100/);
  });

  test('refuses a new task without an id of its own', async (t) => {
    const other = await serve(t, { task: { id: 'new' } });
    await assert.rejects(assertSameAnswers([other], user), /id is new/);
  });
});

interface Planted {
  readonly task?: Record<string, unknown>;
  readonly accepts?: (request: IncomingMessage) => boolean;
}

async function serve(t: TestContext, planted: Planted = {}): Promise<{ name: string; port: number }> {
  const accepts = planted.accepts ?? ((request) => request.headers.authorization === `Bearer ${user.token}`);
  const server = createServer((request, response) => {
    const status = !isPublic(request) && !accepts(request) ? 401 : request.method === 'POST' ? 201 : 200;
    response.statusCode = status;
    response.end(JSON.stringify(status === 401 ? { detail: 'planted' } : answer(request, planted)));
  });
  return { name: 'planted', port: await listen(t, server) };
}

function isPublic(request: IncomingMessage): boolean {
  return request.url === '/health';
}

function answer(request: IncomingMessage, planted: Planted): unknown {
  if (isPublic(request)) return { status: 'healthy' };
  const task = { priority: 'urgent_important', created_at: '2026-01-01T00:00:00', updated_at: '2026-01-01T00:00:00' };
  if (request.method === 'POST') return { success: true, data: { ...task, id: randomUUID(), ...planted.task } };
  const stored = { ...task, id: user.taskId, ...planted.task };
  if (request.url?.includes('?') === false) return { success: true, data: stored };
  return { success: true, data: { tasks: Array(20).fill(stored), total_count: 100, limit: 20, offset: 0 } };
}
