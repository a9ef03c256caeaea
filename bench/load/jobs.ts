/** What the load generator is told and what it tells: plain values, because they cross a thread. */
export type LoadJob = ClosedLoop | OpenLoop;

interface Target {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Sent in turn. */
  readonly requests: readonly LoadRequest[];
  /** Any other status ends the job with a fault. */
  readonly status: number;
  /** A 429 or 503 is counted and ends nothing: the server may refuse what it has no room for. */
  readonly mayRefuse?: boolean;
  readonly durationMs: number;
}

/**
 * Each connection sends its next request when it has the answer: as much as the server can. Where it is refused, it waits as
 * a client does: for the seconds of Retry-After (1 without), and up to half as long again, so that not all come back together.
 */
export interface ClosedLoop extends Target {
  readonly kind: 'closed';
  readonly connections: number;
}

/** A fixed rate, whatever the answers: waiting for a slow server would hide how slow it is. */
export interface OpenLoop extends Target {
  readonly kind: 'open';
  readonly perSecond: number;
  /** Sent before `durationMs` begins, and not counted: connections are open then, as a proxy's or a browser's are. Default 0. */
  readonly leadMs?: number;
}

export interface LoadRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly token?: string;
  /** JSON text. */
  readonly body?: string;
}

export interface LoadResult {
  readonly requests: number;
  /** What came before the requests that count included. */
  readonly elapsedMs: number;
  /** Answered 429 or 503; not among the latencies. */
  readonly refused: number;
  readonly latenciesMs: Float64Array;
  /** Bodies of the first answer and of some later ones. */
  readonly samples: readonly string[];
}

export type LoadReply =
  | { readonly id: number; readonly result: LoadResult }
  | { readonly id: number; readonly fault: string };

export interface LoadOrder {
  readonly id: number;
  readonly job: LoadJob;
}
