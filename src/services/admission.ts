import { AppError } from '../errors.ts';
import { nextTurn } from './turns.ts';

/** A door before work that costs a password hash: a few are inside, some wait in line, one more is refused at once. */
export interface Admission {
  /** In the order of the calls. Throws AppError `overloaded`: the line is full, or it took too long to come in. */
  run<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Throws what `run` would throw for want of room; so that a request can be refused before its body is read. */
  assertRoom(): void;
}

export interface AdmissionOptions {
  /** Inside and in line together. */
  limit: number;
  /** Inside. */
  atOnce: number;
  /** Longest wait in line. */
  timeoutMs: number;
  /** From 0 to below 1: spreads the times at which the refused come back. */
  random: () => number;
  monotonicMs: () => number;
  /** Default: the one of turns.ts. */
  nextTurn?: (turn: () => void) => unknown;
}

/**
 * Before their first query, and only as many inside as keep the password threads busy: logins that arrive together would
 * else ask the database together, and everybody else waits in that line.
 */
export function createAdmission(options: AdmissionOptions): Admission {
  const { limit, atOnce, timeoutMs, monotonicMs, nextTurn: soon = pause } = options;
  const line: Waiter[] = [];
  let inside = 0;
  let averageMs = 0;

  function overloaded(reason: string): AppError {
    // What is here is done in `doneSeconds`. The refused come back over twice that time, not in one wave.
    const doneSeconds = ((inside + line.length) * averageMs) / atOnce / 1000;
    const retryAfterSeconds = 1 + Math.floor(options.random() * (1 + 2 * doneSeconds));
    return new AppError('overloaded', { retryAfterSeconds, reason });
  }

  function assertRoom(): void {
    if (inside + line.length >= limit) throw overloaded('passwords_under_way');
  }

  function comeIn(): Promise<void> | undefined {
    if (inside >= atOnce) return waitInLine();
    inside += 1;
    return undefined;
  }

  function waitInLine(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = {
      admit() {
        clearTimeout(timer);
        resolve();
      },
    };
    const timer = setTimeout(() => {
      line.splice(line.indexOf(waiter), 1);
      reject(overloaded('timeout'));
    }, timeoutMs);
    line.push(waiter);
    return promise;
  }

  /** Whoever leaves hands over its place, in a turn of its own: the end of one and the beginning of another are long together. */
  function leave(): void {
    const next = line.shift();
    if (next) soon(() => next.admit());
    else inside -= 1;
  }

  return {
    assertRoom,
    async run(work) {
      assertRoom();
      await comeIn();
      const startedAt = monotonicMs();
      try {
        return await work();
      } finally {
        const elapsedMs = monotonicMs() - startedAt;
        averageMs = averageMs === 0 ? elapsedMs : averageMs * 0.9 + elapsedMs * 0.1;
        leave();
      }
    },
  };
}

interface Waiter {
  admit(): void;
}

function pause(turn: () => void): void {
  void nextTurn().then(turn);
}
