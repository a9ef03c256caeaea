import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { Type } from '@sinclair/typebox';
import { DateTime, WireDateTime, WireUuid } from '../src/index.ts';
import { createTestApp } from './support.ts';

test('a TypeBox route sees validated values under their own types', async () => {
  const base = await createTestApp();
  const app = base.withTypeProvider<TypeBoxTypeProvider>();
  const body = Type.Object({ at: WireDateTime(), note: Type.Optional(Type.Union([Type.String(), Type.Null()])) });
  const schema = {
    params: Type.Object({ id: WireUuid() }),
    querystring: Type.Object({ limit: Type.Integer({ default: 5 }) }),
    body,
    response: {
      200: Type.Object({ year: Type.Integer(), id: Type.String(), next: Type.Integer(), at: WireDateTime() }),
    },
  };
  app.post('/:id', { schema }, async (request) => {
    const { at } = request.body;
    assert.ok(at instanceof DateTime);
    return { year: at.year, id: request.params.id, next: request.query.limit + 1, at: at.toUtc() ?? at };
  });
  const url = '/123E4567E89B12D3A456426614174000';
  const answer = await app.inject({ method: 'POST', url, payload: { at: '2024-12-31T23:00-02:00' } });
  assert.equal(
    answer.body,
    '{"year":2024,"id":"123e4567-e89b-12d3-a456-426614174000","next":6,"at":"2025-01-01T01:00:00Z"}',
  );
});
