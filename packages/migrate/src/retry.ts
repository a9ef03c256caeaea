import { setTimeout as delay } from 'node:timers/promises';
import { MigrationError } from './errors.ts';
import type { Settings } from './options.ts';
import { isRetryable, parseServerError } from './sqlstate.ts';

export interface RetryEvents {
  onAttempt?: (attempt: number) => void;
  onRetry?: (attempt: number, delayMs: number, sqlstate: string) => void;
}

/**
 * Repeats `work` while another session is in its way, with jittered pauses in which those who queued behind the attempt get
 * through. Throws the last server error after `objectLockWaitMs`, and `aborted`.
 */
export async function repeatWhileLocked<Answer>(
  settings: Settings,
  work: (attempt: number) => Promise<Answer>,
  events: RetryEvents = {},
): Promise<Answer> {
  const deadline = performance.now() + settings.objectLockWaitMs;
  for (let attempt = 1; ; attempt += 1) {
    events.onAttempt?.(attempt);
    try {
      return await work(attempt);
    } catch (error) {
      const server = parseServerError(error);
      const delayMs = Math.round(Math.random() * Math.min(2000, 50 * 2 ** Math.min(attempt, 10)));
      if (!server || !isRetryable(server.sqlstate) || performance.now() + delayMs > deadline) throw error;
      events.onRetry?.(attempt, delayMs, server.sqlstate);
      await pauseFor(settings, delayMs);
    }
  }
}

/** Throws `aborted`. */
export async function pauseFor(settings: Settings, ms: number): Promise<void> {
  try {
    await delay(ms, undefined, settings.signal ? { signal: settings.signal } : {});
  } catch (cause) {
    throw new MigrationError({ code: 'aborted', message: 'stopped as asked' }, { cause });
  }
}
