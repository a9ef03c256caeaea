import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Type } from '@sinclair/typebox';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import type { WireOptions } from '../src/index.ts';
import { createTestApp, portOf, rawRequest } from './support.ts';

async function createPathApp(options: WireOptions = {}): Promise<FastifyInstance> {
  const app = await createTestApp(options);
  app.get('/things', async () => 'list');
  app.post('/things', async () => 'made');
  app.get('/things/:id', { schema: { params: Type.Object({ id: Type.String() }) } }, async (request) => request.params);
  app.get('/things/:id/parts', async () => 'parts');
  app.get('/files/*', async (request) => request.params);
  app.get('/slash/', async () => 'slash');
  app.route({ method: ['GET', 'HEAD'], url: '/docs', handler: async () => 'docs' });
  return app;
}

async function ask(url: string, method: InjectOptions['method'] = 'GET'): Promise<LightMyRequestResponse> {
  const app = await createPathApp();
  return await app.inject({ method: method ?? 'GET', url });
}

describe('routing', () => {
  test('answers an unknown path with 404 and FastAPI’s body', async () => {
    const answer = await ask('/nope');
    assert.equal(answer.statusCode, 404);
    assert.equal(answer.body, '{"detail":"Not Found"}');
    assert.equal(answer.headers['content-type'], 'application/json');
  });

  test('answers a known path with 405 and the methods of its first route only', async () => {
    const answer = await ask('/things', 'DELETE');
    assert.equal(answer.statusCode, 405);
    assert.equal(answer.headers.allow, 'GET');
    assert.equal(answer.body, '{"detail":"Method Not Allowed"}');
  });

  test('refuses HEAD unless the route asks for it', async () => {
    assert.equal((await ask('/things', 'HEAD')).statusCode, 405);
    assert.equal((await ask('/docs', 'HEAD')).statusCode, 200);
    assert.equal((await ask('/docs', 'PUT')).headers.allow, 'GET, HEAD');
  });

  test('redirects to the path without its trailing slashes, or with one, for any method', async () => {
    for (const [url, target] of [
      ['/things/', '/things'],
      ['/things///?a=%20&b', '/things?a=%20&b'],
      ['/slash', '/slash/'],
      ['/things/1/parts/', '/things/1/parts'],
    ] as const) {
      const answer = await ask(url, 'PATCH');
      assert.equal(answer.statusCode, 307, url);
      assert.equal(answer.headers.location, `http://localhost:80${target}`);
      assert.equal(answer.body, '');
      assert.equal(answer.headers['content-type'], undefined);
    }
  });

  test('decodes a path once, encoded slashes included', async () => {
    assert.deepEqual((await ask('/things/a%20%25%3Fb%23')).json(), { id: 'a %?b#' });
    assert.deepEqual((await ask('/things/%2525')).json(), { id: '%25' });
    assert.equal((await ask('/things%2F1%2Fparts')).body, 'parts');
    assert.equal((await ask('/things/a%2Fb')).statusCode, 404);
    assert.deepEqual((await ask('/files/a%2Fb//c')).json(), { '*': 'a/b//c' });
  });

  test('leaves an encoded slash inside its segment when asked to', async () => {
    const app = await createPathApp({ decodeEncodedSlash: false });
    assert.deepEqual((await app.inject('/things/a%2Fb')).json(), { id: 'a%2Fb' });
    assert.equal((await app.inject('/things%2F1')).statusCode, 404);
  });

  test('survives bytes that are no UTF-8 and percent signs that are no escapes', async () => {
    assert.deepEqual((await ask('/things/%FF')).json(), { id: '\ufffd' });
    assert.deepEqual((await ask('/things/%zz%')).json(), { id: '%zz%' });
  });

  test('looks past one line feed behind a path that ends in no parameter, as Python’s `$` does', async () => {
    assert.equal((await ask('/things%0A')).statusCode, 200);
    assert.equal((await ask('/things%0A', 'DELETE')).headers.allow, 'GET');
    assert.equal((await ask('/things%0A%0A')).statusCode, 404);
    assert.equal((await ask('/things/a%0A')).body, '{"id":"a\\n"}');
  });

  test('takes case, dots, semicolons and empty segments literally', async () => {
    assert.equal((await ask('/Things')).statusCode, 404);
    assert.deepEqual((await ask('/things/a;b=c')).json(), { id: 'a;b=c' });
    assert.equal((await ask('//things')).statusCode, 404);
    assert.equal((await ask('/things//parts')).statusCode, 404);
  });

  test('takes a segment of any length', async () => {
    assert.equal((await ask(`/things/${'x'.repeat(5000)}`)).statusCode, 200);
  });

  test('lets the last repetition of a query parameter win and keeps unusual syntax harmless', async () => {
    const app = await createTestApp();
    app.get('/q', async (request) => request.query);
    const answer = await app.inject('/q?a=1&a=2&b&c=+%2B;d=4&%FF=x&__proto__=p&&e=%zz');
    assert.equal(answer.body, '{"a":"2","b":"","c":" +;d=4","\ufffd":"x","__proto__":"p","e":"%zz"}');
  });
});

describe('the redirect’s Location', () => {
  test('takes dot segments literally on the wire', async () => {
    const app = await createPathApp();
    await app.listen({ port: 0, host: '127.0.0.1' });
    const port = portOf(app);
    const answer = await rawRequest(port, 'GET /things/.. HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    assert.match(answer, /\{"id":"\.\."\}$/);
    await app.close();
  });

  test('follows X-Forwarded-Proto of a peer on this machine only', async () => {
    const app = await createPathApp();
    const headers = { host: 'api.example.test:8443', 'x-forwarded-proto': 'https' };
    const near = await app.inject({ url: '/things/', headers });
    assert.equal(near.headers.location, 'https://api.example.test:8443/things');
    const far = await app.inject({ url: '/things/', headers, remoteAddress: '203.0.113.9' });
    assert.equal(far.headers.location, 'http://api.example.test:8443/things');
    const odd = await app.inject({ url: '/things/', headers: { ...headers, 'x-forwarded-proto': 'javascript' } });
    assert.equal(odd.headers.location, 'http://api.example.test:8443/things');
  });

  test('redirects to the path alone when redirects are not absolute, never to another host', async () => {
    const app = await createPathApp({ absoluteRedirects: false });
    const headers = { host: 'evil.example', 'x-forwarded-proto': 'https' };
    assert.equal((await app.inject({ url: '/things/?a=1', headers })).headers.location, '/things?a=1');
    const answer = await app.inject({ url: '/things//', headers });
    assert.equal(answer.headers.location, '/things');
  });

  test('never takes over a Host that is none', async () => {
    const app = await createPathApp();
    await app.listen({ port: 0, host: '127.0.0.1' });
    const port = portOf(app);
    for (const host of ['evil.example/..', 'a b', 'user@evil.example', 'x"<>', 'évil', '']) {
      const answer = await rawRequest(port, `GET /things/ HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      assert.match(answer, /^HTTP\/1\.1 307 /, host);
      assert.match(answer, new RegExp(`\r\nlocation: http://127\\.0\\.0\\.1:${port}/things\r\n`), host);
    }
    await app.close();
  });
});
