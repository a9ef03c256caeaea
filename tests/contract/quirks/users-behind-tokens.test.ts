import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ContractServer, createTask, signUp, startContractServer, task } from '../contract-server.ts';

const ghost = '3f2c9a10-7b1d-4e55-9a6e-0c1d2e3f4a5b';
// Standings are looked up on every request, so that a change shows at once.
const uncached = { SESSION_CHECK_SECONDS: '0' };

function taskRequests(id: string): readonly (readonly [method: string, path: string, body?: object])[] {
  return [
    ['POST', '/api/tasks', task],
    ['GET', '/api/tasks'],
    ['GET', `/api/tasks/${id}`],
    ['PUT', `/api/tasks/${id}`, { ...task, is_completed: true }],
    ['PATCH', `/api/tasks/${id}/complete`, { completed: true }],
    ['DELETE', `/api/tasks/${id}`],
  ];
}

async function statuses(server: ContractServer, token: string, id: string): Promise<number[]> {
  const found: number[] = [];
  for (const [method, path, body] of taskRequests(id)) {
    found.push((await server.send(method, path, { token, ...(body ? { body } : {}) })).status);
  }
  return found;
}

test('users behind tokens', async (t) => {
  const server = await startContractServer(t, uncached);

  await t.test('refuses a token of a user that does not exist unless told otherwise', async (each) => {
    await each.test('hardened: on every task route', async () => {
      const token = server.mint({ user_id: ghost });

      assert.deepEqual(await statuses(server, token, ghost), [401, 401, 401, 401, 401, 401]);
      const answer = await server.send('GET', '/api/tasks', { token });
      assert.deepEqual(answer.json(), { detail: 'Could not validate credentials' });
      assert.equal(answer.headers['www-authenticate'], 'Bearer');
      assert.deepEqual(await server.test.database.sql('SELECT id FROM task WHERE user_id = $1', [ghost]), []);
    });

    await each.test('hardened: also when the user was deleted after signing in', async () => {
      const user = await signUp(server);
      const id = await createTask(server, user.token);
      await server.test.database.sql('DELETE FROM task WHERE user_id = $1', [user.id]);
      await server.test.database.sql('DELETE FROM "user" WHERE id = $1', [user.id]);

      assert.deepEqual(await statuses(server, user.token, id), [401, 401, 401, 401, 401, 401]);
    });

    await each.test('but /me answers 404 as it always did', async () => {
      const answer = await server.send('GET', '/api/v1/auth/me', { token: server.mint({ user_id: ghost }) });

      assert.equal(answer.status, 404);
      assert.deepEqual(answer.json(), { detail: 'User not found' });
    });

    const legacy = await startContractServer(each, { ...uncached, QUIRK_USER_NOT_CHECKED: 'legacy' });
    await each.test('legacy: it creates, lists and deletes tasks', async () => {
      const token = legacy.mint({ user_id: ghost });
      const id = await createTask(legacy, token);

      assert.deepEqual(await statuses(legacy, token, id), [201, 200, 200, 200, 200, 204]);
    });

    await each.test('legacy: also with the token of a session whose user was deleted', async () => {
      const user = await signUp(legacy);
      await legacy.test.database.sql('DELETE FROM "user" WHERE id = $1', [user.id]);

      const answer = await legacy.send('POST', '/api/tasks', { token: user.token, body: task });

      assert.equal(answer.status, 201, answer.body);
      const me = await legacy.send('GET', '/api/v1/auth/me', { token: user.token });
      assert.equal(me.status, 404, me.body);
    });
  });

  await t.test('refuses an inactive user unless told otherwise', async (each) => {
    await each.test('hardened: sign-in is that of a wrong password', async () => {
      const user = await signUp(server);
      await server.test.database.sql('UPDATE "user" SET is_active = false WHERE id = $1', [user.id]);

      const { email, password } = user;
      const right = await server.send('POST', '/api/v1/auth/signin', { body: { email, password } });
      const wrong = await server.send('POST', '/api/v1/auth/signin', { body: { email, password: 'no' } });

      assert.equal(right.status, 401, right.body);
      assert.deepEqual(right.json(), { detail: 'Invalid credentials' });
      assert.deepEqual([right.status, right.body, right.headers], [wrong.status, wrong.body, wrong.headers]);
    });

    await each.test('hardened: tokens from before are refused, minted ones too', async () => {
      const user = await signUp(server);
      const id = await createTask(server, user.token);
      await server.test.database.sql('UPDATE "user" SET is_active = false WHERE id = $1', [user.id]);

      for (const token of [user.token, server.mint({ user_id: user.id })]) {
        assert.deepEqual(await statuses(server, token, id), [401, 401, 401, 401, 401, 401]);
        const me = await server.send('GET', '/api/v1/auth/me', { token });
        assert.deepEqual(me.json(), { detail: 'Could not validate credentials' });
      }
    });

    await each.test('hardened: an activated user gets in again', async () => {
      const user = await signUp(server);
      await server.test.database.sql('UPDATE "user" SET is_active = false WHERE id = $1', [user.id]);
      await server.send('GET', '/api/tasks', { token: user.token });
      await server.test.database.sql('UPDATE "user" SET is_active = true WHERE id = $1', [user.id]);

      assert.equal((await server.send('GET', '/api/tasks', { token: user.token })).status, 200);
    });

    await each.test('legacy: sign-in and tokens keep working', async (flag) => {
      const legacy = await startContractServer(flag, { ...uncached, QUIRK_INACTIVE_USER_ALLOWED: 'legacy' });
      const user = await signUp(legacy);
      const id = await createTask(legacy, user.token);
      await legacy.test.database.sql('UPDATE "user" SET is_active = false WHERE id = $1', [user.id]);

      const { email, password } = user;
      const answer = await legacy.send('POST', '/api/v1/auth/signin', { body: { email, password } });

      assert.equal(answer.json().data?.is_active, false, answer.body);
      assert.deepEqual(await statuses(legacy, user.token, id), [201, 200, 200, 200, 200, 204]);
    });
  });
});
