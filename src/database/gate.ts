import { AppError } from '../errors.ts';

export interface GateLimits {
  readonly slots: number;
  readonly maxWaiting: number;
  readonly waitMs: number;
}

/** Lets `slots` in at once; the others wait in line, neither too many nor too long. */
export interface Gate<Handed> {
  /**
   * Throws AppError `overloaded` at once when the line is full, after `waitMs` when no slot came free,
   * and `database_unavailable` once the gate is closed. Each entry is followed by one `leave()` or one `handOver()` that succeeds.
   */
  enter(): Promise<Handed | undefined>;
  leave(): void;
  /** Leaves, with something for the first in line, whose `enter()` answers with it. False: nobody waits, and nothing was done. */
  handOver(handed: Handed): boolean;
  /** Refuses those who wait and those who come; resolves when the last one has left. */
  close(): Promise<void>;
  readonly waiting: number;
  readonly inside: number;
}

export function createGate<Handed>(limits: GateLimits): Gate<Handed> {
  const line: Waiter<Handed>[] = [];
  let inside = 0;
  let closed: PromiseWithResolvers<void> | undefined;

  return {
    async enter() {
      if (closed) throw closedError();
      if (inside >= limits.slots) return waitInLine(line, limits); // Whoever leaves hands over the slot.
      inside += 1;
      return undefined;
    },
    leave() {
      const next = line.shift();
      if (next) return next.admit(undefined);
      inside -= 1;
      if (inside === 0) closed?.resolve();
    },
    handOver(handed) {
      const next = line.shift();
      next?.admit(handed);
      return next !== undefined;
    },
    close() {
      closed ??= Promise.withResolvers<void>();
      for (const waiter of line.splice(0)) waiter.refuse(closedError());
      if (inside === 0) closed.resolve();
      return closed.promise;
    },
    get waiting() {
      return line.length;
    },
    get inside() {
      return inside;
    },
  };
}

interface Waiter<Handed> {
  admit(handed: Handed | undefined): void;
  refuse(error: AppError): void;
}

function waitInLine<Handed>(line: Waiter<Handed>[], limits: GateLimits): Promise<Handed | undefined> {
  if (line.length >= limits.maxWaiting) throw overloaded('pool_queue_full');
  const { promise, resolve, reject } = Promise.withResolvers<Handed | undefined>();
  const waiter: Waiter<Handed> = {
    admit(handed) {
      clearTimeout(timer);
      resolve(handed);
    },
    refuse(error) {
      clearTimeout(timer);
      reject(error);
    },
  };
  const timer = setTimeout(() => {
    line.splice(line.indexOf(waiter), 1);
    reject(overloaded('pool_wait_timeout'));
  }, limits.waitMs);
  line.push(waiter);
  return promise;
}

function overloaded(reason: string): AppError {
  return new AppError('overloaded', { retryAfterSeconds: 1, reason });
}

function closedError(): AppError {
  return new AppError('database_unavailable', { retryAfterSeconds: 1, reason: 'pool_closed' });
}
