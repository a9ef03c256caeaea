import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { bearer, json, registerUser } from '../support/app.ts';
import { connectRaw, countConnections, eventually, listen, requestText, statusesIn } from './support.ts';

const limits = {
  ...{ DATABASE_ACQUIRE_TIMEOUT_MS: '300', DATABASE_LOCK_TIMEOUT_MS: '400', DATABASE_STATEMENT_TIMEOUT_MS: '500' },
  ...{ DATABASE_QUERY_TIMEOUT_MS: '600', DATABASE_IDLE_IN_TRANSACTION_TIMEOUT_MS: '700', HANDLER_TIMEOUT_MS: '900' },
  ...{ HEADERS_TIMEOUT_MS: '500', REQUEST_TIMEOUT_MS: '1000' },
};
/** REQUEST_TIMEOUT_MS, the interval in which Node looks, and the moment in which the client may read the refusal. */
const withinMs = 1000 + 1000 + 1000 + 1500;

test('a slow client', async (t) => {
  const { port, app, logLines } = await listen(t, { env: limits });
  const head = requestText('POST', '/auth/login', { headers: { ...json, 'content-length': '1000' } });

  const slow: Readonly<Record<string, string>> = {
    'that never ends its request line': 'GET /live',
    'that never ends its headers': 'GET /live HTTP/1.1\r\nHost: localhost\r\nX-A: ',
    'that never ends its body': `${head}{"email":`,
    'that never ends a chunk': `${requestText('POST', '/auth/login', { headers: { 'transfer-encoding': 'chunked' } })}ff\r\n{`,
  };
  const dripped = Object.entries(slow).map(([name, text]) =>
    t.test(`${name} is answered 408, and the connection ends although it goes on`, async (t) => {
      assert.deepEqual(statusesIn(await drip(t, port, text)), [408]);
    }),
  );
  await Promise.all(dripped);

  await t.test('leaves no connection, and one line a request in the log', async () => {
    await eventually(async () => (await countConnections(app.server)) === 0, withinMs);
    await eventually(() => linesAbout(logLines, '/auth/login').length === 2);
    for (const line of logLines) assert.doesNotMatch(line, /"level":"(error|warn|fatal)"/);
  });

  await t.test('that sends nothing at all keeps nobody else out', async (t) => {
    const idle = await Promise.all(Array.from({ length: 200 }, () => connectRaw(t, port)));
    assert.equal((await fetch(`http://127.0.0.1:${port}/live`)).status, 200);
    for (const { socket } of idle) socket.destroy();
  });
});

test('a client that hangs up', async (t) => {
  const server = await listen(t);
  const { port, app, database, logLines } = server;
  const user = await registerUser(server);
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', note).on('uncaughtException', note);
  t.after(() => process.off('unhandledRejection', note).off('uncaughtException', note));
  const create = (title: string) => {
    const body = JSON.stringify({ title, description: 'd'.repeat(1000), priority: 'urgent_important' });
    return requestText('POST', '/api/tasks', { headers: { ...json, ...bearer(user.access_token) }, body });
  };
  const titles = async () => (await database.sql('SELECT title FROM task ORDER BY title')).map(({ title }) => title);

  await t.test('in the middle of its body has written nothing', async (t) => {
    for (const share of [0.3, 0.9, 0.999]) {
      const client = await connectRaw(t, port);
      const text = create('half');
      await client.write(text.slice(0, Math.floor(text.length * share)));
      client.socket.resetAndDestroy();
    }
    await eventually(async () => (await countConnections(app.server)) === 0);
    assert.deepEqual(await titles(), []);
  });

  await t.test('while its row is written leaves it whole or absent', async (t) => {
    const sent = 40;
    for (let index = 0; index < sent; index += 1) {
      const client = await connectRaw(t, port);
      await client.write(create(`task ${index}`));
      if (index % 2 === 0) await pause(index / 8); // Spread over the time that a request takes.
      client.socket.resetAndDestroy();
    }
    await eventually(() => database.database.stats().inUse === 0);
    await eventually(async () => (await countConnections(app.server)) === 0);
    const rows = await database.sql('SELECT title, length(description) AS length, created_at, user_id FROM task');
    assert.ok(rows.length > 0 && rows.length <= sent);
    for (const row of rows) assert.deepEqual([row.length, row.user_id], [1000, user.id]);
    assert.equal(new Set(rows.map(({ title }) => title)).size, rows.length);
  });

  await t.test('is one line in the log, and no fault', () => {
    assert.deepEqual(unhandled, []);
    const requests = logLines
      .map((line): { request_id?: string; msg: string } => JSON.parse(line))
      .filter(isRequestLine);
    assert.equal(new Set(requests.map(({ request_id }) => request_id)).size, requests.length);
    for (const line of logLines) assert.doesNotMatch(line, /"level":"(error|warn|fatal)"/);
  });
});

/** Sends the text, then a byte again and again, until the server ends the connection. */
async function drip(t: TestContext, port: number, text: string): Promise<string> {
  const client = await connectRaw(t, port);
  await client.write(text);
  const timer = setInterval(() => {
    if (client.socket.writable) client.socket.write('a');
  }, 100);
  try {
    return await client.untilClosed(withinMs);
  } finally {
    clearInterval(timer);
  }
}

function linesAbout(lines: readonly string[], route: string): string[] {
  return lines.filter((line) => line.includes(`"route":"${route}"`));
}

function isRequestLine({ msg }: { msg: string }): boolean {
  return msg === 'request' || msg === 'client hung up';
}
