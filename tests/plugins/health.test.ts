import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createReadinessService, type NotReadyReason } from '../../src/services/readiness.ts';
import { createTestApp } from '../support/app.ts';

test('the probes', async (t) => {
  const { app, readiness, database } = await createTestApp(t);

  await t.test('say that the process lives and is ready', async () => {
    assert.deepEqual((await app.inject('/live')).json(), { status: 'live' });
    assert.deepEqual((await app.inject('/ready')).json(), { status: 'ready' });
  });

  await t.test('tell without its database that it lives, and why it is not ready', async () => {
    await database.database.close({ timeoutMs: 100 });
    assert.equal((await app.inject('/live')).statusCode, 200);
    const ready = await app.inject('/ready');
    assert.deepEqual([ready.statusCode, ready.headers['retry-after'], ready.json().status], [503, '2', 'not ready']);
    assert.deepEqual(
      ready.json().reasons.map(({ code }: NotReadyReason) => code),
      ['database_unreachable'],
    );
  });

  await t.test("keep the incumbent's answers, which never look", async () => {
    for (const path of ['/health', '/health/db', '/health/auth'])
      assert.equal((await app.inject(path)).statusCode, 200);
  });

  await t.test('say that the process stops, and every answer ends its connection', async () => {
    readiness.startStopping();
    const ready = await app.inject('/ready');
    assert.deepEqual([ready.statusCode, ready.json().reasons[0].code], [503, 'stopping']);
    for (const url of ['/ready', '/live', '/api/tasks', '/nowhere', '/docs']) {
      assert.equal((await app.inject(url)).headers.connection, 'close', url);
    }
  });
});

test('readiness', async (t) => {
  const clock = { ms: 0 };
  const looks = { pings: 0, schema: 0 };
  const state: { ping: () => Promise<void>; schema: () => Promise<NotReadyReason | undefined> } = {
    ping: async () => undefined,
    schema: async () => undefined,
  };
  const service = createReadinessService({
    ping: () => {
      looks.pings += 1;
      return state.ping();
    },
    findSchemaReason: () => {
      looks.schema += 1;
      return state.schema();
    },
    timeoutMs: 50,
    cacheMs: 1000,
    monotonicMs: () => clock.ms,
    pause: sleep,
  });
  const codes = async () => (await service.findReasons()).map(({ code }) => code);

  await t.test('looks once for all probes of a second', async () => {
    await Promise.all(Array.from({ length: 100 }, () => service.findReasons()));
    assert.deepEqual(looks, { pings: 1, schema: 1 });
    clock.ms += 999;
    await service.findReasons();
    assert.equal(looks.pings, 1);
    clock.ms += 1;
    await service.findReasons();
    assert.equal(looks.pings, 2);
  });

  await t.test('answers in time although the database does not, wherever it stops', async () => {
    const never = () => new Promise<never>(() => undefined);
    state.ping = never;
    clock.ms += 1000;
    assert.deepEqual(await codes(), ['database_unreachable']);
    state.ping = async () => undefined;
    state.schema = never;
    clock.ms += 1000;
    assert.deepEqual(await codes(), ['database_unreachable']);
  });

  await t.test('passes the reason of the schema on, and is ready again without it', async () => {
    state.schema = async () => ({ code: 'schema_behind', message: 'a test' });
    clock.ms += 1000;
    assert.deepEqual(await codes(), ['schema_behind']);
    state.schema = async () => undefined;
    clock.ms += 1000;
    assert.deepEqual(await codes(), []);
  });

  await t.test('needs no look to know that it stops', async () => {
    const { pings } = looks;
    service.startStopping();
    assert.deepEqual(await codes(), ['stopping']);
    assert.equal(looks.pings, pings);
  });
});
