import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';

export interface Balancer {
  readonly port: number;
  /** Whether the last probe of this backend was good. */
  isReady(port: number): boolean;
  /** Whether it probes at all (at first: yes): a balancer that has not looked yet believes what it saw last. */
  probes: boolean;
  close(): Promise<void>;
}

const probeMs = 200;

/**
 * Sends each request to the next backend whose last `/ready` was good, over connections that it keeps. It never sends one
 * twice: what a backend does not answer is a 502 for the client.
 */
export async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  const backends = ports.map((port) => ({ port, isReady: false, agent: new Agent({ keepAlive: true }) }));
  let turn = 0;
  const server = createServer((incoming, outgoing) => {
    const ready = backends.filter(({ isReady }) => isReady);
    const backend = ready[turn++ % Math.max(1, ready.length)];
    if (backend) forward(incoming, outgoing, backend);
    else outgoing.writeHead(502).end('nobody is ready');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the balancer has no port');
  const balancer: Balancer = {
    port: address.port,
    isReady: (port) => backends.some((backend) => backend.port === port && backend.isReady),
    probes: true,
    async close() {
      for (const timer of timers) clearInterval(timer);
      for (const { agent } of backends) agent.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  const timers = backends.map((backend) => {
    const look = async () => {
      const isReady = balancer.probes && (await probe(backend.port));
      if (balancer.probes) backend.isReady = isReady;
    };
    void look();
    return setInterval(() => void look(), probeMs);
  });
  return balancer;
}

function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { port, agent }: { port: number; agent: Agent },
): void {
  const { method, url: path } = incoming;
  const headers = { ...incoming.headers, connection: 'keep-alive' };
  const sent = request({ host: '127.0.0.1', port, agent, method, path, headers }, (answer) => {
    const { connection: _hop, 'keep-alive': _other, ...kept } = answer.headers;
    outgoing.writeHead(answer.statusCode ?? 502, kept);
    answer.pipe(outgoing);
  });
  sent.once('error', (error) => {
    if (outgoing.headersSent) outgoing.destroy();
    else outgoing.writeHead(502).end(error.message);
  });
  incoming.pipe(sent);
}

async function probe(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/ready`, { signal: AbortSignal.timeout(1000) });
    await answer.arrayBuffer();
    return answer.status === 200;
  } catch {
    return false;
  }
}
