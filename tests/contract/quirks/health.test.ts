import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ContractServer, startContractServer } from '../contract-server.ts';

const connected = '{"status":"database connected"}';
const operational = '{"status":"authentication system operational"}';

async function probe(server: ContractServer, path: string): Promise<readonly [number, string]> {
  const { status, body } = await server.send('GET', path);
  return [status, body];
}

test('health probes', async (t) => {
  await t.test('says that the database is connected without asking unless hardened', async (each) => {
    const legacy = await startContractServer(each);
    const hardened = await startContractServer(each, { QUIRK_HEALTH_CONSTANT: 'hardened' });

    await each.test('both: the same while it is', async () => {
      for (const server of [legacy, hardened]) {
        assert.deepEqual(await probe(server, '/health'), [200, '{"status":"healthy"}']);
        assert.deepEqual(await probe(server, '/health/db'), [200, connected]);
        assert.deepEqual(await probe(server, '/health/auth'), [200, operational]);
      }
    });

    await legacy.test.database.close();
    await hardened.test.database.close();

    await each.test('legacy: the same while it is not', async () => {
      assert.deepEqual(await probe(legacy, '/health/db'), [200, connected]);
      assert.deepEqual(await probe(legacy, '/health/auth'), [200, operational]);
    });

    await each.test('hardened: 503 while it is not', async () => {
      for (const path of ['/health/db', '/health/auth']) {
        const [status, body] = await probe(hardened, path);
        assert.equal(status, 503);
        assert.doesNotMatch(body, /connected"|operational|postgres|socket|ECONN/);
      }
      assert.deepEqual(await probe(hardened, '/health'), [200, '{"status":"healthy"}']);
    });
  });
});
