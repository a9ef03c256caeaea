import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signUp, startContractServer, task } from '../contract-server.ts';

const json = { 'content-type': 'application/json' };
const writing: readonly (readonly [method: string, path: string])[] = [
  ['POST', '/api/tasks'],
  ['PUT', '/api/tasks/not-a-uuid'],
  ['PATCH', '/api/tasks/not-a-uuid/complete'],
];

test('reading bodies', async (t) => {
  const server = await startContractServer(t);
  const { token } = await signUp(server);

  await t.test('reports broken JSON before it looks at the token', async (each) => {
    const expired = server.mint({ user_id: '3f2c9a10-7b1d-4e55-9a6e-0c1d2e3f4a5b', exp: 1 });
    for (const [method, path] of writing) {
      for (const given of [{}, { token: 'junk' }, { token: expired }, { token }]) {
        await each.test(`${method} ${path} ${given.token === undefined ? 'without' : 'with'} a token`, async () => {
          const answer = await server.send(method, path, { ...given, headers: json, body: '{"a":1,}' });

          assert.equal(answer.status, 422, answer.body);
          const ctx = { error: 'Expecting property name enclosed in double quotes' };
          const expected = { type: 'json_invalid', loc: ['body', 7], msg: 'JSON decode error', input: {}, ctx };
          assert.deepEqual(answer.json(), { detail: [expected] });
        });
      }
      await each.test(`${method} ${path}: unreadable bytes are 400 before the token, too`, async () => {
        const answer = await server.send(method, path, { headers: json, body: Buffer.from([0x22, 0xff, 0x22]) });

        assert.equal(answer.status, 400);
      });
      await each.test(`${method} ${path}: everything else comes after the token`, async () => {
        for (const body of ['', 'null', '[]', '{}', '"x"', '{"title":5}']) {
          const answer = await server.send(method, path, { headers: json, body });

          assert.equal(answer.status, 401, body);
        }
      });
    }
    await each.test('a route without a body looks at the token first', async () => {
      const answer = await server.send('DELETE', '/api/tasks/not-a-uuid', { headers: json, body: '{' });

      assert.equal(answer.status, 401);
    });
  });

  await t.test('refuses a body of another type by validation', async (each) => {
    const types = [
      'text/plain',
      'text/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/jsonp',
      'application/json+xml',
      'application/xml',
      'json',
      '*/*',
      'application/',
      '/',
      ';',
    ];
    for (const type of types) {
      await each.test(type, async () => {
        const body = JSON.stringify(task);

        const answer = await server.send('POST', '/api/tasks', { token, headers: { 'content-type': type }, body });

        assert.equal(answer.status, 422, answer.body);
        const [item] = answer.json().detail;
        assert.deepEqual([item.type, item.loc, item.input], ['model_attributes_type', ['body'], body]);
      });
    }
    for (const type of [
      'application/json; charset=utf-8',
      'APPLICATION/JSON',
      'application/vnd.api+json',
      'application/problem+JSON; x=y',
      'application/json;',
      ' application/json ',
    ]) {
      await each.test(`but reads ${JSON.stringify(type)}`, async () => {
        const body = JSON.stringify(task);

        const answer = await server.send('POST', '/api/tasks', { token, headers: { 'content-type': type }, body });

        assert.equal(answer.status, 201, answer.body);
      });
    }
  });

  await t.test('reads a body without a content type as JSON', async () => {
    const made = await server.send('POST', '/api/tasks', { token, body: JSON.stringify(task) });
    const broken = await server.send('POST', '/api/tasks', { token, body: '{' });
    const signedIn = await server.send('POST', '/api/v1/auth/signin', { body: '{"email":"a","password":"b"}' });

    assert.deepEqual([made.status, broken.status, signedIn.status], [201, 422, 401]);
  });
});
