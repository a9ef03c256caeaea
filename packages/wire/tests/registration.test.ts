import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Type } from '@sinclair/typebox';
import fastify from 'fastify';
import { serverOptions, wire } from '../src/index.ts';

const body = Type.Object({ n: Type.Integer() });

describe('registering the wire', () => {
  test('refuses to start with an earlier route, whose values nobody would check', async () => {
    const app = fastify({ ...serverOptions() });
    app.post('/early', { schema: { body } }, async (request) => request.body);
    await app.register(wire);

    await assert.rejects(async () => app.ready(), /POST: \/early, .* before the wire/);
  });

  test('in a scope leaves the routes outside of it to Fastify', async () => {
    const app = fastify({ ...serverOptions() });
    app.post('/outside', { schema: { body } }, async (request) => request.body);
    await app.register(async (scope) => {
      await scope.register(wire);
      scope.post('/inside', { schema: { body } }, async (request) => request.body);
    });

    const statusOf = async (url: string) =>
      (await app.inject({ method: 'POST', url, payload: { n: 'no' } })).statusCode;
    assert.deepEqual([await statusOf('/outside'), await statusOf('/inside')], [400, 422]);
  });
});
