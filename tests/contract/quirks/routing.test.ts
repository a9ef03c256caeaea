import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTask, signUp, startContractServer, task } from '../contract-server.ts';

const notFound = '{"detail":"Not Found"}';

test('routing', async (t) => {
  const server = await startContractServer(t);
  const { token } = await signUp(server);

  await t.test('takes %2F for a slash unless hardened', async (each) => {
    const id = await createTask(server, token);
    const paths: readonly (readonly [path: string, legacyStatus: number])[] = [
      ['/health%2Fdb', 200],
      ['/health%2fdb', 200],
      ['%2Fhealth'.replace('%2F', '/%2F'), 404],
      ['/api%2Ftasks', 200],
      [`/api/tasks%2F${id}`, 200],
      [`/api%2Ftasks%2F${id}`, 200],
      ['/health%252Fdb', 404],
      ['/health%2F', 307],
    ];
    for (const [path, status] of paths) {
      await each.test(`legacy: ${path}`, async () => {
        const answer = await server.send('GET', path, { token });

        assert.equal(answer.status, status, answer.body);
      });
    }

    const hardened = await startContractServer(each, { QUIRK_ENCODED_SLASH_DECODED: 'hardened' });
    const own = await signUp(hardened);
    const ownId = await createTask(hardened, own.token);
    const unknown = [
      '/health%2Fdb',
      '/health%2fdb',
      '/api%2Ftasks',
      `/api/tasks%2F${ownId}`,
      '/health%252Fdb',
      '/health%2F',
    ];
    for (const path of unknown) {
      await each.test(`hardened: ${path}`, async () => {
        const answer = await hardened.send('GET', path, { token: own.token });

        assert.deepEqual([answer.status, answer.body], [404, notFound]);
      });
    }
    await each.test('hardened: inside a segment it is part of it', async () => {
      const answer = await hardened.send('GET', '/api/tasks/a%2Fb', { token: own.token });

      assert.equal(answer.status, 422);
      assert.equal(answer.json().detail[0].type, 'uuid_parsing');
    });
    await each.test('hardened: other escapes are still decoded', async () => {
      assert.equal((await hardened.send('GET', '/h%65alth/db')).status, 200);
      const answer = await hardened.send('GET', `/api/tasks/%7B${ownId}%7D`, { token: own.token });
      assert.equal(answer.status, 200);
    });
  });

  await t.test('redirects to the Host that was asked unless hardened', async (each) => {
    const hardened = await startContractServer(each, { QUIRK_REDIRECT_HOST_HEADER: 'hardened' });
    const cases: readonly (readonly [path: string, headers: Record<string, string>, location: string])[] = [
      ['/health/', { host: 'api.example.test' }, 'http://api.example.test/health'],
      ['/health/', { host: 'api.example.test:8443' }, 'http://api.example.test:8443/health'],
      ['/health/', { host: '[::1]:8000' }, 'http://[::1]:8000/health'],
      ['/health///', { host: 'a' }, 'http://a/health'],
      ['/health/?a=b&c=%20%C3%A9', { host: 'a' }, 'http://a/health?a=b&c=%20%C3%A9'],
      ['/health/?next=//x/y/', { host: 'a' }, 'http://a/health?next=//x/y/'],
      ['/health/', { host: 'a', 'x-forwarded-proto': 'https' }, 'https://a/health'],
      ['/health/', { host: 'a', 'x-forwarded-proto': 'http' }, 'http://a/health'],
      ['/health/', { host: 'a', 'x-forwarded-host': 'evil.example' }, 'http://a/health'],
    ];
    for (const [path, headers, location] of cases) {
      await each.test(`${path} with ${JSON.stringify(headers)}`, async () => {
        const legacy = await server.send('GET', path, { headers });
        const other = await hardened.send('GET', path, { headers });

        assert.deepEqual([legacy.status, legacy.body, legacy.headers.location], [307, '', location]);
        assert.deepEqual([other.status, other.body], [307, '']);
        assert.equal(other.headers.location, location.replace(/^https?:\/\/[^/]+/, ''));
      });
    }

    for (const host of [
      'evil.example/path',
      'user@evil.example',
      'evil.example?x',
      'evil.example#x',
      'a b',
      'a"b',
      '',
    ]) {
      await each.test(`a Host that is none never reaches the Location: ${JSON.stringify(host)}`, async () => {
        const answer = await server.send('GET', '/health/', { headers: { host } });

        if (answer.status === 307) assert.match(answer.headers.location ?? '', /^http:\/\/127\.0\.0\.1:\d+\/health$/);
        else assert.equal(answer.status, 400);
      });
    }
  });

  await t.test('allows no HEAD on API routes', async (each) => {
    const routes: readonly (readonly [path: string, allow: string])[] = [
      ['/health', 'GET'],
      ['/health/db', 'GET'],
      ['/health/auth', 'GET'],
      ['/api/tasks', 'POST'],
      ['/api/tasks/not-a-uuid', 'GET'],
      ['/api/v1/auth/me', 'GET'],
      ['/api/v1/auth/signin', 'POST'],
    ];
    for (const [path, allow] of routes) {
      await each.test(path, async () => {
        const answer = await server.send('HEAD', path, { token });

        assert.deepEqual([answer.status, answer.body], [405, '']);
        assert.deepEqual(answer.headers, { allow, 'content-type': 'application/json' });
      });
    }
    for (const path of ['/api/docs', '/api/redoc', '/api/openapi.json']) {
      await each.test(`except ${path}`, async () => {
        const answer = await server.send('HEAD', path);

        assert.deepEqual([answer.status, answer.body], [200, '']);
      });
    }
  });

  await t.test('names the methods of the first route of a path in Allow', async (each) => {
    const cases: readonly (readonly [method: string, path: string, allow: string])[] = [
      ['PUT', '/api/tasks', 'POST'],
      ['DELETE', '/api/tasks', 'POST'],
      ['PATCH', '/api/tasks', 'POST'],
      ['OPTIONS', '/api/tasks', 'POST'],
      ['POST', '/api/tasks/not-a-uuid', 'GET'],
      ['PATCH', '/api/tasks/not-a-uuid', 'GET'],
      ['OPTIONS', '/api/tasks/x', 'GET'],
      ['GET', '/api/tasks/x/complete', 'PATCH'],
      ['DELETE', '/api/tasks/x/complete', 'PATCH'],
      ['GET', '/api/v1/auth/signup', 'POST'],
      ['GET', '/api/v1/auth/signin', 'POST'],
      ['DELETE', '/api/v1/auth/signout', 'POST'],
      ['POST', '/api/v1/auth/me', 'GET'],
      ['POST', '/health', 'GET'],
      ['OPTIONS', '/health/auth', 'GET'],
    ];
    for (const [method, path, allow] of cases) {
      await each.test(`${method} ${path}`, async () => {
        const answer = await server.send(method, path, { token });

        assert.deepEqual([answer.status, answer.body], [405, '{"detail":"Method Not Allowed"}']);
        assert.deepEqual(answer.headers, { allow, 'content-type': 'application/json' });
      });
    }
  });

  await t.test('keeps the content type of an empty answer to DELETE', async () => {
    const id = await createTask(server, token, task);

    const answer = await server.send('DELETE', `/api/tasks/${id}`, { token });

    assert.deepEqual([answer.status, answer.body], [204, '']);
    assert.deepEqual(answer.headers, { 'content-type': 'application/json' });
  });
});
