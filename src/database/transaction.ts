import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseError } from 'pg';
import { PooledDb, type PooledDbParts } from './database.ts';
import { classifyFault, explainFault } from './faults.ts';
import type { Session } from './pool.ts';
import { sendQuery } from './send-query.ts';
import { localTimeouts } from './session.ts';
import type { Statements } from './statements.ts';
import type { Query, QueryParams, Tx, TxSource, txBrand } from './types.ts';

export interface TransactionOptions {
  /** PostgreSQL's default is `read committed`. */
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable';
  /** How often the whole of `fn` is run again after a serialization failure or a deadlock; 3. */
  readonly retries?: number;
  readonly readOnly?: boolean;
  /** For tests: a number in [0, 1), and how to wait. */
  readonly random?: () => number;
  readonly sleep?: (milliseconds: number) => Promise<unknown>;
}

/**
 * Runs `fn` in one transaction and commits it; any throw rolls it back and is passed on. `fn` may run several times, so
 * side effects belong after the commit. Nothing is repeated once COMMIT may have succeeded.
 * Throws AppError `write_in_doubt` when the answer to COMMIT was lost, `overloaded` when the retries are used up,
 * `database_unavailable`, `request_timeout`, `read_only`; and Error when a failed statement's error was swallowed by `fn`.
 */
export async function transaction<Result>(
  db: TxSource,
  fn: (tx: Tx) => Promise<Result>,
  options: TransactionOptions = {},
): Promise<Result> {
  if (!(db instanceof PooledDb)) throw new TypeError('a transaction begins on a database, not inside a transaction');
  const { retries = 3, random = Math.random, sleep: pause = sleep } = options;
  const { hooks } = db.parts;
  const start = performance.now();
  let failed = true;
  try {
    for (let attempt = 0; ; attempt += 1) {
      const outcome = await attemptOnce(db.parts, fn, options);
      if ('result' in outcome) {
        failed = false;
        return outcome.result;
      }
      if (!outcome.repeatable || attempt >= retries) throw outcome.error;
      // Full jitter: 10 to 200 ms, so that those who collided do not meet again.
      await pause(10 + random() * Math.min(190, 20 * 2 ** attempt));
    }
  } finally {
    hooks.onQuery?.({ name: 'transaction', durationMs: performance.now() - start, failed });
  }
}

type Outcome<Result> = { result: Result } | { error: unknown; repeatable: boolean };

async function attemptOnce<Result>(
  parts: PooledDbParts,
  fn: (tx: Tx) => Promise<Result>,
  options: TransactionOptions,
): Promise<Outcome<Result>> {
  const session = await begin(parts, options);
  const tx = new OpenTransaction(session, parts);
  let result: Result;
  try {
    result = await fn(tx);
  } catch (error) {
    return rollBack(tx, error);
  }
  return commit(tx, { result, readOnly: options.readOnly ?? false });
}

/** BEGIN leaves no trace, so that a connection which died in the pool is replaced once. */
async function begin(parts: PooledDbParts, options: TransactionOptions): Promise<Session> {
  for (let attempt = 0; ; attempt += 1) {
    const session = await parts.pool.acquire();
    try {
      // One simple-protocol message, one round trip.
      await sendQuery(session.client, beginText(parts, session, options), parts.config.queryTimeoutMs);
      return session;
    } catch (error) {
      session.release({ evict: true });
      if (attempt > 0 || classifyFault(error).kind !== 'transient') throw explainFault(error, { write: false });
    }
  }
}

function beginText({ config }: PooledDbParts, session: Session, { isolation, readOnly }: TransactionOptions): string {
  const level = isolation ? ` ISOLATION LEVEL ${isolation.toUpperCase()}` : '';
  const text = `BEGIN${level}${readOnly ? ' READ ONLY' : ''}`;
  return session.isOurs ? text : `${text}; ${localTimeouts(config)}`;
}

async function rollBack(tx: OpenTransaction, error: unknown): Promise<{ error: unknown; repeatable: boolean }> {
  const repeatable = tx.isRepeatable();
  // Should that fail, the connection is gone, and the transaction with it; `error` says more.
  await tx.end('ROLLBACK').catch(() => undefined);
  return { error, repeatable };
}

async function commit<Result>(
  tx: OpenTransaction,
  { result, readOnly }: { result: Result; readOnly: boolean },
): Promise<Outcome<Result>> {
  try {
    const command = await tx.end('COMMIT');
    if (command === 'COMMIT') return { result };
  } catch (error) {
    // The server's own "no" to COMMIT (a deferred constraint, a serialization failure) is certain; all else is not.
    const { kind, notExecuted } = classifyFault(error);
    return { error: explainFault(error, { write: !readOnly }), repeatable: notExecuted && kind === 'conflict' };
  }
  // "COMMIT" of an aborted transaction answers ROLLBACK, without an error (postgresql.org/docs/current/sql-commit.html).
  const error = new Error('the transaction was rolled back: a statement failed and its error was swallowed', {
    cause: tx.failure,
  });
  return { error, repeatable: tx.isRepeatable() };
}

class OpenTransaction implements Tx {
  declare readonly [txBrand]: true;
  /** The first error of a statement: it aborted the transaction, whatever became of the error. */
  failure: unknown;
  readonly #session: Session;
  readonly #statements: Statements;
  readonly #queryTimeoutMs: number;
  #last: Promise<unknown> = Promise.resolve();
  #over = false;
  #lostName = false;

  constructor(session: Session, { statements, config }: PooledDbParts) {
    this.#session = session;
    this.#statements = statements;
    this.#queryTimeoutMs = config.queryTimeoutMs;
  }

  /** One statement after the other: a connection has no more than one answer under way. */
  run<Row>(query: Query<Row>, params: QueryParams): Promise<Row[]> {
    if (this.#over) return Promise.reject(new Error(`query ${query.name}: the transaction is over`));
    const answer = this.#last.then(() => this.#runNow(query, params));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  /**
   * Waits for what `fn` left under way, then ends the transaction and gives the connection back or evicts it.
   * Answers with the command that the server says it did: COMMIT of an aborted transaction is a ROLLBACK.
   */
  async end(command: 'COMMIT' | 'ROLLBACK'): Promise<string> {
    this.#over = true;
    await this.#last;
    let evict = true;
    try {
      const answer = await sendQuery(this.#session.client, command, this.#queryTimeoutMs);
      evict = this.failure !== undefined && classifyFault(this.failure).connectionLost;
      return answer.command;
    } catch (error) {
      // A refused COMMIT has rolled back: the session is clean.
      evict = classifyFault(error).connectionLost;
      throw error;
    } finally {
      this.#session.release({ evict });
    }
  }

  /** The server rolled back for a reason that a second run may not meet: another transaction, or a stale plan's name. */
  isRepeatable(): boolean {
    return this.#lostName || (this.failure instanceof DatabaseError && classifyFault(this.failure).kind === 'conflict');
  }

  async #runNow<Row>(query: Query<Row>, params: QueryParams): Promise<Row[]> {
    try {
      return await this.#statements.run(this.#session, query, params);
    } catch (error) {
      if (error instanceof TypeError) throw error; // Our own mistake: it never reached the server.
      this.failure ??= error;
      this.#lostName ||= this.#statements.dropsName(query, error);
      throw explainFault(error, { write: false });
    }
  }
}
