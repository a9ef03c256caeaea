import { setTimeout as pause } from 'node:timers/promises';

export interface WorkLoop {
  /** Something may be to do: looks soon, and once more when it is working already. Before the start it only remembers. */
  wake(): void;
  /** The first look is at once: an earlier process may have left something. */
  start(work: Work): void;
  /** Waits for what is under way; work with many steps begins no more of them. */
  stop(): Promise<void>;
}

/** `stopping` is aborted when the loop is to end. */
export type Work = (stopping: AbortSignal) => Promise<{ failed: number }>;

export interface WorkLoopOptions {
  /** What failed is tried again after this time, and whenever the loop is woken. */
  retryMs: number;
  onError: (error: unknown) => void;
  /** Waits so long before it looks, for what comes meanwhile; default not at all. */
  gatherMs?: number;
}

/** Does what is to be done beside the requests when somebody says so, and asks no database in between: an idle one may sleep. */
export function createWorkLoop({ retryMs, onError, gatherMs = 0 }: WorkLoopOptions): WorkLoop {
  const stopping = new AbortController();
  let work: Work | undefined;
  let working: Promise<void> | undefined;
  let again = false;
  let retry: NodeJS.Timeout | undefined;

  async function run(once: Work): Promise<void> {
    try {
      do {
        if (gatherMs > 0) await pause(gatherMs);
        again = false;
        const { failed } = await once(stopping.signal);
        if (failed > 0) retryLater();
      } while (again);
    } catch (error) {
      onError(error);
      retryLater();
    } finally {
      working = undefined;
    }
  }

  function retryLater(): void {
    clearTimeout(retry);
    retry = setTimeout(wake, retryMs);
    retry.unref();
  }

  function wake(): void {
    if (!work) return;
    if (working) again = true;
    else working = run(work);
  }

  return {
    wake,
    start(once) {
      work = once;
      wake();
    },
    async stop() {
      work = undefined;
      again = false;
      clearTimeout(retry);
      stopping.abort();
      await working;
    },
  };
}
