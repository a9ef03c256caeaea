import type { DatabaseConfig } from '../config/types.ts';
import { AppError } from '../errors.ts';
import { classifyFault, explainFault } from './faults.ts';
import { createPool, type Pool, type PoolOptions, type PoolStats, type Session } from './pool.ts';
import { type Question, sendQuery } from './send-query.ts';
import { createStatements, type Statements } from './statements.ts';
import type { Db, Query, QueryParams } from './types.ts';

export type { ConnectionTarget } from './connection.ts';
export type { PoolStats } from './pool.ts';

export interface DatabaseHooks {
  /** A query or a whole transaction is over; `failed` counts every throw. */
  onQuery?(event: { name: string; durationMs: number; failed: boolean }): void;
  /** An idle connection was lost: a restart, a failover, a network cut. */
  onConnectionError?(error: unknown): void;
}

export interface DatabaseOptions extends Omit<PoolOptions, 'onConnectionError'> {
  readonly hooks?: DatabaseHooks;
}

export interface Database {
  /** What services get: each query on its own, or the place where `transaction()` begins. */
  readonly db: Db;
  stats(): PoolStats;
  /** Asks the database something. Throws AppError `database_unavailable`, `overloaded` or `request_timeout`. */
  ping(timeoutMs: number): Promise<void>;
  /** SQL of another package, which only reads: the migration engine's look at its journal. Server errors pass through. */
  query(text: string, values: unknown[]): Promise<{ rows: unknown[] }>;
  /** Refuses what comes, waits for what is under way, and cuts it off after `timeoutMs` (5000). */
  close(options?: { timeoutMs?: number }): Promise<void>;
}

/** Opens no connection yet: the first query does, and a database that is away is no reason not to start. */
export function createDatabase(options: DatabaseOptions): Database {
  const { hooks = {}, ...rest } = options;
  const pool = createPool({ ...rest, onConnectionError: (error) => hooks.onConnectionError?.(error) });
  const statements = createStatements({
    named: options.config.preparedStatements,
    queryTimeoutMs: options.config.queryTimeoutMs,
  });
  return {
    db: new PooledDb({ pool, statements, config: options.config, hooks }),
    stats: () => pool.stats(),
    ping: (timeoutMs) => ping(pool, timeoutMs),
    query: (text, values) => read(pool, { text, values }, options.config.queryTimeoutMs),
    close: ({ timeoutMs = 5000 } = {}) => pool.close(timeoutMs),
  };
}

export interface PooledDbParts {
  readonly pool: Pool;
  readonly statements: Statements;
  readonly config: DatabaseConfig;
  readonly hooks: DatabaseHooks;
}

/** The `Db` that a transaction can begin on. Only `transaction.ts` looks inside. */
export class PooledDb implements Db {
  readonly parts: PooledDbParts;

  constructor(parts: PooledDbParts) {
    this.parts = parts;
  }

  async run<Row>(query: Query<Row>, params: QueryParams): Promise<Row[]> {
    const { hooks } = this.parts;
    const start = performance.now();
    let failed = true;
    try {
      const rows = await this.#runOrRepeat(query, params);
      failed = false;
      return rows;
    } finally {
      hooks.onQuery?.({ name: query.name, durationMs: performance.now() - start, failed });
    }
  }

  /** Once more, when the first try certainly left no trace: a lost read, or a statement that was refused for its name. */
  async #runOrRepeat<Row>(query: Query<Row>, params: QueryParams): Promise<Row[]> {
    const write = !query.compiled().readOnly;
    try {
      return await this.#runOnce(query, params);
    } catch (error) {
      if (!this.#mayRepeat(query, error)) throw explainFault(error, { write });
    }
    try {
      return await this.#runOnce(query, params);
    } catch (error) {
      throw explainFault(error, { write });
    }
  }

  async #runOnce<Row>(query: Query<Row>, params: QueryParams): Promise<Row[]> {
    const { pool, statements } = this.parts;
    const session = await pool.acquire();
    let evict = true;
    try {
      const rows = await statements.run(session, query, params);
      evict = false;
      return rows;
    } catch (error) {
      evict = isConnectionLost(error);
      throw error;
    } finally {
      session.release({ evict });
    }
  }

  #mayRepeat(query: Query<unknown>, error: unknown): boolean {
    if (error instanceof AppError || error instanceof TypeError) return false;
    if (this.parts.statements.dropsName(query, error)) return true;
    const fault = classifyFault(error);
    return fault.kind === 'transient' && (fault.notExecuted || query.compiled().readOnly);
  }
}

/** A mistake in our own values never reached the connection; anything else that is no answer of the server ended it. */
function isConnectionLost(error: unknown): boolean {
  return !(error instanceof TypeError) && classifyFault(error).connectionLost;
}

async function read(pool: Pool, question: Question, deadlineMs: number): Promise<{ rows: unknown[] }> {
  const session = await pool.acquire();
  let evict = true;
  try {
    const { rows } = await sendQuery(session.client, question, deadlineMs);
    evict = false;
    return { rows };
  } catch (error) {
    evict = isConnectionLost(error);
    throw error;
  } finally {
    session.release({ evict });
  }
}

async function ping(pool: Pool, timeoutMs: number): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new AppError('request_timeout', { reason: 'ping' })), timeoutMs);
  try {
    await Promise.race([ask(pool, late.promise), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Ends the connection when the answer is late, whether or not anybody still waits for it. */
async function ask(pool: Pool, late: Promise<never>): Promise<void> {
  const session: Session = await pool.acquire();
  let evict = true;
  try {
    await Promise.race([session.client.query('SELECT 1'), late]);
    evict = false;
  } catch (error) {
    throw explainFault(error, { write: false });
  } finally {
    session.release({ evict });
  }
}
