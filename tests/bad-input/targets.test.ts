import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectRaw, eventually, listen, requestText, sendAndAwaitClose, statusesIn } from './support.ts';

const notFound = [
  '/%zz',
  '/%FF',
  '/%',
  '/%00',
  '//',
  '//live',
  '/live/%2e%2e',
  '/../../etc/passwd',
  '/live;a=b',
  '/\\live',
];
const noTask = ['/api/tasks/%00', '/api/tasks/%FF', '/api/tasks/%zz', '/api/tasks/%2F', '/api/tasks/%F0%9F%92%A9'];

test('a target', async (t) => {
  const { port } = await listen(t);
  const statusOf = async (method: string, target: string) => {
    const [status, ...more] = statusesIn(
      await sendAndAwaitClose(t, port, Buffer.from(requestText(method, target), 'latin1')),
    );
    assert.deepEqual(more, []);
    return status ?? 0;
  };

  for (const target of notFound) {
    await t.test(`that means nothing is answered 404: ${target}`, async () => {
      assert.equal(await statusOf('GET', target), 404);
    });
  }
  for (const target of noTask) {
    await t.test(`whose parameter is no id is not served: ${target}`, async () => {
      const status = await statusOf('GET', target);
      assert.ok(status >= 300 && status < 500, String(status));
    });
  }
  await t.test('of 15 KiB is read, of more than all headers may have is answered 431', async () => {
    assert.equal(await statusOf('GET', `/${'a'.repeat(15 * 1024)}`), 404);
    assert.equal(await statusOf('GET', `/${'a'.repeat(17 * 1024)}`), 431);
  });
  await t.test("with bytes beyond ASCII is a client's error", async () => {
    const status = await statusOf('GET', '/caf\xe9?x=\xff');
    assert.ok(status >= 400 && status < 500, String(status));
  });
  for (const target of [
    '*',
    'localhost:80',
    'http://',
    'http://elsewhere.example/live',
    'http://elsewhere.example',
    'live',
    '?',
    '#',
  ]) {
    await t.test(`of a proxy or of no form is a client's error: ${target}`, async () => {
      const status = await statusOf('GET', target);
      assert.ok(status >= 400 && status < 500, String(status));
    });
  }
});

test('a method', async (t) => {
  const { port } = await listen(t);
  for (const method of ['HEAD', 'TRACE', 'PROPFIND', 'PURGE', 'QUERY', 'DELETE']) {
    await t.test(`that the route does not have is answered 405 with Allow: ${method}`, async (t) => {
      const client = await connectRaw(t, port);
      await client.write(requestText(method, '/live'));
      const answer = await client.untilClosed();
      assert.match(answer, /^HTTP\/1\.1 405 /);
      assert.match(answer, /^allow: GET\r$/im);
      assert.doesNotMatch(answer, /TRACE|PROPFIND/);
    });
  }
  await t.test('in lower case is refused', async (t) => {
    assert.deepEqual(statusesIn(await sendAndAwaitClose(t, port, requestText('get', '/live'))), [400]);
  });
  await t.test('CONNECT opens no tunnel', async (t) => {
    const answer = await sendAndAwaitClose(t, port, requestText('CONNECT', 'localhost:22'));
    assert.doesNotMatch(answer, /^HTTP\/1\.1 2/);
  });
});

test('headers', async (t) => {
  const { port } = await listen(t);
  await t.test('of more than 16 KiB are answered 431 and the connection ends', async (t) => {
    for (const headers of [{ 'x-a': 'b'.repeat(64 * 1024) }, manyHeaders(2000)]) {
      const answer = await sendAndAwaitClose(t, port, requestText('GET', '/live', { headers }));
      assert.deepEqual(statusesIn(answer), [431]);
    }
  });
  await t.test('that ask for another protocol change nothing', async (t) => {
    const headers = { connection: 'upgrade', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAARAAAAAAAIAAAAA' };
    const client = await connectRaw(t, port);
    await client.write(requestText('GET', '/live', { headers }));
    assert.match(await client.until((text) => text.includes('live"}')), /^HTTP\/1\.1 200 /);
  });
  await t.test('that expect 100-continue get it before the body is sent', async (t) => {
    const client = await connectRaw(t, port);
    const headers = { 'content-type': 'application/json', 'content-length': '2', expect: '100-continue' };
    await client.write(requestText('POST', '/auth/login', { headers }));
    await client.until((text) => text === 'HTTP/1.1 100 Continue\r\n\r\n');
    await client.write('{}');
    assert.deepEqual(statusesIn(await client.untilClosed()), [100, 422]);
  });
  await t.test('that expect anything else are answered 417', async (t) => {
    const client = await connectRaw(t, port);
    await client.write(requestText('POST', '/auth/login', { headers: { expect: 'miracles', 'content-length': '2' } }));
    await client.until((text) => text.startsWith('HTTP/1.1 417 '));
  });
});

test('several requests on one connection', async (t) => {
  const { port, database } = await listen(t, { env: { MAX_REQUESTS_PER_SOCKET: '3' } });
  const keep = (target: string) => requestText('GET', target, { headers: { connection: 'keep-alive' } });

  await t.test('are answered in their order', async (t) => {
    const client = await connectRaw(t, port);
    await client.write(keep('/ready') + keep('/nowhere') + requestText('GET', '/live'));
    assert.deepEqual(statusesIn(await client.untilClosed()), [200, 404, 200]);
  });
  await t.test('are told to end after as many as a connection may have, and more are not served', async (t) => {
    const client = await connectRaw(t, port);
    await client.write(keep('/live').repeat(4));
    const answer = await client.until((text) => text.includes(' 503 '));
    const [, , third = '', fourth = ''] = answer.split(/(?=HTTP\/1\.1 )/);
    assert.match(third, /^HTTP\/1\.1 200 [\s\S]*^connection: close\r$/im);
    assert.match(fourth, /^HTTP\/1\.1 503 /);
  });
  await t.test('are answered up to the one that cannot be read, and no further', async (t) => {
    const client = await connectRaw(t, port);
    await client.write(`${keep('/ready')}nonsense\r\n\r\n${keep('/live')}`);
    const answer = await client.untilClosed();
    assert.deepEqual(statusesIn(answer), [200]);
    await eventually(() => database.database.stats().inUse === 0);
  });
  await t.test('do not mix an answer that is being sent with a refusal', async (t) => {
    const client = await connectRaw(t, port);
    await client.write(`${keep('/docs/swagger-ui-bundle.js')}nonsense\r\n\r\n`);
    const answer = await client.untilClosed();
    assert.match(answer, /^HTTP\/1\.1 200 /);
    assert.doesNotMatch(answer, /400 Bad Request/);
  });
});

function manyHeaders(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, 'a value of some length']));
}
