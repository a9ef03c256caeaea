import { classifyFault } from '../database/faults.ts';
import { AppError } from '../errors.ts';

/** Why requests should not be sent to this process, for people and for machines. */
export interface NotReadyReason {
  code:
    | 'stopping'
    | 'database_unreachable'
    /** Wrong until somebody mends it: the address, the name, the password or the certificate. */
    | 'database_refuses'
    | 'schema_behind'
    | 'schema_ahead'
    /** It is there, and queries do not see it. */
    | 'schema_hidden'
    | 'schema_unknown';
  message: string;
}

export interface ReadinessService {
  /** Empty when ready. Answers within `timeoutMs`. */
  findReasons(): Promise<NotReadyReason[]>;
  /** From now on not ready; the process goes on serving what still arrives. */
  startStopping(): void;
  isStopping(): boolean;
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
  pause: (milliseconds: number) => Promise<unknown>;
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
    isStopping: () => stopping,
  };
}

/** Never rejects, and never takes longer than its time. */
async function findDatabaseReasons(options: ReadinessOptions): Promise<NotReadyReason[]> {
  const unreachable: NotReadyReason = {
    code: 'database_unreachable',
    message: `The database did not answer within ${options.timeoutMs} ms.`,
  };
  const looked = lookAtDatabase(options).catch((error: unknown) => [explainFailure(error) ?? unreachable]);
  return Promise.race([looked, options.pause(options.timeoutMs).then(() => [unreachable])]);
}

async function lookAtDatabase({ ping, timeoutMs, findSchemaReason }: ReadinessOptions): Promise<NotReadyReason[]> {
  await ping(timeoutMs);
  const schema = await findSchemaReason();
  return schema ? [schema] : [];
}

/** Undefined: it is away, and will be back. */
function explainFailure(error: unknown): NotReadyReason | undefined {
  const { kind, code } = classifyFault(error instanceof AppError ? error.cause : error);
  if (kind === 'config') {
    const name = code === undefined ? '' : ` (${code})`;
    return { code: 'database_refuses', message: `The database refuses this process${name}: check DATABASE_URL.` };
  }
  if (error instanceof AppError || kind !== 'statement') return undefined;
  const message = 'The journal of the migrations cannot be read: run `./stanchion migrate current`.';
  return { code: 'schema_unknown', message };
}
