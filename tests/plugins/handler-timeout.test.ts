import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { describe, type TestContext, test } from 'node:test';
import { fastapi0128 } from '@stanchion/wire';
import fastify from 'fastify';
import { registerErrors } from '../../src/plugins/errors.ts';
import { registerHandlerTimeout } from '../../src/plugins/handler-timeout.ts';

const timeoutMs = 50;

describe('a handler that takes too long', () => {
  test('has its write answered as one that may have happened', async (t) => {
    const { send } = await listen(t);
    const answer = await send('POST', '/held');
    assert.equal(answer.status, 503);
    assert.match(await answer.text(), /outcome of this request is unknown/);
  });

  test('has its read answered 504', async (t) => {
    const { send } = await listen(t);
    assert.equal((await send('GET', '/held')).status, 504);
  });

  test('may end afterwards: its result goes nowhere, and the connection goes on', async (t) => {
    const { send, release } = await listen(t);
    await (await send('POST', '/held')).text();
    await release();
    assert.equal(await (await send('POST', '/free')).text(), '"free"');
  });

  test('in the middle of its answer has it cut off', async (t) => {
    const { send } = await listen(t);
    const answer = await send('GET', '/half');
    assert.equal(answer.status, 200);
    await assert.rejects(answer.text());
  });

  test('for a client that has left is not answered', async (t) => {
    const { send, port, begun, gone, errors } = await listen(t);
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /held HTTP/1.1\r\nHost: a\r\n\r\n');
    await begun;
    socket.destroy();
    await gone;
    // It begins later, and its time is over later.
    await send('GET', '/held');
    assert.equal(errors.length, 1);
  });
});

test('a handler that answers in time is not answered for', async (t) => {
  const { send, errors } = await listen(t);
  assert.equal((await send('POST', '/free')).status, 200);
  await send('GET', '/held');
  assert.equal(errors.length, 1);
});

async function listen(t: TestContext) {
  const held = Promise.withResolvers<string>();
  const errors: Error[] = [];
  const begun = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  const app = fastify({ forceCloseConnections: true });
  registerHandlerTimeout(app, timeoutMs);
  registerErrors(app, fastapi0128);
  app.addHook('onError', async (_request, _reply, error) => void errors.push(error));
  app.addHook('onRequest', async (_request, reply) => {
    reply.raw.once('close', () => gone.resolve());
    begun.resolve();
  });
  app.route({ method: ['GET', 'POST'], url: '/held', handler: () => held.promise });
  app.post('/free', async () => '"free"');
  app.get('/half', () => neverEnding('half'));
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  t.after(() => app.close());

  return {
    errors,
    port: Number(new URL(url).port),
    send: (method: 'GET' | 'POST', path: string) =>
      fetch(url + path, {
        method,
        ...(method === 'POST' ? { body: '{}', headers: { 'content-type': 'application/json' } } : {}),
      }),
    begun: begun.promise,
    gone: gone.promise,
    release: async () => {
      held.resolve('late');
      await new Promise(setImmediate);
    },
  };
}

/** A first piece, and nothing after it. */
function neverEnding(piece: string): Readable {
  const stream = new Readable({ read() {} });
  stream.push(piece);
  return stream;
}
