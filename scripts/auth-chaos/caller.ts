import { Agent, request } from 'node:http';

export interface Call {
  method: 'GET' | 'POST';
  path: string;
  /** A bearer token. */
  token?: string;
  body?: object;
  /** The connection breaks when the answer begins to arrive: the server has acted, and the client does not know. */
  isLost?: boolean;
}

export interface Reply {
  /** Undefined: no answer came. */
  status: number | undefined;
  body: unknown;
}

export interface Caller {
  /** `server` chooses which one; never repeats anything by itself. */
  call(server: number, call: Call): Promise<Reply>;
  close(): void;
}

/** As clients have it: whoever waits longer gives up, closes the connection and tries again. */
const timeoutMs = 10_000;

export function createCaller(urls: readonly string[]): Caller {
  // No limit: a request that waits here for a socket would be presented long after its token was read.
  const agent = new Agent({ keepAlive: true });
  return {
    call: (server, call) => send(agent, urls[server % urls.length] ?? '', call),
    close: () => agent.destroy(),
  };
}

function send(agent: Agent, url: string, { method, path, token, body, isLost = false }: Call): Promise<Reply> {
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const nothing: Reply = { status: undefined, body: undefined };
  return new Promise((resolve) => {
    const outgoing = request(`${url}${path}`, { method, agent, headers }, (incoming) => {
      if (isLost) {
        incoming.destroy();
        resolve(nothing);
        return;
      }
      let text = '';
      incoming.setEncoding('utf8').on('data', (part: string) => (text += part));
      incoming.on('end', () => resolve({ status: incoming.statusCode, body: text === '' ? undefined : parse(text) }));
      incoming.on('error', () => resolve(nothing));
    });
    const timer = setTimeout(() => outgoing.destroy(), timeoutMs);
    outgoing.on('close', () => {
      clearTimeout(timer);
      resolve(nothing);
    });
    outgoing.on('error', () => resolve(nothing));
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
