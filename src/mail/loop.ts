export interface MailLoop {
  /** Something may be due: looks soon, and once more than it is told when it is working already. */
  wake(): void;
  /** Nothing is looked for before. The first look is at once: an earlier process may have left something. */
  start(runDue: () => Promise<{ failed: number }>): void;
  /** Waits for the mail under way. */
  stop(): Promise<void>;
}

/** A failed mail is due again after two minutes (see models/mail-jobs). */
const retryMs = 125_000;

/** Sends due mail when somebody says so, without asking the database in between: an idle one may sleep. */
export function createMailLoop(onError: (error: unknown) => void): MailLoop {
  let runDue: (() => Promise<{ failed: number }>) | undefined;
  let working: Promise<void> | undefined;
  let again = false;
  let retry: NodeJS.Timeout | undefined;

  async function work(run: () => Promise<{ failed: number }>): Promise<void> {
    try {
      do {
        again = false;
        const { failed } = await run();
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
    if (!runDue) return;
    if (working) again = true;
    else working = work(runDue);
  }

  return {
    wake,
    start(run) {
      runDue = run;
      wake();
    },
    async stop() {
      runDue = undefined;
      again = false;
      clearTimeout(retry);
      await working;
    },
  };
}
