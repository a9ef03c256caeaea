import type { Probe, ProbeAnswer, SendProbe } from './probe.ts';

export interface SendOptions {
  /** For each request. Default 10 000. */
  timeoutMs?: number;
  /** Sent as `Authorization: Bearer` where the probe does not say otherwise. */
  bearerToken?: string;
}

/** No document that is meant to be read is larger. */
const mostBytes = 32 * 1024 * 1024;

/** Sends probes to a server by its base URL. Rejects on network errors, on timeouts and on answers over 32 MiB. */
export function sendTo(base: URL, { timeoutMs = 10_000, bearerToken }: SendOptions = {}): SendProbe {
  const prefix = base.href.replace(/[?#].*$/, '').replace(/\/+$/, '');
  return async (probe) => {
    const response = await fetch(prefix + probe.path, {
      method: probe.method,
      headers: headersOf(probe, bearerToken),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
      // Bytes, because a text would be given a content-type.
      ...(probe.body === undefined ? {} : { body: new TextEncoder().encode(probe.body) }),
    });
    return { status: response.status, headers: Object.fromEntries(response.headers), body: await readText(response) };
  };
}

/** An empty `authorization` stands for none at all. */
function headersOf({ headers }: Probe, bearerToken: string | undefined): Record<string, string> {
  const { authorization, ...rest } = headers;
  if (authorization === '' || bearerToken === undefined) return { 'user-agent': userAgent, ...rest };
  return { 'user-agent': userAgent, authorization: `Bearer ${bearerToken}`, ...rest };
}

const userAgent = 'stanchion-fingerprint';

async function readText(response: Response): Promise<ProbeAnswer['body']> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > mostBytes) throw new RangeError(`the answer is larger than ${mostBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
