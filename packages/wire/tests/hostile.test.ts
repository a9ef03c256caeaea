import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type } from '@sinclair/typebox';
import * as fc from 'fast-check';
import { createTestApp } from './support.ts';

test('no request makes the wire answer with a 5xx', async () => {
  const app = await createTestApp({ cors: { origins: ['https://app.example', '*'], allowCredentials: true } });
  const schema = {
    params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
    querystring: Type.Object({
      n: Type.Integer({ default: 1 }),
      at: Type.Optional(Type.String({ format: 'date-time' })),
    }),
    body: Type.Object({
      name: Type.String({ minLength: 1 }),
      size: Type.Number({ default: 0 }),
      any: Type.Optional(Type.Unknown()),
    }),
  };
  app.post('/items/:id', { schema }, async (request) => ({ body: request.body, query: request.query }));
  app.get('/files/*', async (request) => request.params);
  const piece = fc.oneof(
    fc.constantFrom('items', 'files', '..', '', '%2F', '%FF', '%', '%00', ';', '123e4567e89b12d3a456426614174000', 'é'),
    fc.string({ maxLength: 6 }).map((text) => encodeURIComponent(text.toWellFormed())),
  );
  const target = fc.tuple(fc.array(piece, { maxLength: 4 }), fc.array(piece, { maxLength: 3 }));
  const payload = fc.oneof(
    fc.json(),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom('{"name":"\ud800"}', '{"name":"n","any":[1e400,NaN,1.0]}', '{"name":"n","size":"inf"}', 'null', ''),
  );
  const type = fc.constantFrom('application/json', 'text/plain', '@@', 'application/x+json;charset=zz', ';', 'a/b/c');
  await fc.assert(
    fc.asyncProperty(target, payload, type, async ([path, query], body, contentType) => {
      const url = `/${path.join('/')}?n=${query.join('&at=')}`;
      const headers = { 'content-type': contentType, origin: 'https://x.example' };
      const answer = await app.inject({ method: 'POST', url, payload: body, headers });
      assert.ok(answer.statusCode < 500, `${answer.statusCode} ${answer.body}`);
    }),
    { numRuns: 400 },
  );
});
