import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { RecordedRequest } from './scenario.ts';

export interface Answer {
  readonly status: number;
  /** Only those that are part of the contract; names in lower case, repeated ones joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const contractHeaders = new Set(['content-type', 'www-authenticate', 'allow', 'location', 'vary']);

export function isContractHeader(name: string): boolean {
  return contractHeaders.has(name) || name.startsWith('access-control-');
}

/** One request on a connection of its own, its path as it is written. */
export function exchange(base: string, given: RecordedRequest, timeoutMs = 20_000): Promise<Answer> {
  const { hostname, port } = new URL(base);
  const body = bodyBytes(given);
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(given.headers ?? {})) {
    headers[name] = typeof value === 'string' ? value : [...value];
  }
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  if (body !== undefined && !names.includes('content-length')) headers['content-length'] = String(body.length);
  const setHost = !names.includes('host');

  return new Promise((resolve, reject) => {
    const { method, path } = given;
    const outgoing = httpRequest({ hostname, port, method, path, headers, agent: false, setHost }, (incoming) => {
      void read(incoming).then(resolve, reject);
    });
    outgoing.setTimeout(timeoutMs, () => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** The request as a line to paste. */
export function curlLine(base: string, given: RecordedRequest): string {
  const parts = ['curl', '-sSi', '-g', '--path-as-is', given.method === 'HEAD' ? '--head' : `-X ${given.method}`];
  const headers = Object.entries(given.headers ?? {});
  for (const [name, value] of headers) {
    // curl removes a header without a value unless it ends in a semicolon.
    for (const one of [value].flat()) parts.push(`-H ${quote(one === '' ? `${name};` : `${name}: ${one}`)}`);
  }
  const body = bodyBytes(given);
  if (body === undefined) return [...parts, quote(`${base}${given.path}`)].join(' ');
  if (!headers.some(([name]) => name.toLowerCase() === 'content-type')) parts.push("-H 'content-type:'");
  const line = [...parts, '--data-binary @-', quote(`${base}${given.path}`)].join(' ');
  return `printf %s ${body.toString('base64')} | base64 -d | ${line}`;
}

function bodyBytes(given: RecordedRequest): Buffer | undefined {
  if (given.bodyBase64 !== undefined) return Buffer.from(given.bodyBase64, 'base64');
  return typeof given.body === 'string' ? Buffer.from(given.body) : undefined;
}

async function read(incoming: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const headers: Record<string, string> = {};
  for (let at = 0; at < incoming.rawHeaders.length; at += 2) {
    const name = incoming.rawHeaders[at]?.toLowerCase() ?? '';
    if (!isContractHeader(name)) continue;
    // Node reads header bytes as Latin-1; what we send is UTF-8.
    const value = Buffer.from(incoming.rawHeaders[at + 1] ?? '', 'latin1').toString();
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return { status: incoming.statusCode ?? 0, headers, body: Buffer.concat(chunks).toString() };
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
