import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import { createTestApp, StatusError } from './support.ts';

const item = Type.Object({ name: Type.String(), size: Type.Optional(Type.Integer({ default: 1 })) }, { title: 'Item' });

async function createItemApp(): Promise<FastifyInstance> {
  const app = await createTestApp();
  const guard = async (request: { headers: Record<string, unknown> }): Promise<void> => {
    if (request.headers['x-key'] === undefined) throw new StatusError(401);
  };
  const schema = {
    params: Type.Object({ id: Type.Integer() }),
    querystring: Type.Object({ limit: Type.Integer({ maximum: 10, default: 5 }) }),
    body: item,
  };
  app.put('/items/:id', { schema, preValidation: guard }, async (request) => ({
    params: request.params,
    query: request.query,
    body: request.body,
  }));
  app.delete(
    '/items/:id',
    { schema: { params: schema.params, response: { 204: Type.Null() } } },
    async () => undefined,
  );
  app.get('/items', async () => []);
  app.post('/items', async () => ({}));
  return app;
}

const json = { 'content-type': 'application/json' };
const key = { 'x-key': 'k' };

describe('the order of a request', () => {
  test('reports a JSON syntax error before the guard runs', async () => {
    const app = await createItemApp();
    const answer = await app.inject({ method: 'PUT', url: '/items/x', headers: json, payload: '{"name":}' });
    assert.equal(answer.statusCode, 422);
    assert.equal(answer.json().detail[0].type, 'json_invalid');
    assert.equal(answer.headers.connection, 'keep-alive');
  });

  test('lets the guard refuse before path, query and body are validated', async () => {
    const app = await createItemApp();
    const answer = await app.inject({ method: 'PUT', url: '/items/x?limit=99', headers: json, payload: '{"name":5}' });
    assert.equal(answer.statusCode, 401);
  });

  test('reports path, query and body errors together, in that order', async () => {
    const app = await createItemApp();
    const headers = { ...json, ...key };
    const answer = await app.inject({ method: 'PUT', url: '/items/x?limit=99', headers, payload: '{"size":"z"}' });
    assert.equal(answer.statusCode, 422);
    const places = answer.json().detail.map((error: { loc: unknown }) => error.loc);
    assert.deepEqual(places, [
      ['path', 'id'],
      ['query', 'limit'],
      ['body', 'name'],
      ['body', 'size'],
    ]);
  });

  test('hands typed values with defaults to the handler', async () => {
    const app = await createItemApp();
    const headers = { ...json, ...key };
    const answer = await app.inject({ method: 'PUT', url: '/items/07', headers, payload: '{"name":"n","id":9}' });
    assert.equal(answer.body, '{"params":{"id":7},"query":{"limit":5},"body":{"name":"n","size":1}}');
  });

  test('ignores the body of a route without a body schema, even a broken one', async () => {
    const app = await createItemApp();
    const answer = await app.inject({ method: 'DELETE', url: '/items/1', headers: json, payload: '{' });
    assert.equal(answer.statusCode, 204);
    assert.equal(answer.headers['content-type'], 'application/json');
    assert.equal((await app.inject({ method: 'POST', url: '/items', headers: json, payload: '{' })).statusCode, 200);
  });

  test('takes a body of any declared type to validation, never 415', async () => {
    const app = await createItemApp();
    for (const type of ['text/plain', 'application/xml', '@@;;=', 'multipart/form-data']) {
      const headers = { 'content-type': type, ...key };
      const answer = await app.inject({ method: 'PUT', url: '/items/1', headers, payload: '{"name":"n"}' });
      assert.equal(answer.statusCode, 422, type);
      assert.equal(answer.json().detail[0].input, '{"name":"n"}');
    }
  });

  test('reads a body without content-type as JSON', async () => {
    const app = await createItemApp();
    const answer = await app.inject({
      method: 'PUT',
      url: '/items/1',
      headers: key,
      payload: Buffer.from('{"name":"n"}'),
    });
    assert.equal(answer.statusCode, 200);
  });

  test('answers an empty body and a null alike: one missing body', async () => {
    const app = await createItemApp();
    for (const payload of ['', 'null']) {
      const answer = await app.inject({ method: 'PUT', url: '/items/1', headers: { ...json, ...key }, payload });
      assert.equal(answer.body, '{"detail":[{"type":"missing","loc":["body"],"msg":"Field required","input":null}]}');
    }
  });

  test('answers unreadable bytes, deep nesting and endless integers with 400', async () => {
    const app = await createItemApp();
    const hostile = [Buffer.from([0x22, 0xff, 0x22]), '['.repeat(5000), '9'.repeat(5000)];
    for (const payload of hostile) {
      const answer = await app.inject({ method: 'PUT', url: '/items/1', headers: { ...json, ...key }, payload });
      assert.equal(answer.statusCode, 400);
      assert.equal(answer.body, '{"detail":"There was an error parsing the body"}');
    }
  });

  test('shows the content-type as it was sent to guards and handlers', async () => {
    const app = await createTestApp();
    app.post('/echo', { schema: { body: {} } }, async (request) => ({ type: request.headers['content-type'] }));
    app.get('/echo', async (request) => ({ type: request.headers['content-type'] ?? null }));
    const headers = { 'content-type': 'application/json; x=1' };
    assert.equal(
      (await app.inject({ method: 'POST', url: '/echo', headers, payload: '1' })).json().type,
      headers['content-type'],
    );
    assert.equal((await app.inject({ method: 'POST', url: '/echo', headers })).statusCode, 422);
    assert.equal((await app.inject({ method: 'GET', url: '/echo', headers })).json().type, headers['content-type']);
  });

  test('keeps the text of an undecodable non-JSON body readable instead of failing', async () => {
    const app = await createItemApp();
    const headers = { 'content-type': 'text/plain', ...key };
    const payload = Buffer.from([0xe9, 0x61]);
    const answer = await app.inject({ method: 'PUT', url: '/items/1', headers, payload });
    assert.equal(answer.statusCode, 422);
    assert.equal(answer.json().detail[0].input, '\ufffda');
  });
});
