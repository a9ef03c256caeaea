import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import type { CorsOptions } from '../src/index.ts';
import { createTestApp, portOf, rawRequest, StatusError } from './support.ts';

const listed = 'https://app.example';
const cors: CorsOptions = { origins: [listed], allowCredentials: true, exposeHeaders: ['X-Total'] };

async function createCorsApp(options: CorsOptions = cors): Promise<FastifyInstance> {
  const app = await createTestApp({ cors: options });
  app.get('/ok', async () => ({}));
  app.get('/guarded', { preValidation: async () => Promise.reject(new StatusError(401)) }, async () => ({}));
  app.get('/broken', async () => {
    throw new Error('a fault');
  });
  return app;
}

function corsHeaders(answer: LightMyRequestResponse): Record<string, unknown> {
  const names = Object.keys(answer.headers).filter((name) => name.startsWith('access-control-') || name === 'vary');
  return Object.fromEntries(names.map((name) => [name.replace('access-control-', ''), answer.headers[name]]));
}

async function preflight(
  headers: Record<string, string>,
  options: CorsOptions = cors,
): Promise<LightMyRequestResponse> {
  const app = await createCorsApp(options);
  return await app.inject({ method: 'OPTIONS', url: '/any/path', headers });
}

describe('CORS', () => {
  test('adds nothing without an Origin header', async () => {
    const app = await createCorsApp();
    assert.deepEqual(corsHeaders(await app.inject('/ok')), {});
  });

  test('mirrors a listed origin on every answer, errors included', async () => {
    const app = await createCorsApp();
    for (const url of ['/ok', '/nope', '/guarded', '/broken', '/ok/']) {
      const answer = await app.inject({ url, headers: { origin: listed } });
      const expected = {
        'allow-origin': listed,
        'allow-credentials': 'true',
        'expose-headers': 'X-Total',
        vary: 'Origin',
      };
      assert.deepEqual(corsHeaders(answer), expected, url);
    }
  });

  test('gives a foreign origin its answer without allow-origin', async () => {
    const app = await createCorsApp();
    const answer = await app.inject({ url: '/ok', headers: { origin: 'https://app.example.evil' } });
    assert.equal(answer.statusCode, 200);
    assert.deepEqual(corsHeaders(answer), { 'allow-credentials': 'true', 'expose-headers': 'X-Total' });
  });

  test('answers a preflight on any path and mirrors the requested headers verbatim', async () => {
    const answer = await preflight({
      origin: listed,
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'X-b,authorization',
    });
    assert.equal(answer.statusCode, 200);
    assert.equal(answer.body, 'OK');
    assert.equal(answer.headers['content-type'], 'text/plain; charset=utf-8');
    assert.deepEqual(corsHeaders(answer), {
      'allow-origin': listed,
      'allow-credentials': 'true',
      'allow-methods': 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT',
      'allow-headers': 'X-b,authorization',
      'max-age': '600',
      vary: 'Origin',
    });
  });

  test('reads the first of a repeated header, and mirrors bytes as they were sent', async () => {
    const app = await createCorsApp();
    await app.listen({ port: 0, host: '127.0.0.1' });
    const port = portOf(app);
    const origins = `Origin: ${listed}\r\nOrigin: https://x.example\r\n`;
    assert.match(
      await rawRequest(port, `GET /ok HTTP/1.1\r\nHost: a\r\n${origins}Connection: close\r\n\r\n`),
      /access-control-allow-origin: https:\/\/app\.example\r\n/,
    );
    const asked = 'Access-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: X-\u00c3\r\n';
    assert.match(
      await rawRequest(port, `OPTIONS /ok HTTP/1.1\r\nHost: a\r\n${origins}${asked}Connection: close\r\n\r\n`),
      /access-control-allow-headers: X-\u00c3\r\n/,
    );
    await app.close();
  });

  test('names every reason for refusing a preflight', async () => {
    const headers = { origin: 'https://x.example', 'access-control-request-method': 'patch' };
    const strict = { ...cors, allowHeaders: ['X-Known'] };
    const answer = await preflight({ ...headers, 'access-control-request-headers': 'x-known, x-other' }, strict);
    assert.equal(answer.statusCode, 400);
    assert.equal(answer.body, 'Disallowed CORS origin, method, headers');
    assert.equal(answer.headers['access-control-allow-origin'], undefined);
    assert.equal(
      answer.headers['access-control-allow-headers'],
      'Accept, Accept-Language, Content-Language, Content-Type, X-Known',
    );
  });

  test('leaves an OPTIONS that is no preflight to routing', async () => {
    const app = await createCorsApp();
    assert.equal((await app.inject({ method: 'OPTIONS', url: '/ok', headers: { origin: listed } })).statusCode, 405);
  });

  test('never allows credentials to an origin that only the wildcard allows', async () => {
    const open = { ...cors, origins: ['*', listed] };
    const app = await createCorsApp(open);
    for (const headers of [{ origin: 'https://any.example' }, { origin: 'https://any.example', cookie: 'a=b' }]) {
      const sent = corsHeaders(await app.inject({ url: '/ok', headers }));
      assert.deepEqual(sent, { 'allow-origin': '*', 'expose-headers': 'X-Total', vary: 'Origin' });
    }
    const trusted = corsHeaders(await app.inject({ url: '/ok', headers: { origin: listed } }));
    assert.equal(trusted['allow-credentials'], 'true');
    const request = { origin: 'https://any.example', 'access-control-request-method': 'GET' };
    const answer = await preflight(request, open);
    assert.equal(answer.statusCode, 200);
    assert.equal(answer.headers['access-control-allow-credentials'], undefined);
    assert.equal(answer.headers['access-control-allow-origin'], '*');
  });

  test('keeps another Vary value', async () => {
    const app = await createTestApp({ cors });
    app.get('/v', async (_request, reply) => reply.header('vary', 'Accept').send({}));
    const answer = await app.inject({ url: '/v', headers: { origin: listed } });
    assert.equal(answer.headers.vary, 'Accept, Origin');
  });
});
