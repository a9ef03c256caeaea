/** Why requests should not be sent to this process, for people and for machines. */
export interface NotReadyReason {
  code: 'stopping' | 'database_unreachable' | 'schema_behind' | 'schema_ahead' | 'schema_unknown';
  message: string;
}

export interface ReadinessService {
  /** Empty when ready. Answers within `timeoutMs`. */
  findReasons(): Promise<NotReadyReason[]>;
  /** From now on not ready; the process goes on serving what still arrives. */
  startStopping(): void;
}

export interface ReadinessOptions {
  /** Throws when the database does not answer in time. */
  ping: (timeoutMs: number) => Promise<void>;
  /** The schema's fault, or undefined when this code can work on it. */
  findSchemaReason: () => Promise<NotReadyReason | undefined>;
  timeoutMs: number;
  /** One look at the database serves all probes within this time. */
  cacheMs: number;
  monotonicMs: () => number;
}

export function createReadinessService(options: ReadinessOptions): ReadinessService {
  let stopping = false;
  let checked: { at: number; reasons: Promise<NotReadyReason[]> } | undefined;

  return {
    async findReasons() {
      if (stopping) return [{ code: 'stopping', message: 'This process is stopping and finishes what it has.' }];
      const now = options.monotonicMs();
      if (!checked || now - checked.at >= options.cacheMs) checked = { at: now, reasons: findDatabaseReasons(options) };
      return checked.reasons;
    },
    startStopping() {
      stopping = true;
    },
  };
}

async function findDatabaseReasons(options: ReadinessOptions): Promise<NotReadyReason[]> {
  try {
    await options.ping(options.timeoutMs);
    const schema = await options.findSchemaReason();
    return schema ? [schema] : [];
  } catch {
    return [{ code: 'database_unreachable', message: `The database did not answer within ${options.timeoutMs} ms.` }];
  }
}
