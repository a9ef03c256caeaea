import { Worker } from 'node:worker_threads';
import { AppError } from '../errors.ts';

export interface LaneOptions {
  script: URL;
  /** Threads at most; each is started when a job first needs it. */
  workers: number;
  /** Jobs that may wait. A further one is refused at once. */
  maxQueue: number;
  /** Longest time from `run` to the answer; 0 for none. */
  timeoutMs: number;
  /** Of a thread's time that jobs may take, above 0 and up to 1 (default): after each it rests in proportion, for `maxRestMs`. */
  share?: number | undefined;
}

export interface LaneStats {
  workers: number;
  busy: number;
  queued: number;
  completed: number;
  /** Refused because the queue was full or the lane closed. */
  refused: number;
  timedOut: number;
  crashes: number;
  /** Moving average of the time in a worker. */
  averageMs: number;
}

export interface WorkerLane<Job, Answer> {
  /** Throws AppError `overloaded` (queue full, time over, lane closed) or `internal_error` (crashed twice on this job). */
  run(job: Job): Promise<Answer>;
  stats(): LaneStats;
  /** Refuses what waits, ends the threads, and resolves when they are gone. */
  close(): Promise<void>;
}

/**
 * A few threads, one job at a time each, and a queue with an end. A thread that crashes is replaced and its job tried
 * once more; an idle thread does not keep the process alive.
 */
export function createWorkerLane<Job, Answer>(options: LaneOptions): WorkerLane<Job, Answer> {
  for (const limit of [options.workers, options.maxQueue]) {
    if (!Number.isSafeInteger(limit) || limit < 1) throw new TypeError('workers and maxQueue must be at least 1');
  }
  const { share = 1 } = options;
  if (!(share > 0 && share <= 1)) throw new TypeError('share must be above 0 and at most 1');
  const lane = new Lane<Job, Answer>(options);
  return { run: (job) => lane.run(job), stats: () => lane.stats(), close: () => lane.close() };
}

interface Pending<Job, Answer> {
  job: Job;
  attempts: number;
  startedAt: number;
  timer: NodeJS.Timeout | undefined;
  settled: boolean;
  resolve: (answer: Answer) => void;
  reject: (error: AppError) => void;
}

interface Slot<Job, Answer> {
  worker: Worker;
  current: Pending<Job, Answer> | undefined;
  /** Until it may take the next job. */
  rest: NodeJS.Timeout | undefined;
  /** Why the thread ended, when it said so. */
  failure: unknown;
}

const maxAttempts = 2;
/** Jobs that take longer are few in a second anyhow: after them a gap is enough. */
const maxRestMs = 20;

class Lane<Job, Answer> {
  readonly #options: LaneOptions;
  readonly #queue: Pending<Job, Answer>[] = [];
  readonly #slots = new Set<Slot<Job, Answer>>();
  readonly #counts = { completed: 0, refused: 0, timedOut: 0, crashes: 0, averageMs: 0 };
  #closed = false;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  run(job: Job): Promise<Answer> {
    return new Promise((resolve, reject) => {
      // Jobs that a free thread can take at once do not count as waiting.
      if (this.#closed || this.#queue.length >= this.#options.maxQueue) {
        this.#counts.refused += 1;
        reject(this.#overloaded(this.#closed ? 'closed' : 'queue_full'));
        return;
      }
      const pending = { job, attempts: 0, startedAt: 0, timer: undefined, settled: false, resolve, reject };
      this.#startTimer(pending);
      this.#queue.push(pending);
      this.#dispatch();
    });
  }

  stats(): LaneStats {
    const busy = [...this.#slots].filter(({ current }) => current !== undefined).length;
    return { workers: this.#slots.size, busy, queued: this.#queue.length, ...this.#counts };
  }

  async close(): Promise<void> {
    this.#closed = true;
    const slots = [...this.#slots];
    for (const pending of [...this.#queue.splice(0), ...slots.map(({ current }) => current)]) {
      if (pending) this.#fail(pending, this.#overloaded('closed'));
    }
    for (const { rest } of slots) clearTimeout(rest);
    await Promise.all(slots.map(({ worker }) => worker.terminate()));
  }

  #dispatch(): void {
    while (!this.#closed && this.#queue.length > 0) {
      const slot =
        [...this.#slots].find(({ current, rest }) => current === undefined && rest === undefined) ??
        this.#startWorker();
      const pending = slot && this.#queue.shift();
      if (!slot || !pending) return;
      this.#assign(slot, pending);
    }
  }

  #assign(slot: Slot<Job, Answer>, pending: Pending<Job, Answer>): void {
    slot.current = pending;
    pending.attempts += 1;
    pending.startedAt = performance.now();
    slot.worker.ref();
    slot.worker.postMessage(pending.job);
  }

  #startWorker(): Slot<Job, Answer> | undefined {
    if (this.#slots.size >= this.#options.workers) return undefined;
    // The process's own flags (--eval, --test, --import) are not meant for this thread.
    const worker = new Worker(this.#options.script, { execArgv: [] });
    const slot: Slot<Job, Answer> = { worker, current: undefined, rest: undefined, failure: undefined };
    this.#slots.add(slot);
    slot.worker.unref();
    // Both ends of the lane are ours: the script answers each Job with one Answer.
    slot.worker.on('message', (answer: Answer) => this.#finish(slot, answer));
    slot.worker.on('error', (error) => {
      slot.failure = error;
    });
    slot.worker.on('exit', () => this.#replace(slot));
    return slot;
  }

  #finish(slot: Slot<Job, Answer>, answer: Answer): void {
    const pending = slot.current;
    slot.current = undefined;
    slot.worker.unref();
    const elapsedMs = pending ? performance.now() - pending.startedAt : 0;
    this.#rest(slot, elapsedMs);
    if (pending && !pending.settled) {
      const { averageMs } = this.#counts;
      this.#counts.averageMs = averageMs === 0 ? elapsedMs : averageMs * 0.9 + elapsedMs * 0.1;
      this.#counts.completed += 1;
      this.#settle(pending);
      pending.resolve(answer);
    }
    this.#dispatch();
  }

  #rest(slot: Slot<Job, Answer>, workedMs: number): void {
    const restMs = this.#restMs(workedMs);
    if (restMs === 0) return;
    slot.rest = setTimeout(() => {
      slot.rest = undefined;
      this.#dispatch();
    }, restMs);
  }

  #restMs(workedMs: number): number {
    return Math.min(maxRestMs, workedMs * (1 / (this.#options.share ?? 1) - 1));
  }

  #replace(slot: Slot<Job, Answer>): void {
    this.#slots.delete(slot);
    clearTimeout(slot.rest);
    const pending = slot.current;
    if (pending && !pending.settled) {
      this.#counts.crashes += 1;
      if (pending.attempts < maxAttempts) this.#queue.unshift(pending);
      else this.#fail(pending, new AppError('internal_error', { reason: 'worker_crashed', cause: slot.failure }));
    }
    this.#dispatch();
  }

  #startTimer(pending: Pending<Job, Answer>): void {
    if (this.#options.timeoutMs <= 0) return;
    pending.timer = setTimeout(() => {
      this.#counts.timedOut += 1;
      const waiting = this.#queue.indexOf(pending);
      if (waiting >= 0) this.#queue.splice(waiting, 1);
      this.#fail(pending, this.#overloaded('timeout'));
      // A thread that works for nobody is ended; one that is inside a native call ends when that call returns.
      const slot = [...this.#slots].find(({ current }) => current === pending);
      if (slot) void slot.worker.terminate();
    }, this.#options.timeoutMs);
    pending.timer.unref();
  }

  #fail(pending: Pending<Job, Answer>, error: AppError): void {
    if (pending.settled) return;
    this.#settle(pending);
    pending.reject(error);
  }

  #settle(pending: Pending<Job, Answer>): void {
    pending.settled = true;
    clearTimeout(pending.timer);
  }

  #overloaded(reason: string): AppError {
    const eachMs = this.#counts.averageMs + this.#restMs(this.#counts.averageMs);
    const waitMs = (this.#queue.length * eachMs) / this.#options.workers;
    return new AppError('overloaded', { reason, retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) });
  }
}
