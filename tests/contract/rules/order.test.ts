import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTask, type GivenRequest, signUp, startContractServer } from '../contract-server.ts';

const json = { 'content-type': 'application/json' };

test('the Authorization header', async (t) => {
  const server = await startContractServer(t);
  const { token } = await signUp(server);

  const cases: readonly (readonly [
    name: string,
    authorization: string | readonly string[] | undefined,
    detail: string | null,
  ])[] = [
    ['absent', undefined, 'Not authenticated'],
    ['empty', '', 'Not authenticated'],
    ['lower case', `bearer ${token}`, null],
    ['upper case', `BEARER ${token}`, null],
    ['mixed case', `bEaReR ${token}`, null],
    ['without a scheme', token, 'Not authenticated'],
    ['with another scheme', `Token ${token}`, 'Not authenticated'],
    ['with a scheme that begins alike', `Bearers ${token}`, 'Not authenticated'],
    ['without a token', 'Bearer', 'Not authenticated'],
    ['with an empty token', 'Bearer ', 'Not authenticated'],
    ['with two spaces', `Bearer  ${token}`, 'Could not validate credentials'],
    ['with a tab', `Bearer\t${token}`, 'Not authenticated'],
    ['with a colon', `Bearer: ${token}`, 'Not authenticated'],
    ['with something behind the token', `Bearer ${token} x`, 'Could not validate credentials'],
    ['with two tokens in one header', `Bearer ${token}, Bearer ${token}`, 'Could not validate credentials'],
    ['with quotes', `Bearer "${token}"`, 'Could not validate credentials'],
    ['twice, the first right', [`Bearer ${token}`, 'Bearer junk'], null],
    ['twice, the first wrong', ['Bearer junk', `Bearer ${token}`], 'Could not validate credentials'],
    ['twice, the first of another scheme', ['Basic YTpi', `Bearer ${token}`], 'Not authenticated'],
  ];
  for (const [name, authorization, detail] of cases) {
    await t.test(name, async () => {
      const headers = authorization === undefined ? {} : { authorization };
      for (const path of ['/api/v1/auth/me', '/api/tasks']) {
        const answer = await server.send('GET', path, { headers });

        assert.equal(answer.status, detail === null ? 200 : 401, answer.body);
        if (detail === null) continue;
        assert.deepEqual(answer.json(), { detail });
        assert.equal(answer.headers['www-authenticate'], 'Bearer');
      }
    });
  }
});

test('the order of evaluation', async (t) => {
  const server = await startContractServer(t);
  const { token, email } = await signUp(server);
  const id = await createTask(server, token);
  const unknown = '00000000-0000-4000-8000-000000000000';
  const long = 'x'.repeat(256);

  const cases: readonly (readonly [says: string, status: number, method: string, path: string, given: GivenRequest])[] =
    [
      ['a path before a body', 404, 'POST', '/api/task', { headers: json, body: '{' }],
      ['a method before a body', 405, 'PATCH', '/api/tasks', { headers: json, body: '{' }],
      ['a method before a token', 405, 'DELETE', '/api/tasks', {}],
      ['unreadable bytes before a token', 400, 'POST', '/api/tasks', { headers: json, body: Buffer.from([0xff]) }],
      ['syntax before a token', 422, 'POST', '/api/tasks', { headers: json, body: '{' }],
      ['syntax before a path value', 422, 'PUT', '/api/tasks/x', { token, headers: json, body: '{' }],
      ['a token before a path value', 401, 'GET', '/api/tasks/x', {}],
      ['a token before a query', 401, 'GET', '/api/tasks?limit=0', {}],
      ['a token before fields', 401, 'POST', '/api/tasks', { body: { title: 5 } }],
      ['a token before a missing body', 401, 'POST', '/api/tasks', { headers: json }],
      ['fields before the handler', 422, 'POST', '/api/tasks', { token, body: { title: 5, priority: 'nope' } }],
      ['a path value before a look-up', 422, 'DELETE', '/api/tasks/x', { token }],
      ['a query before a sort check', 422, 'GET', '/api/tasks?sort_by=x&limit=0', { token }],
      ['a sort check before an order check', 400, 'GET', '/api/tasks?sort_by=x&sort_order=x', { token }],
      ['a priority before a title', 400, 'POST', '/api/tasks', { token, body: { title: long, priority: 'x' } }],
      ['a priority before a look-up', 400, 'PUT', `/api/tasks/${unknown}`, { token, body: { priority: 'x' } }],
      [
        'a look-up before a title',
        404,
        'PUT',
        `/api/tasks/${unknown}`,
        { token, body: { title: long, priority: 'urgent_important' } },
      ],
      [
        'a title of an own task',
        422,
        'PUT',
        `/api/tasks/${id}`,
        { token, body: { title: long, priority: 'urgent_important', is_completed: true } },
      ],
      [
        'fields of sign-up before a taken address',
        422,
        'POST',
        '/api/v1/auth/signup',
        { body: { email, password: 5 } },
      ],
      ['a taken address before a password', 409, 'POST', '/api/v1/auth/signup', { body: { email, password: '\0' } }],
      ['fields of sign-in before the account', 422, 'POST', '/api/v1/auth/signin', { body: { email } }],
    ];
  for (const [says, status, method, path, given] of cases) {
    await t.test(says, async () => {
      const answer = await server.send(method, path, given);

      assert.equal(answer.status, status, answer.body);
    });
  }

  await t.test('lists path, then query, then body', async () => {
    const body = { is_completed: 'x', title: 5, due_datetime: true };

    const answer = await server.send('PUT', '/api/tasks/x', { token, body });

    const items: { loc: string[] }[] = answer.json().detail;
    assert.deepEqual(
      items.map(({ loc }) => loc.join('.')),
      ['path.task_id', 'body.title', 'body.due_datetime', 'body.is_completed'],
    );
  });

  await t.test('writes the members of an item in their order', async () => {
    const answer = await server.send('GET', '/api/tasks?limit=0', { token });

    assert.equal(
      answer.body,
      '{"detail":[{"type":"greater_than_equal","loc":["query","limit"],"msg":"Input should be greater than or equal to 1","input":"0","ctx":{"ge":1}}]}',
    );
  });
});
