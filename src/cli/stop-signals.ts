export interface StopSignals {
  /** The process is asked to stop. */
  readonly first: Promise<void>;
  /** It is asked again, by somebody who does not want to wait. */
  readonly second: Promise<void>;
}

/**
 * Ctrl-C reaches every process of a terminal's group, and npm passes it on as well: what follows the first signal within
 * a second is the same request.
 */
const SAME_REQUEST_MS = 1_000;

/** Listens for SIGINT, SIGTERM and SIGHUP from now on; they no longer end the process by themselves. */
export function waitForStopSignal(): StopSignals {
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  let firstAt: number | undefined;
  const onSignal = () => {
    const now = performance.now();
    if (firstAt !== undefined && now - firstAt > SAME_REQUEST_MS) second.resolve();
    firstAt ??= now;
    first.resolve();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  return { first: first.promise, second: second.promise };
}
