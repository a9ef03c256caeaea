import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ContractServer, createTask, signUp, startContractServer } from '../contract-server.ts';

async function titles(server: ContractServer, token: string, query: string): Promise<string[]> {
  const answer = await server.send('GET', `/api/tasks?${query}`, { token });
  assert.equal(answer.status, 200, answer.body);
  return answer.json().data.tasks.map((item: { title: string }) => item.title);
}

const created = ['m', 'z', 'A', 'a', 'B', 'é'];

async function createAll(server: ContractServer): Promise<string> {
  const { token } = await signUp(server);
  for (const title of created) await createTask(server, token, { title });
  return token;
}

test('lists', async (t) => {
  const server = await startContractServer(t);

  await t.test('refuses an offset that PostgreSQL cannot count to', async (each) => {
    const { token } = await signUp(server);
    const refused = [
      '9223372036854775808',
      '9223372036854775809',
      '+9223372036854775808',
      '0009223372036854775808',
      '9_223_372_036_854_775_808',
      '18446744073709551616',
      '99999999999999999999999999999999.0',
      `1${'0'.repeat(400)}`,
      '9'.repeat(4300),
    ];
    for (const offset of refused) {
      await each.test(`offset=${offset.slice(0, 40)}`, async () => {
        const answer = await server.send('GET', `/api/tasks?offset=${encodeURIComponent(offset)}`, { token });

        assert.equal(answer.status, 422, answer.body);
        const [item] = answer.json().detail;
        assert.deepEqual([item.type, item.loc], ['less_than_equal', ['query', 'offset']]);
        assert.match(answer.body, /"ctx":\{"le":9223372036854775807\}/);
      });
    }

    await each.test('and takes the last one that it can', async () => {
      const answer = await server.send('GET', '/api/tasks?offset=9223372036854775807', { token });

      assert.equal(answer.status, 200, answer.body);
      assert.match(answer.body, /"tasks":\[\].*"offset":9223372036854775807[,}]/);
    });

    await each.test('after the checks that came first', async () => {
      const answer = await server.send('GET', '/api/tasks?offset=9223372036854775808&sort_by=nope', { token });

      assert.equal(answer.status, 400);
    });
  });

  await t.test('sorts by title only when hardened', async (each) => {
    await each.test('legacy: in the order of creation, whatever the order asked', async () => {
      const token = await createAll(server);

      assert.deepEqual(await titles(server, token, 'sort_by=title'), created);
      assert.deepEqual(await titles(server, token, 'sort_by=title&sort_order=asc'), created);
      assert.deepEqual(await titles(server, token, 'sort_by=title&limit=2&offset=1'), created.slice(1, 3));
    });

    await each.test('hardened: by title, both ways', async (flag) => {
      const hardened = await startContractServer(flag, { QUIRK_SORT_TITLE_IGNORED: 'hardened' });
      const token = await createAll(hardened);

      const ascending = await titles(hardened, token, 'sort_by=title&sort_order=asc');
      const descending = await titles(hardened, token, 'sort_by=title');

      assert.deepEqual(ascending.toSorted(), created.toSorted());
      assert.notDeepEqual(ascending, created);
      assert.deepEqual(descending, ascending.toReversed());
      assert.ok(ascending.indexOf('a') < ascending.indexOf('m') && ascending.indexOf('m') < ascending.indexOf('z'));
    });
  });
});
