import { once } from 'node:events';
import { connect, createServer, type NetConnectOpts, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What happens to the bytes between a client and the server; it can change at any time. */
export type Fault =
  /** Nothing is wrong. */
  | { kind: 'none' }
  /** New connections are closed at once. */
  | { kind: 'refuse' }
  /** Connections are accepted, and nothing ever comes through, either way. */
  | { kind: 'blackhole' }
  | { kind: 'latency'; milliseconds: number }
  /** When a client sends these bytes, its connection is cut: before the server sees them, or before it sees the answer. */
  | { kind: 'cut'; on: string; when: 'before-request' | 'before-reply' }
  /** The server's next answer is replaced. */
  | { kind: 'garbage'; bytes: Buffer };

export interface FaultProxy {
  readonly host: '127.0.0.1';
  readonly port: number;
  set(fault: Fault): void;
  /** Ends every connection at once, as a dying machine does. */
  cutAll(): void;
  /** How often a `cut` fault has struck. */
  readonly cuts: number;
  close(): Promise<void>;
}

/** A TCP proxy in front of a server that fails on demand. */
export async function startFaultProxy(target: NetConnectOpts): Promise<FaultProxy> {
  const state: State = { fault: { kind: 'none' }, sockets: new Set(), cuts: 0 };
  const server = createServer((client) => accept(state, client, target));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const cutAll = () => {
    for (const socket of state.sockets) socket.destroy();
  };
  return {
    host: '127.0.0.1',
    port: address.port,
    set(fault) {
      state.fault = fault;
    },
    cutAll,
    get cuts() {
      return state.cuts;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      cutAll();
      await closed;
    },
  };
}

interface State {
  fault: Fault;
  readonly sockets: Set<Socket>;
  cuts: number;
}

interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
  /** The next answer must not reach the client. */
  replyIsLost: boolean;
}

function accept(state: State, client: Socket, target: NetConnectOpts): void {
  track(state, client);
  if (state.fault.kind === 'refuse') {
    client.resetAndDestroy();
    return;
  }
  const pair: Pair = { client, upstream: connect(target), replyIsLost: false };
  track(state, pair.upstream);
  client.on('close', () => pair.upstream.destroy());
  pair.upstream.on('close', () => client.destroy());
  client.on('data', (bytes: Buffer) => void forwardRequest(state, pair, bytes));
  pair.upstream.on('data', (bytes: Buffer) => void forwardReply(state, pair, bytes));
}

function track({ sockets }: State, socket: Socket): void {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  socket.on('error', () => undefined);
}

async function forwardRequest(state: State, pair: Pair, bytes: Buffer): Promise<void> {
  const { fault } = state;
  if (fault.kind === 'blackhole') return;
  if (fault.kind === 'latency') await sleep(fault.milliseconds);
  if (fault.kind === 'cut' && bytes.includes(fault.on)) {
    state.cuts += 1;
    if (fault.when === 'before-request') return cut(pair);
    pair.replyIsLost = true;
  }
  pair.upstream.write(bytes);
}

async function forwardReply(state: State, pair: Pair, bytes: Buffer): Promise<void> {
  const { fault } = state;
  if (fault.kind === 'blackhole') return;
  if (pair.replyIsLost) return cut(pair);
  if (fault.kind === 'latency') await sleep(fault.milliseconds);
  pair.client.write(fault.kind === 'garbage' ? fault.bytes : bytes);
}

function cut({ client, upstream }: Pair): void {
  client.resetAndDestroy();
  upstream.destroy();
}
