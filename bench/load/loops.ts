import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, type Connection, openConnection } from './connection.ts';
import type { ClosedLoop, LoadJob, LoadRequest, LoadResult, OpenLoop } from './jobs.ts';

/** Rejects at the first answer with another status and at the first lost connection. */
export async function runLoad(job: LoadJob): Promise<LoadResult> {
  const load = new Load(job);
  try {
    await (job.kind === 'closed' ? load.runClosed(job) : load.runOpen(job));
    return load.result();
  } finally {
    load.close();
  }
}

type Then = (connection: Connection, answer: Answer) => void;

interface Sending {
  readonly sentAt: number;
  /** Among what is reported. */
  readonly counts: boolean;
  readonly then: Then;
  readonly ifRefused: Then;
}

const sampleEvery = 500;
const maxSamples = 20;

class Load {
  readonly #job: LoadJob;
  readonly #requests: readonly Buffer[];
  readonly #connections: Connection[] = [];
  readonly #idle: Connection[] = [];
  readonly #latencies: number[] = [];
  readonly #samples: string[] = [];
  readonly #fault = Promise.withResolvers<never>();
  readonly #closing = new AbortController();
  readonly #start = performance.now();
  #next = 0;
  #underWay = 0;
  #refused = 0;
  #onIdle: (() => void) | undefined;

  constructor(job: LoadJob) {
    this.#job = job;
    this.#requests = job.requests.map((request) => toBytes(request, job.port));
    // Without a listener of its own, a fault after the last await would end the process.
    this.#fault.promise.catch(() => undefined);
  }

  async runClosed(job: ClosedLoop): Promise<void> {
    const end = this.#start + job.durationMs;
    const next = (connection: Connection) => {
      const sentAt = performance.now();
      if (sentAt < end) this.#send(connection, { sentAt, counts: true, then: next, ifRefused: comeBack });
    };
    const comeBack = (connection: Connection, { retryAfter = 1 }: Answer) =>
      void setTimeout(next, 1000 * retryAfter * (1 + Math.random() / 2), connection).unref();
    for (let count = 0; count < job.connections; count += 1) next(this.#open());
    // Those that were refused may all be waiting at one moment before the end.
    await this.#until(end);
    await this.#settled();
  }

  async runOpen(job: OpenLoop): Promise<void> {
    const { leadMs = 0 } = job;
    const total = Math.max(1, Math.round(((leadMs + job.durationMs) * job.perSecond) / 1000));
    for (let count = 0; count < total; count += 1) {
      const due = this.#start + (count * 1000) / job.perSecond;
      const early = due - performance.now();
      // Timers have whole milliseconds (nodejs.org/api/timers.html); how late ours is, is not the server's fault.
      if (early > 0) await this.#until(due);
      const done = (connection: Connection) => void this.#idle.push(connection);
      const counts = count * 1000 >= leadMs * job.perSecond;
      this.#send(this.#idle.pop() ?? this.#open(), { sentAt: performance.now(), counts, then: done, ifRefused: done });
    }
    await this.#settled();
  }

  result(): LoadResult {
    return {
      requests: this.#latencies.length,
      refused: this.#refused,
      elapsedMs: performance.now() - this.#start,
      latenciesMs: Float64Array.from(this.#latencies),
      samples: this.#samples,
    };
  }

  close(): void {
    this.#closing.abort();
    for (const connection of this.#connections) connection.close();
  }

  #open(): Connection {
    const connection = openConnection({ port: this.#job.port, onFault: (error) => this.#fault.reject(error) });
    this.#connections.push(connection);
    return connection;
  }

  #send(connection: Connection, { sentAt, counts, then, ifRefused }: Sending): void {
    const request = this.#requests[this.#next++ % this.#requests.length];
    if (!request) throw new TypeError('a load without requests');
    this.#underWay += 1;
    connection.exchange(request, (answer) => {
      this.#underWay -= 1;
      const isRefused = this.#job.mayRefuse === true && (answer.status === 503 || answer.status === 429);
      if (isRefused) this.#refused += counts ? 1 : 0;
      else if (!this.#accept(answer)) return;
      else if (counts) this.#count(answer, performance.now() - sentAt);
      (isRefused ? ifRefused : then)(connection, answer);
      if (this.#underWay === 0) this.#onIdle?.();
    });
  }

  #accept(answer: Answer): boolean {
    if (answer.status === this.#job.status) return true;
    this.#fault.reject(new Error(`status ${answer.status} instead of ${this.#job.status}: ${answer.body.toString()}`));
    return false;
  }

  #count(answer: Answer, latencyMs: number): void {
    this.#latencies.push(latencyMs);
    const isSample = this.#latencies.length % sampleEvery === 1 && this.#samples.length < maxSamples;
    if (isSample) this.#samples.push(answer.body.toString());
  }

  async #until(time: number): Promise<void> {
    const { signal } = this.#closing;
    const slept = sleep(Math.max(0, time - performance.now()), undefined, { signal });
    slept.catch(() => undefined); // A fault came first.
    await Promise.race([slept, this.#fault.promise]);
  }

  async #settled(): Promise<void> {
    const idle = Promise.withResolvers<void>();
    this.#onIdle = idle.resolve;
    if (this.#underWay === 0) idle.resolve();
    await Promise.race([idle.promise, this.#fault.promise]);
  }
}

function toBytes({ method, path, token, body }: LoadRequest, port: number): Buffer {
  const lines = [`${method} ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, 'Accept: application/json'];
  if (token !== undefined) lines.push(`Authorization: Bearer ${token}`);
  if (body !== undefined) lines.push('Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`);
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body ?? ''}`);
}
