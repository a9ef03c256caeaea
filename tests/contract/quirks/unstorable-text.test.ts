import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ContractServer, createTask, signUp, startContractServer, task } from '../contract-server.ts';

const complete = { title: 'new', priority: 'not_urgent_important', is_completed: true };

test('text that cannot be stored', async (t) => {
  const server = await startContractServer(t);
  const { token } = await signUp(server);
  const id = await createTask(server, token);

  async function countTasks(): Promise<number> {
    const answer = await server.send('GET', '/api/tasks', { token });
    return answer.json().data.total_count;
  }

  await t.test('refuses U+0000 wherever it stands', async (each) => {
    const texts = ['\0', '\0start', 'mid\0dle', 'end\0', '🧾\0', '\0\0'];
    for (const field of ['title', 'description']) {
      for (const text of texts) {
        await each.test(`${JSON.stringify(text)} in ${field}`, async () => {
          const before = await countTasks();

          await assertRefused(server, { token, id, body: { ...complete, [field]: text }, field });

          assert.equal(await countTasks(), before, 'a refused task was stored');
        });
      }
    }
  });

  await t.test('refuses an unpaired surrogate wherever it stands', async (each) => {
    const texts = ['\ud800', 'a\udbff', '\udc00b', 'x\udfffy', '\ud83d', '\udc00\ud800', '🧾\ud83e'];
    for (const field of ['title', 'description']) {
      for (const text of texts) {
        await each.test(`${JSON.stringify(text)} in ${field}`, () =>
          assertRefused(server, { token, id, body: { ...complete, [field]: text }, field }),
        );
      }
    }
  });

  await t.test('echoes an unpaired surrogate in its escaped form', async (each) => {
    const sent: readonly (readonly [name: string, body: string, echoed: string])[] = [
      ['in a list', String.raw`{"title":["\udfff"],"priority":"urgent_important"}`, String.raw`"input":["\udfff"]`],
      ['in a date', String.raw`{"title":"t","priority":"p","due_datetime":"\ud800"}`, String.raw`"input":"\ud800"`],
      ['in a boolean', String.raw`{"title":"t","priority":"p","is_completed":"\ud800"}`, String.raw`"input":"\ud800"`],
      ['in a sibling of a missing field', String.raw`{"title":"\udc00"}`, String.raw`"input":{"title":"\udc00"}`],
      ['in a name', String.raw`{"\ud800":1}`, String.raw`"input":{"\ud800":1}`],
      ['deep inside', String.raw`{"title":{"a":[{"b":"\ud800"}]},"priority":"p"}`, String.raw`{"a":[{"b":"\ud800"}]}`],
    ];
    for (const [name, body, echoed] of sent) {
      await each.test(name, async () => {
        const headers = { 'content-type': 'application/json' };
        const answer = await server.send('POST', '/api/tasks', { token, headers, body });

        assert.equal(answer.status, 422, answer.body);
        assert.ok(answer.body.includes(echoed), answer.body);
      });
    }
  });

  await t.test('takes a pair that is written as two escapes', async () => {
    const body = String.raw`{"title":"\ud83e\uddfe","priority":"urgent_important"}`;

    const answer = await server.send('POST', '/api/tasks', {
      token,
      headers: { 'content-type': 'application/json' },
      body,
    });

    assert.equal(answer.json().data?.title, '🧾');
  });

  await t.test('refuses an unstorable priority as an unknown one', async () => {
    for (const priority of ['\0', 'urgent_important\0', '\ud800']) {
      const posted = await server.send('POST', '/api/tasks', { token, body: { ...task, priority } });

      assert.equal(posted.status, 400, posted.body);
    }
    for (const query of ['priority=%00', 'priority=%ED%A0%80', 'sort_by=%00', 'sort_order=%00']) {
      const listed = await server.send('GET', `/api/tasks?${query}`, { token });

      assert.equal(listed.status, 400, `${query}: ${listed.body}`);
    }
  });
});

interface Refused {
  token: string;
  id: string;
  body: object;
  field: string;
}

async function assertRefused(server: ContractServer, { token, id, body, field }: Refused): Promise<void> {
  const posted = await server.send('POST', '/api/tasks', { token, body });
  const put = await server.send('PUT', `/api/tasks/${id}`, { token, body });

  for (const answer of [posted, put]) {
    assert.equal(answer.status, 422, answer.body);
    assert.deepEqual(
      answer.json().detail.map((item: { loc: string[] }) => item.loc),
      [['body', field]],
    );
  }
}
