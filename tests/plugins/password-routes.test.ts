import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import fastify, { type FastifyInstance } from 'fastify';
import { AppError } from '../../src/errors.ts';
import {
  createTurns,
  registerEarlyRefusal,
  registerPasswordTurns,
  turnSpacingMs,
} from '../../src/plugins/password-routes.ts';

const json = { 'content-type': 'application/json' };

describe('turns', () => {
  test('begin one at a time, in the order in which they were asked for', () => {
    const { planned, turns, begun } = plannedTurns();
    for (let n = 0; n < 5; n += 1) turns.take(() => begun.push(n));
    assert.deepEqual(begun, []);
    for (let n = 0; n < 5; n += 1) {
      assert.equal(planned.length, 1);
      planned.shift()?.();
      assert.equal(begun.length, n + 1);
    }
    assert.deepEqual([begun, planned], [[0, 1, 2, 3, 4], []]);
  });

  test('begin who was asked for by another one, too', () => {
    const { planned, turns, begun } = plannedTurns();
    turns.take(() => {
      begun.push(1);
      turns.take(() => begun.push(2));
    });
    for (let n = 0; n < 2; n += 1) planned.shift()?.();
    assert.deepEqual([begun, planned], [[1, 2], []]);
  });

  test('begin more at a time where a flood waits, so that it does not grow without end', () => {
    const { planned, turns, begun } = plannedTurns();
    for (let n = 0; n < 1000; n += 1) turns.take(() => begun.push(n));
    planned.shift()?.();
    assert.equal(begun.length, 4);
  });
});

describe('turns are apart', () => {
  for (const [workers, sharePercent, milliseconds] of [
    [1, 20, 4],
    [1, 100, 1],
    [2, 35, 2],
    [1, 10, 4],
    [64, 100, 1],
  ] as const) {
    test(`${milliseconds} ms where ${workers} threads hash for ${sharePercent} percent of their time`, () => {
      assert.equal(turnSpacingMs({ workers, sharePercent }), milliseconds);
    });
  }
});

describe('routes that verify a password', () => {
  test('let a request to another route go first that came in the same turn', async (t) => {
    const { app, begun } = await openApp(t);
    const logins = Array.from({ length: 50 }, () => app.inject({ method: 'POST', url: '/login', body: {} }));
    const other = app.inject('/other');
    await Promise.all([...logins, other]);
    assert.ok(begun.indexOf('/other') <= 1, `after ${begun.indexOf('/other')} logins`);
  });

  test('are refused before the body is read', async (t) => {
    let isFull = true;
    const { app, begun } = await openApp(t, () => {
      if (isFull) throw new AppError('overloaded', { reason: 'test' });
    });
    const broken = {
      method: 'POST',
      url: '/login',
      headers: json,
      body: '{',
    } as const;
    assert.match((await app.inject(broken)).body, /overloaded/);
    isFull = false;
    assert.match((await app.inject(broken)).body, /JSON/);
    assert.deepEqual(begun, []);
  });

  test('begin nothing for a client that left while it waited, and stop all the same', async (t) => {
    const { app, begun, turns } = await openApp(t);
    const address = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
    const sockets = Array.from({ length: 2 }, () => connect(Number(address.port), address.hostname));
    for (const socket of sockets) {
      socket.write('POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}');
    }
    await turns.waiting(2);
    sockets[0]?.destroy();
    await turns.gone();
    turns.open();
    await once(sockets[1] ?? app.server, 'data');
    sockets[1]?.destroy();
    assert.deepEqual(begun, ['/login']);
    await app.close();
  });

  test('are all answered when the server stops while they wait', async (t) => {
    const { app, turns } = await openApp(t);
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const send = () => fetch(`${url}/login`, { method: 'POST', headers: { ...json, connection: 'close' }, body: '{}' });
    const answers = Array.from({ length: 5 }, send);
    await turns.waiting(5);
    const closing = app.close();
    turns.open();
    assert.deepEqual(
      await Promise.all(answers.map(async (answer) => (await answer).status)),
      [200, 200, 200, 200, 200],
    );
    await closing;
  });
});

function plannedTurns() {
  const planned: (() => void)[] = [];
  const plan = (turn: () => void) => planned.push(turn);
  return { planned, turns: createTurns({ first: plan, next: plan }), begun: [] as number[] };
}

/** An app with a route of each kind. On a socket the turns wait until they are opened. */
async function openApp(t: TestContext, assertRoom: () => void = () => {}) {
  const begun: string[] = [];
  const app: FastifyInstance = fastify({ forceCloseConnections: 'idle', return503OnClosing: false });
  const turns = watchTurns(app);
  registerPasswordTurns(app, { first: turns.plan, next: turns.plan });
  registerEarlyRefusal(app, { assertRoom });
  app.post('/login', { config: { passwordWork: true } }, async () => begun.push('/login'));
  app.get('/other', async () => begun.push('/other'));
  t.after(() => app.close());
  await app.ready();
  return { app, begun, turns };
}

function watchTurns(app: FastifyInstance) {
  let held: (() => void)[] | undefined;
  let arrived = 0;
  const changes = new EventTarget();
  app.addHook('onRequest', (request, _reply, next) => {
    arrived += 1;
    request.raw.once('close', () => changes.dispatchEvent(new Event('gone')));
    changes.dispatchEvent(new Event('arrived'));
    next();
  });
  app.addHook('onListen', async () => {
    held = [];
  });
  return {
    plan: (turn: () => void) => {
      if (held) held.push(turn);
      else setImmediate(turn);
    },
    async waiting(count: number) {
      for (let missing = count - arrived; missing > 0; missing = count - arrived) await once(changes, 'arrived');
    },
    gone: () => once(changes, 'gone'),
    open() {
      const turns = held ?? [];
      held = undefined;
      for (const turn of turns) setImmediate(turn);
    },
  };
}
