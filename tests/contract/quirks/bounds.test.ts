import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderWireError, serverOptions, wire } from '@stanchion/wire';
import fastify from 'fastify';
import { signUp, startContractServer } from '../contract-server.ts';

const json = { 'content-type': 'application/json' };

test('what one refusal may cost', async (t) => {
  await t.test('repeats no more than its bound of what was sent', async (each) => {
    const server = await startContractServer(each);
    const { token } = await signUp(server);
    const post = (length: number) => {
      const body = JSON.stringify({ extra: 'x'.repeat(length) });
      return server.send('POST', '/api/tasks', { token, headers: json, body });
    };
    // Title and priority are missing, and each repeats the whole object.
    const inputsOf = (answer: Awaited<ReturnType<typeof post>>): (string | null)[] => {
      assert.equal(answer.status, 422);
      return answer.json().detail.map((item: { input: { extra: string } | null }) => item.input && item.input.extra);
    };
    const short = 'x'.repeat(60_000);
    assert.deepEqual(inputsOf(await post(60_000)), [short, short]);
    assert.deepEqual(inputsOf(await post(120_000)), ['x'.repeat(120_000), null]);
    assert.deepEqual(inputsOf(await post(140_000)), [null, null]);
  });

  await t.test('lists no more refused values than its bound', async (each) => {
    // No route of the application takes a list; the rule is the wire's.
    const app = fastify({ ...serverOptions() });
    each.after(() => app.close());
    await app.register(wire, {});
    app.setErrorHandler((error, _request, reply) => {
      const answer = renderWireError(error);
      return answer === undefined
        ? reply.send(error)
        : reply.code(answer.status).headers(answer.headers).send(answer.body);
    });
    app.post('/', { schema: { body: { type: 'array', items: { type: 'integer' } } } }, async () => 'ok');
    const count = async (items: number): Promise<number> => {
      const payload = JSON.stringify(Array.from({ length: items }, () => 'x'));
      const answer = await app.inject({ method: 'POST', url: '/', headers: json, payload });
      assert.equal(answer.statusCode, 422);
      return answer.json().detail.length;
    };
    assert.deepEqual([await count(999), await count(1000), await count(5000)], [999, 1000, 1000]);
  });
});
