import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Type } from '@sinclair/typebox';
import { createTestApp, portOf } from './support.ts';

const form = 'application/x-www-form-urlencoded';
const login = Type.Object({ username: Type.String(), password: Type.String() });

describe('parameters outside path and query', () => {
  test('reads headers and cookies as typed values', async () => {
    const app = await createTestApp();
    const schema = {
      headers: Type.Object({ 'x-limit': Type.Integer({ default: 3 }), 'x-tags': Type.Array(Type.String()) }),
    };
    const cookies = Type.Object({ size: Type.Integer(), name: Type.Optional(Type.String()) });
    app.get('/', { schema, config: { wire: { cookies } } }, async (request) => ({
      limit: request.headers['x-limit'],
      tags: request.headers['x-tags'],
      cookies: request.cookieValues,
    }));
    await app.listen({ port: 0, host: '127.0.0.1' });
    const headers: [string, string][] = [
      ['x-tags', 'a, b'],
      ['cookie', 'size="7"; name=x=y; other'],
    ];
    const answer = await fetch(`http://127.0.0.1:${portOf(app)}/`, { headers });
    assert.equal(await answer.text(), '{"limit":3,"tags":["a, b"],"cookies":{"size":7,"name":"x=y"}}');
    await app.close();
  });

  test('names header and cookie in the place of an error, after path and query', async () => {
    const app = await createTestApp();
    const n = Type.Object({ n: Type.Integer() });
    const schema = { params: n, querystring: n, headers: Type.Object({ 'x-n': Type.Integer() }) };
    app.get('/:n', { schema, config: { wire: { cookies: n } } }, async () => ({}));
    const answer = await app.inject({ url: '/x?n=x', headers: { 'x-n': 'x', cookie: 'n=x' } });
    const places = answer.json().detail.map((item: { loc: string[] }) => item.loc[0]);
    assert.deepEqual(places, ['path', 'query', 'header', 'cookie']);
  });
});

describe('forms', () => {
  test('are read only when the content-type says so; anything else is an empty form', async () => {
    const app = await createTestApp();
    app.post('/token', { config: { wire: { form: login } } }, async (request) => request.body);
    const sent = await app.inject({
      method: 'POST',
      url: '/token',
      headers: { 'content-type': form },
      payload: 'username=a+b&password=%26',
    });
    assert.equal(sent.body, '{"username":"a b","password":"&"}');
    for (const [type, payload] of [
      ['application/json', '{'],
      [form, ''],
      ['text/plain', 'username=a'],
    ] as const) {
      const answer = await app.inject({ method: 'POST', url: '/token', headers: { 'content-type': type }, payload });
      assert.equal(answer.statusCode, 422);
      assert.equal(
        answer.body,
        '{"detail":[{"type":"missing","loc":["body","username"],"msg":"Field required","input":null},' +
          '{"type":"missing","loc":["body","password"],"msg":"Field required","input":null}]}',
      );
    }
  });

  test('stand beside a JSON body on one route', async () => {
    const app = await createTestApp();
    const json = Type.Object({ email: Type.String(), password: Type.String() });
    app.post('/login', { schema: { body: json }, config: { wire: { form: login } } }, async (request) => request.body);
    const asForm = await app.inject({
      method: 'POST',
      url: '/login',
      headers: { 'content-type': form },
      payload: 'username=a&password=b',
    });
    assert.equal(asForm.body, '{"username":"a","password":"b"}');
    const asJson = await app.inject({ method: 'POST', url: '/login', payload: { email: 'e', password: 'b' } });
    assert.equal(asJson.body, '{"email":"e","password":"b"}');
    const broken = await app.inject({
      method: 'POST',
      url: '/login',
      headers: { 'content-type': 'application/json' },
      payload: '{',
    });
    assert.equal(broken.json().detail[0].type, 'json_invalid');
    const missing = await app.inject({ method: 'POST', url: '/login' });
    assert.deepEqual(missing.json().detail[0].loc, ['body']);
  });
});

describe('an answer without a schema', () => {
  test('holds every value that the wire hands out', async () => {
    const app = await createTestApp();
    const querystring = Type.Object({ offset: Type.Integer() });
    app.get('/', { schema: { querystring } }, async (request) => ({ query: request.query }));
    app.post('/any', { schema: { body: {} } }, async (request) => request.body);
    const answer = await app.inject('/?offset=9223372036854775807');
    assert.equal(answer.body, '{"query":{"offset":9223372036854775807}}');
    const headers = { 'content-type': 'application/json' };
    const text = '{"b":[1.0,1e400,null],"2":"\\ud800","1":12345678901234567890}';
    const echoed = await app.inject({ method: 'POST', url: '/any', headers, payload: text });
    assert.equal(echoed.body, '{"b":[1.0,null,null],"2":"\\ud800","1":12345678901234567890}');
  });

  test('has the only success status that the route declares', async () => {
    const app = await createTestApp();
    app.post('/a', { schema: { response: { 202: Type.Object({}), 404: Type.Object({}) } } }, async () => ({}));
    app.post('/b', { config: { wire: { status: 201 } } }, async () => ({}));
    app.post('/c', { config: { wire: { status: 204, emptyContentType: false } } }, async () => undefined);
    assert.equal((await app.inject({ method: 'POST', url: '/a' })).statusCode, 202);
    assert.equal((await app.inject({ method: 'POST', url: '/b' })).statusCode, 201);
    const empty = await app.inject({ method: 'POST', url: '/c' });
    assert.equal(empty.statusCode, 204);
    assert.equal(empty.headers['content-type'], undefined);
  });
});
