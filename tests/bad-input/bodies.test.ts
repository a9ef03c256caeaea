import assert from 'node:assert/strict';
import { test } from 'node:test';
import { json } from '../support/app.ts';
import { connectRaw, countConnections, eventually, listen, requestText } from './support.ts';

const mebibyte = 1024 * 1024;

test('a body of 100 MB', async (t) => {
  const { port, app } = await listen(t);

  await t.test('is answered 413 before it is read', async (t) => {
    const client = await connectRaw(t, port);
    const headers = { ...json, 'content-length': String(100 * mebibyte), connection: 'keep-alive' };
    await client.write(requestText('POST', '/auth/login', { headers }));
    const answer = await client.until((text) => text.includes('\r\n\r\n'));
    assert.match(answer, /^HTTP\/1\.1 413 /);
    await eventually(async () => (await countConnections(app.server)) === 0);
  });

  await t.test('without a length is cut off at the limit, with no more memory than that', async (t) => {
    const client = await connectRaw(t, port);
    const headers = { ...json, 'transfer-encoding': 'chunked', connection: 'keep-alive' };
    const before = process.memoryUsage.rss();
    await client.write(requestText('POST', '/auth/login', { headers }));
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000, 0x20), Buffer.from('\r\n')]);
    for (let sent = 0; sent < 100 * mebibyte && client.socket.writable; sent += 0x10000) await client.write(chunk);
    assert.match(await client.untilClosed(), /^HTTP\/1\.1 413 /);
    assert.ok(process.memoryUsage.rss() - before < 64 * mebibyte);
    await eventually(async () => (await countConnections(app.server)) === 0);
  });
});
