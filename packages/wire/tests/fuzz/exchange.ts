import type { Agent, IncomingMessage } from 'node:http';
import { request as startRequest } from 'node:http';
import type { RequestSpec } from './spec.ts';

/** What came back, as far as the two servers are to agree. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  /** Latin-1: one character a byte. */
  body: string;
  /** The failure behind a 500 of the server in Python. */
  exception?: string;
}

const comparedHeaders = ['content-type', 'allow', 'location', 'www-authenticate'];

/** The host that both servers are told, so that a Location is the same. */
const host = 'fuzz.example';

/** Sends the request as it is written; a connection that had been closed while it idled is replaced once. */
export async function exchange(port: number, request: RequestSpec, agent: Agent): Promise<Answer> {
  try {
    return await send(port, request, agent);
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ECONNRESET') throw error;
    return send(port, request, agent);
  }
}

async function send(port: number, spec: RequestSpec, agent: Agent): Promise<Answer> {
  const { method, target, headers, body } = spec;
  const bytes = body === undefined ? undefined : Buffer.from(body, 'latin1');
  const length = bytes === undefined ? [] : ['content-length', String(bytes.length)];
  return new Promise((resolve, reject) => {
    const outgoing = startRequest(
      {
        ...{ host: '127.0.0.1', port, method, path: target, agent, setHost: false, timeout: 30_000 },
        headers: ['host', host, ...headers.flat(), ...length],
      },
      (incoming) => void readAnswer(incoming).then(resolve, reject),
    );
    outgoing.on('error', reject);
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer to ${method} ${target}`)));
    outgoing.end(bytes);
  });
}

async function readAnswer(incoming: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  const headers: Record<string, string> = {};
  for (const name of comparedHeaders) {
    const value = incoming.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  const exception = incoming.headers['x-exception'];
  return {
    status: incoming.statusCode ?? 0,
    headers,
    body: Buffer.concat(chunks).toString('latin1'),
    ...(typeof exception === 'string' ? { exception } : {}),
  };
}

/** The request as a shell command. */
export function curlOf(port: number, { method, target, headers, body }: RequestSpec): string {
  const options = [
    `-i -X ${method}${method === 'HEAD' ? ' --head' : ''} --path-as-is -H 'host: ${host}'`,
    ...headers.map(([name, value]) => `-H ${shellQuoted(value === '' ? `${name};` : `${name}: ${value}`)}`),
    ...(headers.some(([name]) => name === 'content-type') || body === undefined ? [] : ["-H 'content-type:'"]),
    ...(body === undefined ? [] : [`--data-binary ${shellQuoted(body)}`]),
  ];
  return `curl -sg ${options.join(' ')} ${shellQuoted(`http://127.0.0.1:${port}${target}`)}`;
}

/** Bytes beyond printable ASCII need the shell's `$'…'`. */
function shellQuoted(latin1: string): string {
  if (/^[ -~]*$/.test(latin1) && !latin1.includes("'")) return `'${latin1}'`;
  const escaped = latin1.replaceAll(/['\\]|[^ -~]/g, (character) => {
    return character === "'" || character === '\\'
      ? `\\${character}`
      : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `$'${escaped}'`;
}
