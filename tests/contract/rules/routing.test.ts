import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTask, signUp, startContractServer } from '../contract-server.ts';

const notFound = '{"detail":"Not Found"}';

test('paths through the real routes', async (t) => {
  const server = await startContractServer(t);
  const { token } = await signUp(server);
  const id = await createTask(server, token);

  await t.test('are decoded once', async (each) => {
    const known = ['/h%65alth', '/%68%65%61%6C%74%68', '/health/%64b', '/api/t%61sks', '/%61pi/tasks'];
    for (const path of known) {
      await each.test(path, async () => assert.equal((await server.send('GET', path, { token })).status, 200));
    }
    for (const path of [
      '/h%2565alth',
      '/health%00',
      '/health%20',
      '/health%3F',
      '/health%23',
      '/he%alth',
      '/health%',
    ]) {
      await each.test(path, async () => {
        const answer = await server.send('GET', path, { token });

        assert.deepEqual([answer.status, answer.body], [404, notFound]);
      });
    }
  });

  await t.test('are compared by case, and are not normalised', async (each) => {
    const unknown = [
      '/HEALTH',
      '/Api/tasks',
      '/api/Tasks',
      '//health',
      '/health//db',
      '/api//tasks',
      '/./health',
      '/health/.',
      '/health/../health',
      '/api/../health',
      '/health;a=b',
      '/health;',
      '/api/tasks/a/b',
      `/api/tasks/${id}/complete/x`,
      '/nope/',
      '//',
      '/api/tasks//complete',
      '/health\\db',
    ];
    for (const path of unknown) {
      await each.test(path, async () => {
        const answer = await server.send('GET', path, { token });

        assert.deepEqual(
          [answer.status, answer.body, answer.headers],
          [404, notFound, { 'content-type': 'application/json' }],
        );
      });
    }
  });

  await t.test('hand their parameter on as text that was decoded once', async (each) => {
    const cases: readonly (readonly [segment: string, input: string])[] = [
      ['%C3%A9', 'é'],
      ['a%25b', 'a%b'],
      ['%zz', '%zz'],
      ['%FF', '\ufffd'],
      ['%ED%A0%80', '\ufffd\ufffd\ufffd'],
      ['+', '+'],
      ['a%20b', 'a b'],
      ['%00', '\0'],
      ['..', '..'],
      [';a=1', ';a=1'],
      ['%7B%7D', '{}'],
      ['x'.repeat(5000), 'x'.repeat(5000)],
    ];
    for (const [segment, input] of cases) {
      await each.test(segment.slice(0, 20), async () => {
        const answer = await server.send('GET', `/api/tasks/${segment}`, { token });

        assert.equal(answer.status, 422, answer.body);
        const [item] = answer.json().detail;
        assert.deepEqual([item.type, item.loc, item.input], ['uuid_parsing', ['path', 'task_id'], input]);
      });
    }
  });

  await t.test('are redirected with 307 when they only differ by trailing slashes', async (each) => {
    const cases: readonly (readonly [method: string, path: string, to: string])[] = [
      ...['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'].map(
        (method) => [method, '/health/', '/health'] as const,
      ),
      ['GET', '/health//', '/health'],
      ['GET', `/health${'/'.repeat(200)}`, '/health'],
      ['GET', '/health/db/', '/health/db'],
      ['DELETE', '/api/tasks/', '/api/tasks'],
      ['POST', '/api/v1/auth/signin///', '/api/v1/auth/signin'],
      ['GET', '/api/tasks/not-a-uuid/', '/api/tasks/not-a-uuid'],
      ['PATCH', '/api/tasks/x/complete/', '/api/tasks/x/complete'],
      ['GET', '/api/docs/', '/api/docs'],
      ['GET', '/api/tasks/?', '/api/tasks'],
      ['GET', '/api/tasks/?a=/', '/api/tasks?a=/'],
      ['GET', '/api/tasks/?limit=1&limit=2;x&&y', '/api/tasks?limit=1&limit=2;x&&y'],
      ['GET', '/api/tasks/?a=b?c=d', '/api/tasks?a=b?c=d'],
      ['GET', '/api/tasks/%C3%A9/', '/api/tasks/%C3%A9'],
      ['GET', '/api/tasks/a%20b/', '/api/tasks/a%20b'],
      ['GET', '/%68ealth/', '/health'],
    ];
    for (const [method, path, to] of cases) {
      await each.test(`${method} ${path.slice(0, 40)}`, async () => {
        const answer = await server.send(method, path);

        assert.deepEqual([answer.status, answer.body], [307, '']);
        assert.deepEqual(answer.headers, { location: `${server.url}${to}` });
      });
    }
    await each.test('whatever the body and the token are', async () => {
      const headers = { 'content-type': 'application/json' };
      const answer = await server.send('POST', '/api/tasks/', { token: 'junk', headers, body: '{' });

      assert.equal(answer.status, 307);
    });
  });

  await t.test('answer 404 and 405 before they look at body or token', async () => {
    const headers = { 'content-type': 'application/json' };

    assert.equal((await server.send('POST', '/nope', { token: 'junk', headers, body: '{' })).status, 404);
    assert.equal((await server.send('POST', '/api/v1/auth/me', { token: 'junk', headers, body: '{' })).status, 405);
    assert.equal((await server.send('POST', '/api/tasks/x', { headers, body: Buffer.from([0xff]) })).status, 405);
  });
});

test('queries through the real routes', async (t) => {
  const server = await startContractServer(t);
  const { token } = await signUp(server);
  await createTask(server, token);

  await t.test('are read as Starlette reads them', async (each) => {
    const page = (limit: number, offset = 0) => ({ limit, offset });
    const cases: readonly (readonly [query: string, expected: object])[] = [
      ['', page(50)],
      ['?', page(50)],
      ['?limit=1&limit=2', page(2)],
      ['?limit=x&limit=3', page(3)],
      ['?&&limit=4&&', page(4)],
      ['?limit=5&unknown=1&user_id=2', page(5)],
      ['?LIMIT=1', page(50)],
      ['?limit%3D1', page(50)],
      ['?%6Cimit=6', page(6)],
      ['?limit=+7', page(7)],
      ['?limit=8+', page(8)],
      ['?limit=%2B9', page(9)],
      ['?offset=1&offset=0', page(50, 0)],
      ['?limit[]=1', page(50)],
      ['?__proto__=1&constructor=2', page(50)],
    ];
    for (const [query, expected] of cases) {
      await each.test(query || '(none)', async () => {
        const answer = await server.send('GET', `/api/tasks${query}`, { token });

        assert.equal(answer.status, 200, answer.body);
        const { limit, offset } = answer.json().data;
        assert.deepEqual({ limit, offset }, expected);
      });
    }
  });

  await t.test('are refused with the raw text', async (each) => {
    const cases: readonly (readonly [query: string, name: string, type: string, input: string])[] = [
      ['?limit', 'limit', 'int_parsing', ''],
      ['?limit=', 'limit', 'int_parsing', ''],
      ['?limit=1;offset=2', 'limit', 'int_parsing', '1;offset=2'],
      ['?limit=2&limit=', 'limit', 'int_parsing', ''],
      ['?completed', 'completed', 'bool_parsing', ''],
      ['?completed=maybe', 'completed', 'bool_parsing', 'maybe'],
      ['?completed=+true', 'completed', 'bool_parsing', ' true'],
      ['?offset=%FF', 'offset', 'int_parsing', '\ufffd'],
      ['?limit=1,2', 'limit', 'int_parsing', '1,2'],
    ];
    for (const [query, name, type, input] of cases) {
      await each.test(query, async () => {
        const answer = await server.send('GET', `/api/tasks${query}`, { token });

        assert.equal(answer.status, 422, answer.body);
        const [item] = answer.json().detail;
        assert.deepEqual([item.type, item.loc, item.input], [type, ['query', name], input]);
      });
    }
  });

  await t.test('report every fault in the order of the parameters', async () => {
    const answer = await server.send('GET', '/api/tasks?offset=-1&limit=101&completed=x', { token });

    const items: { loc: string[]; type: string }[] = answer.json().detail;
    assert.deepEqual(
      items.map(({ loc, type }) => [loc[1], type]),
      [
        ['completed', 'bool_parsing'],
        ['limit', 'less_than_equal'],
        ['offset', 'greater_than_equal'],
      ],
    );
  });
});
