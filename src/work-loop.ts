import { setTimeout as pause } from 'node:timers/promises';

export interface WorkLoop {
  /** Something may be to do: looks soon, and once more when it is working already. Before the start it only remembers. */
  wake(): void;
  /** The first look is at once: an earlier process may have left something. */
  start(work: () => Promise<{ failed: number }>): void;
  /** Waits for the work under way. */
  stop(): Promise<void>;
}

export interface WorkLoopOptions {
  /** What failed is tried again after this time, and whenever the loop is woken. */
  retryMs: number;
  onError: (error: unknown) => void;
  /** Waits so long before it looks, for what comes meanwhile; default not at all. */
  gatherMs?: number;
}

/** Does what is to be done beside the requests when somebody says so, and asks no database in between: an idle one may sleep. */
export function createWorkLoop({ retryMs, onError, gatherMs = 0 }: WorkLoopOptions): WorkLoop {
  let work: (() => Promise<{ failed: number }>) | undefined;
  let working: Promise<void> | undefined;
  let again = false;
  let retry: NodeJS.Timeout | undefined;

  async function run(once: () => Promise<{ failed: number }>): Promise<void> {
    try {
      do {
        if (gatherMs > 0) await pause(gatherMs);
        again = false;
        const { failed } = await once();
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
      await working;
    },
  };
}
