import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTask, signUp, startContractServer, task } from '../contract-server.ts';

const complete = { title: 'new', priority: 'not_urgent_important', is_completed: true };
const own404 = { detail: 'Task not found or does not belong to user' };
const unknownId = '00000000-0000-4000-8000-000000000000';

test('fields of a task', async (t) => {
  const server = await startContractServer(t);
  const { token } = await signUp(server);

  await t.test('refuses a replacement that omits or nulls a required field', async (each) => {
    const cases: readonly (readonly [sent: object, fields: readonly string[]])[] = [
      [{ ...complete, title: undefined }, ['title']],
      [{ ...complete, priority: undefined }, ['priority']],
      [{ ...complete, is_completed: undefined }, ['is_completed']],
      [{ ...complete, title: null }, ['title']],
      [{ ...complete, priority: null }, ['priority']],
      [{ ...complete, is_completed: null }, ['is_completed']],
      [{}, ['is_completed', 'priority', 'title']],
      [{ description: 'x' }, ['is_completed', 'priority', 'title']],
      [{ title: null, is_completed: false }, ['priority', 'title']],
    ];
    for (const [sent, fields] of cases) {
      await each.test(JSON.stringify(sent), async () => {
        const id = await createTask(server, token, { description: 'kept' });
        const before = await server.send('GET', `/api/tasks/${id}`, { token });

        const answer = await server.send('PUT', `/api/tasks/${id}`, { token, body: sent });

        assert.equal(answer.status, 422, answer.body);
        const items: { loc: string[]; type: string }[] = answer.json().detail;
        assert.deepEqual(
          items.map(({ loc }) => loc.join('.')).toSorted(),
          fields.map((field) => `body.${field}`),
        );
        // To the schema an omitted field is null, as it is for Pydantic.
        for (const { type } of items) assert.match(type, /^(?:missing|string_type|bool_type)$/);
        const after = await server.send('GET', `/api/tasks/${id}`, { token });
        assert.equal(after.body, before.body, 'the refused replacement changed the task');
      });
    }
  });

  await t.test('reports an unknown priority before an omitted field', async () => {
    const answer = await server.send('PUT', `/api/tasks/${unknownId}`, { token, body: { priority: 'soon' } });

    assert.equal(answer.status, 400);
    assert.match(answer.json().detail, /^Invalid priority value/);
  });

  await t.test('reports an unknown task before an omitted field', async () => {
    const answer = await server.send('PUT', `/api/tasks/${unknownId}`, { token, body: { title: 'x' } });

    assert.equal(answer.status, 404);
    assert.deepEqual(answer.json(), own404);
  });

  await t.test("reports another user's task before an omitted field", async () => {
    const other = await signUp(server);
    const id = await createTask(server, other.token);

    const answer = await server.send('PUT', `/api/tasks/${id}`, { token, body: { title: 'x' } });

    assert.equal(answer.status, 404);
    assert.deepEqual(answer.json(), own404);
  });

  await t.test('erases what a replacement omits', async () => {
    const id = await createTask(server, token, { description: 'text', due_datetime: '2030-01-01' });

    const answer = await server.send('PUT', `/api/tasks/${id}`, { token, body: complete });

    assert.equal(answer.status, 200);
    const { description, due_datetime, ...rest } = answer.json().data;
    assert.deepEqual([description, due_datetime, rest.title, rest.is_completed], [null, null, 'new', true]);
  });

  await t.test('refuses a title over 255 code points', async (each) => {
    const titles: readonly (readonly [name: string, title: string, isTaken: boolean])[] = [
      ['255 ASCII characters', 'x'.repeat(255), true],
      ['256 ASCII characters', 'x'.repeat(256), false],
      ['255 characters of two UTF-16 units', '🧾'.repeat(255), true],
      ['256 characters of two UTF-16 units', '🧾'.repeat(256), false],
      ['a very long title', 'é'.repeat(100_000), false],
    ];
    const id = await createTask(server, token);
    for (const [name, title, isTaken] of titles) {
      await each.test(name, async () => {
        const posted = await server.send('POST', '/api/tasks', { token, body: { ...task, title } });
        const put = await server.send('PUT', `/api/tasks/${id}`, { token, body: { ...complete, title } });

        assert.deepEqual([posted.status, put.status], isTaken ? [201, 200] : [422, 422]);
        if (isTaken) return;
        const expected = {
          type: 'string_too_long',
          loc: ['body', 'title'],
          msg: 'String should have at most 255 characters',
          input: title,
          ctx: { max_length: 255 },
        };
        assert.deepEqual(posted.json(), { detail: [expected] });
        assert.deepEqual(put.json(), { detail: [expected] });
      });
    }
  });

  await t.test('reports an unknown priority before a long title', async () => {
    const answer = await server.send('POST', '/api/tasks', {
      token,
      body: { title: 'x'.repeat(256), priority: 'soon' },
    });

    assert.equal(answer.status, 400);
  });

  await t.test('reports an unknown task before a long title', async () => {
    const body = { ...complete, title: 'x'.repeat(256) };

    const answer = await server.send('PUT', `/api/tasks/${unknownId}`, { token, body });

    assert.equal(answer.status, 404);
  });

  await t.test('refuses a null is_completed', async () => {
    const answer = await server.send('POST', '/api/tasks', { token, body: { ...task, is_completed: null } });

    assert.equal(answer.status, 422);
    const expected = {
      type: 'bool_type',
      loc: ['body', 'is_completed'],
      msg: 'Input should be a valid boolean',
      input: null,
    };
    assert.deepEqual(answer.json(), { detail: [expected] });
  });

  await t.test('keeps a blank title as it was sent', async () => {
    for (const title of ['', ' ', '\t\n', '  padded  ', '\u{a0}']) {
      const answer = await server.send('POST', '/api/tasks', { token, body: { ...task, title } });

      assert.equal(answer.status, 201);
      assert.equal(answer.json().data.title, title);
    }
  });
});
