import { connect, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createTestApp, type TestApp, type TestAppOptions } from '../support/app.ts';

export interface ListeningApp extends TestApp {
  readonly port: number;
  readonly url: string;
}

/** The app behind a real socket; ends with the test. */
export async function listen(t: TestContext, options: TestAppOptions = {}): Promise<ListeningApp> {
  const test = await createTestApp(t, options);
  const url = await test.app.listen({ host: '127.0.0.1', port: 0 });
  return { ...test, url, port: Number(new URL(url).port) };
}

export interface RawClient {
  readonly socket: Socket;
  /** Resolves when all is handed to the system, or the connection is gone. */
  write(bytes: string | Uint8Array): Promise<void>;
  /** Waits until what has come satisfies the condition, and returns it. Throws after `withinMs`. */
  until(done: (text: string) => boolean, withinMs?: number): Promise<string>;
  /** Waits until the server has ended the connection, and returns all that came. Throws after `withinMs`. */
  untilClosed(withinMs?: number): Promise<string>;
}

/** A connection that sends exactly what it is told and never ends first: the server must. */
export async function connectRaw(t: TestContext, port: number): Promise<RawClient> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  t.after(() => socket.destroy());
  const listeners = new Set<() => void>();
  let text = '';
  let isClosed = false;
  const change = (update: () => void) => {
    update();
    for (const listener of listeners) listener();
  };
  const close = () => change(() => (isClosed = true));
  socket.on('data', (bytes) => change(() => (text += bytes.toString('latin1'))));
  socket.on('error', close).on('end', close).on('close', close);
  await new Promise((resolve) => socket.once('connect', resolve));

  const wait = (done: () => boolean, withinMs: number) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const late = () => reject(new Error(`not within ${withinMs} ms; so far: ${JSON.stringify(text.slice(0, 500))}`));
    const timer = setTimeout(late, withinMs);
    const look = () => {
      if (done()) resolve(text);
    };
    listeners.add(look);
    look();
    return promise.finally(() => {
      clearTimeout(timer);
      listeners.delete(look);
    });
  };
  return {
    socket,
    write: (bytes) => new Promise((resolve) => void socket.write(bytes, () => resolve())),
    until: (done, withinMs = 10_000) => wait(() => done(text), withinMs),
    untilClosed: (withinMs = 10_000) => wait(() => isClosed, withinMs),
  };
}

/** Sends all at once, waits for the server to end the connection, and returns all that came. */
export async function sendAndAwaitClose(t: TestContext, port: number, bytes: string | Uint8Array): Promise<string> {
  const client = await connectRaw(t, port);
  await client.write(bytes);
  return client.untilClosed();
}

/** The status of every answer in what a connection brought. Throws where the bytes are no answer. */
export function statusesIn(text: string): number[] {
  const statuses: number[] = [];
  for (let rest = text; rest !== ''; ) {
    const head = /^HTTP\/1\.1 (\d{3}) [^\r]*\r\n(?:([\s\S]*?)\r\n)??\r\n/.exec(rest);
    if (!head) throw new Error(`not an HTTP answer: ${JSON.stringify(rest.slice(0, 200))}`);
    statuses.push(Number(head[1]));
    const length = Number(/^content-length: (\d+)\r?$/im.exec(head[2] ?? '')?.[1] ?? 0);
    rest = rest.slice(head[0].length + length).replace(/^0\r\n\r\n/, ''); // Node's own refusals are empty chunked bodies.
  }
  return statuses;
}

/** A request whose head is complete and right; `connection: close` unless the headers say otherwise. */
export function requestText(
  method: string,
  target: string,
  { headers = {}, body = '' }: { headers?: Readonly<Record<string, string>>; body?: string } = {},
): string {
  const length = body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const lines = Object.entries({ host: 'localhost', connection: 'close', ...length, ...headers });
  return `${method} ${target} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
}

/** Asks again and again until the answer is right. Throws after `withinMs`. */
export async function eventually(isRight: () => Promise<boolean> | boolean, withinMs = 10_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await isRight())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms`);
    await pause(10);
  }
}

export function countConnections(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
}
