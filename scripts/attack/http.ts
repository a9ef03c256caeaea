import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Answer, Sent } from './types.ts';

const timeoutMs = 60_000;

/** One request on a connection of its own, exactly as it is given. A connection that breaks is an answer with status 0. */
export function sendTo(base: string, { method = 'GET', path, headers = [], body }: Sent): Promise<Answer> {
  const url = new URL(base);
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve) => {
    const broken = (error: Error) => resolve({ status: 0, headers: {}, body: error.message });
    const raw = [['host', url.host], ['connection', 'close'], ...headers].flat();
    if (body !== undefined) raw.push('content-length', String(Buffer.byteLength(body)));
    const sent = request(
      { host: url.hostname, port: url.port, method, path, headers: raw, timeout: timeoutMs, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', broken);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
    sent.on('error', broken);
    sent.end(body);
  });
}

export function jsonOf(answer: Answer): Record<string, unknown> {
  const value: unknown = JSON.parse(answer.body === '' ? '{}' : answer.body);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
