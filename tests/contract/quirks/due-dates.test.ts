import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTask, signUp, startContractServer, task } from '../contract-server.ts';

test('due dates', async (t) => {
  const server = await startContractServer(t);
  const { token } = await signUp(server);

  await t.test('refuses a due date that leaves the years 1 to 9999 in UTC', async (each) => {
    const dates = [
      '9999-12-31T23:59:59-12:00',
      '9999-12-31T23:59:59.999999-00:01',
      '9999-12-31T00:01:00-23:59',
      '0001-01-01T00:00:00+00:01',
      '0001-01-01T00:00:00.5+14:00',
      '0001-01-01 05:29:59+05:30',
    ];
    for (const due_datetime of dates) {
      await each.test(due_datetime, async () => {
        const own = await signUp(server);
        const id = await createTask(server, own.token, { due_datetime: '2030-01-01' });

        const posted = await server.send('POST', '/api/tasks', { token: own.token, body: { ...task, due_datetime } });
        const body = { ...task, is_completed: false, due_datetime };
        const put = await server.send('PUT', `/api/tasks/${id}`, { token: own.token, body });

        for (const answer of [posted, put]) {
          assert.equal(answer.status, 422, answer.body);
          const [item] = answer.json().detail;
          assert.deepEqual([item.type, item.loc], ['datetime_parsing', ['body', 'due_datetime']]);
          assert.match(item.input, new RegExp(`^${due_datetime.slice(0, 10)}.*${due_datetime.slice(-5)}$`));
        }
        const list = await server.send('GET', '/api/tasks', { token: own.token });
        assert.equal(list.json().data.total_count, 1);
        assert.equal(list.json().data.tasks[0].due_datetime, '2030-01-01T00:00:00');
      });
    }
  });

  await t.test('takes the first and the last instant', async () => {
    const cases: readonly (readonly [sent: string, stored: string])[] = [
      ['9999-12-31T23:59:59.999999', '9999-12-31T23:59:59.999999'],
      ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59'],
      ['9999-12-31T11:59:59-12:00', '9999-12-31T23:59:59'],
      ['0001-01-01', '0001-01-01T00:00:00'],
      ['0001-01-01T05:30:00+05:30', '0001-01-01T00:00:00'],
    ];
    for (const [due_datetime, stored] of cases) {
      const answer = await server.send('POST', '/api/tasks', { token, body: { ...task, due_datetime } });

      assert.equal(answer.status, 201, answer.body);
      assert.equal(answer.json().data.due_datetime, stored);
    }
  });

  for (const stored of [
    '10000-01-01 11:59:59',
    '294276-12-31 23:59:59.5',
    '0001-12-31 23:00:00 BC',
    'infinity',
    '-infinity',
  ]) {
    await t.test(`lists a stored ${stored} without failing`, async () => {
      const own = await signUp(server);
      const id = await createTask(server, own.token);
      const other = await createTask(server, own.token, { due_datetime: '2030-01-01' });
      await server.test.database.sql('UPDATE task SET due_datetime = $1 WHERE id = $2', [stored, id]);

      const queries = [
        '',
        '?sort_by=due_datetime',
        '?sort_by=due_datetime&sort_order=asc',
        '?limit=1',
        '?completed=false',
      ];
      for (const query of queries) {
        const list = await server.send('GET', `/api/tasks${query}`, { token: own.token });

        assert.equal(list.status, 200, list.body);
        assert.equal(list.json().data.total_count, 2);
      }
      const one = await server.send('GET', `/api/tasks/${id}`, { token: own.token });
      assert.equal(one.status, 200, one.body);
      const healthy = await server.send('GET', `/api/tasks/${other}`, { token: own.token });
      assert.equal(healthy.json().data.due_datetime, '2030-01-01T00:00:00');
    });
  }

  await t.test('lets a stored out-of-range date be completed, replaced and deleted', async () => {
    const own = await signUp(server);
    const id = await createTask(server, own.token);
    await server.test.database.sql(`UPDATE task SET due_datetime = '10000-01-01' WHERE id = $1`, [id]);

    const done = await server.send('PATCH', `/api/tasks/${id}/complete`, {
      token: own.token,
      body: { completed: true },
    });
    const put = await server.send('PUT', `/api/tasks/${id}`, {
      token: own.token,
      body: { ...task, is_completed: true },
    });
    const gone = await server.send('DELETE', `/api/tasks/${id}`, { token: own.token });

    assert.deepEqual([done.status, put.status, gone.status], [200, 200, 204]);
    assert.equal(put.json().data.due_datetime, null);
  });
});
