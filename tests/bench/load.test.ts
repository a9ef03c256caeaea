import assert from 'node:assert/strict';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { startLoadGenerator } from '../../bench/load/generator.ts';
import type { LoadRequest } from '../../bench/load/jobs.ts';
import { runLoad } from '../../bench/load/loops.ts';
import { canGoFirst } from '../../bench/scheduling.ts';
import { findFreePort } from '../support/free-port.ts';
import { listen } from './listening.ts';

const requests: LoadRequest[] = [{ method: 'GET', path: '/', token: 'test-token' }];
const closed = { kind: 'closed', requests, status: 200, durationMs: 30, connections: 4 } as const;

describe('the load generator', () => {
  test('counts each answer once', async (t) => {
    let answered = 0;
    const port = await serve(t, (_request, response) => {
      answered += 1;
      response.end('{}');
    });
    const result = await runLoad({ ...closed, port });
    assert.ok(result.requests >= closed.connections);
    assert.deepEqual([result.requests, result.latenciesMs.length], [answered, answered]);
  });

  test('sends the method, path, token and body that it was given', async (t) => {
    const seen: string[] = [];
    const port = await serve(t, (request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk) => {
        body += String(chunk);
      });
      request.on('end', () => {
        seen.push(`${request.method} ${request.url} ${request.headers.authorization} ${body}`);
        response.end();
      });
    });
    const post = { method: 'POST', path: '/tasks', token: 'test-token', body: '{"title":"ö"}' } as const;
    await runLoad({ ...closed, port, requests: [post], connections: 1, durationMs: 1 });
    assert.equal(seen[0], 'POST /tasks Bearer test-token {"title":"ö"}');
  });

  test('keeps its connections', async (t) => {
    const sockets = new Set<Socket>();
    const port = await serve(t, (request, response) => {
      sockets.add(request.socket);
      response.end();
    });
    const { requests: sent } = await runLoad({ ...closed, port });
    assert.ok(sent > closed.connections);
    assert.equal(sockets.size, closed.connections);
  });

  test('connects again when the server says that it closes', async (t) => {
    const port = await serve(t, (_request, response) => {
      response.setHeader('connection', 'close');
      response.end('ok');
    });
    const { requests: sent } = await runLoad({ ...closed, port });
    assert.ok(sent > closed.connections);
  });

  test('puts an answer together that arrives byte by byte', async (t) => {
    const bytes = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello');
    const drip = (socket: Socket, at = 0): unknown =>
      at < bytes.length && socket.write(bytes.subarray(at, at + 1), () => drip(socket, at + 1));
    const server = createServer({ noDelay: true }, (socket) => socket.on('data', () => drip(socket)));
    const port = await listen(t, server);
    const result = await runLoad({ ...closed, port, connections: 1, durationMs: 1 });
    assert.equal(result.samples[0], 'hello');
  });

  test('stops at the first answer with another status', async (t) => {
    let count = 0;
    const port = await serve(t, (_request, response) => {
      count += 1;
      response.statusCode = count === 10 ? 500 : 200;
      response.end('planted fault');
    });
    await assert.rejects(runLoad({ ...closed, port, durationMs: 5000 }), /status 500 instead of 200: planted fault/);
  });

  test('stops when the server cuts a request off', async (t) => {
    const port = await serve(t, (request) => request.socket.destroy());
    await assert.rejects(runLoad({ ...closed, port, durationMs: 5000 }), /ended the connection|ECONNRESET/);
  });

  test('stops when nobody listens', async () => {
    const port = await findFreePort();
    await assert.rejects(runLoad({ ...closed, port, durationMs: 5000 }), /ECONNREFUSED/);
  });

  test('refuses an answer whose length it cannot tell', async (t) => {
    const port = await serve(t, (_request, response) => {
      response.write('a');
      response.end('b');
    });
    await assert.rejects(runLoad({ ...closed, port }), /without Content-Length/);
  });

  test('keeps its rate while answers are slow', async (t) => {
    const held: (() => void)[] = [];
    const port = await serve(t, (_request, response) => {
      held.push(() => response.end());
      if (held.length === 10) for (const release of held) release();
    });
    // Only a generator that does not wait for the first answer sends the tenth request.
    const result = await runLoad({ kind: 'open', port, requests, status: 200, durationMs: 100, perSecond: 100 });
    assert.equal(result.requests, 10);
  });

  test('sends before what counts at the same rate, over the same connections', async (t) => {
    const clients = new Set<Socket>();
    let arrived = 0;
    const port = await serve(t, (request, response) => {
      clients.add(request.socket);
      arrived += 1;
      response.end();
    });
    const job = { kind: 'open', port, requests, status: 200, durationMs: 100, perSecond: 100, leadMs: 100 } as const;
    const { requests: counted } = await runLoad(job);
    assert.deepEqual({ counted, arrived }, { counted: 10, arrived: 20 });
    assert.ok(clients.size < counted, `${clients.size} connections`);
  });

  test('counts what was refused apart from what was answered, where it may be', async (t) => {
    const port = await serve(t, (_request, response) => {
      response.statusCode = 503;
      response.end();
    });
    const job = { kind: 'open', port, requests, status: 200, durationMs: 50, perSecond: 100 } as const;
    const { requests: answered, refused } = await runLoad({ ...job, mayRefuse: true });
    assert.deepEqual({ answered, refused }, { answered: 0, refused: 5 });
    await assert.rejects(runLoad(job), /status 503 instead of 200/);
  });

  test('waits for as long as a refusal says, and goes on where that is nothing', async (t) => {
    for (const { retryAfter, status, isAgain } of [
      { retryAfter: '60', status: 503, isAgain: false },
      { retryAfter: '60', status: 429, isAgain: false },
      { retryAfter: '0', status: 503, isAgain: true },
    ]) {
      const port = await serve(t, (_request, response) => {
        response.writeHead(status, { 'retry-after': retryAfter, 'content-length': 0 }).end();
      });
      const { refused } = await runLoad({ ...closed, port, connections: 1, mayRefuse: true });
      assert.equal(refused > 1, isAgain, `${refused} refusals with Retry-After: ${retryAfter}`);
    }
  });

  test('stops at once with a fault while others wait after a refusal', async (t) => {
    let count = 0;
    const port = await serve(t, (_request, response) => {
      count += 1;
      response.writeHead(count === 1 ? 503 : 500, { 'retry-after': '60', 'content-length': 0 }).end();
    });
    const job = { ...closed, port, connections: 2, mayRefuse: true, durationMs: 3_600_000 };
    await assert.rejects(runLoad(job), /status 500 instead of 200/);
  });

  test('tells whether it goes before everybody, as it was asked to where that is permitted', async (t) => {
    const generators = [startLoadGenerator({ goes: 'first' }), startLoadGenerator()];
    t.after(() => Promise.all(generators.map((generator) => generator.close())));
    assert.deepEqual(
      generators.map(({ goesFirst }) => goesFirst),
      [canGoFirst(), false],
    );
  });

  test('runs in a process of its own and tells its faults from there', async (t) => {
    const port = await serve(t, (_request, response) => {
      response.statusCode = 503;
      response.end();
    });
    const generator = startLoadGenerator();
    t.after(() => generator.close());
    const [refused, accepted] = await Promise.allSettled([
      generator.run({ ...closed, port }),
      generator.run({ ...closed, port, status: 503 }),
    ]);
    assert.deepEqual([refused.status, accepted.status], ['rejected', 'fulfilled']);
  });
});

function serve(t: TestContext, listener: RequestListener): Promise<number> {
  return listen(t, createHttpServer(listener));
}
