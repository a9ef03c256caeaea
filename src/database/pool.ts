import { setTimeout as sleep } from 'node:timers/promises';
import { Pool as ClientPool, type PoolClient } from 'pg';
import type { DatabaseConfig } from '../config/types.ts';
import { AppError } from '../errors.ts';
import { type ConnectionTarget, connectionOptions, sessionClient } from './connection.ts';
import { classifyFault, explainFault } from './faults.ts';
import { createGate, type Gate } from './gate.ts';
import { prepareSession } from './session.ts';

/** One checked-out connection. */
export interface Session {
  readonly client: PoolClient;
  /** Ours alone, with its timeouts; otherwise a pooler lends it, and each transaction sets its own. */
  readonly isOurs: boolean;
  /** Gives the connection back, or ends it when its state is not known. Called once. */
  release(how: { evict: boolean }): void;
}

export interface Pool {
  /**
   * Throws AppError `overloaded` when too many wait or none came free in time, `database_unavailable` when the database
   * cannot be reached. Connecting is tried again while it is safe and short: nothing has been sent yet.
   */
  acquire(): Promise<Session>;
  stats(): PoolStats;
  /** Waits up to `timeoutMs` for what is under way, then cuts it off. */
  close(timeoutMs: number): Promise<void>;
}

export interface PoolStats {
  readonly max: number;
  /** Open connections, in use or idle. */
  readonly total: number;
  readonly idle: number;
  readonly inUse: number;
  /** Requests in line for a connection. */
  readonly waiting: number;
}

/** The part of a logger that this folder uses; a pino logger is one. */
export interface DatabaseLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface PoolOptions {
  readonly config: DatabaseConfig;
  readonly connection: ConnectionTarget;
  readonly log: DatabaseLog;
  readonly onConnectionError?: ((error: unknown) => void) | undefined;
  /** For tests: a clock that never steps back. */
  readonly monotonicMs?: () => number;
}

/** A client on its way from one session to the next. */
interface Held extends Pick<Session, 'client' | 'isOurs'> {
  readonly passedOnUntil: number;
}

export function createPool(options: PoolOptions): Pool {
  const { config, connection, monotonicMs = () => performance.now() } = options;
  const { clients, broken } = openPool(options);
  const gate = createGate<Held>({
    slots: config.poolMax,
    maxWaiting: config.poolMaxWaiting,
    waitMs: config.acquireTimeoutMs,
  });
  const allGone = watchConnections(clients);
  const checkedOut = new Set<PoolClient>();
  const prepared = new WeakMap<PoolClient, { isOurs: boolean }>();

  async function open(): Promise<Held> {
    const client = await clients.connect();
    checkedOut.add(client);
    try {
      if (isCutOff) throw new AppError('database_unavailable', { reason: 'pool_closed' });
      let state = prepared.get(client);
      if (!state) {
        state = await prepareSession(client, { config, connection });
        prepared.set(client, state);
      }
      return { client, isOurs: state.isOurs, passedOnUntil: monotonicMs() + passOnMs };
    } catch (error) {
      checkedOut.delete(client);
      client.release(true);
      throw error;
    }
  }

  function toSession(held: Held): Session {
    let isReleased = false;
    return {
      client: held.client,
      isOurs: held.isOurs,
      release({ evict }) {
        if (isReleased) throw new TypeError('a session was released twice');
        isReleased = true;
        release(held, evict);
      },
    };
  }

  function release(held: Held, evict: boolean): void {
    const { client, passedOnUntil } = held;
    const isSound = !evict && !broken.has(client) && monotonicMs() < passedOnUntil;
    if (isSound && gate.handOver(held)) return;
    checkedOut.delete(client);
    client.release(evict);
    gate.leave();
  }

  let closed: Promise<void> | undefined;
  let isCutOff = false;

  async function closeOnce(timeoutMs: number): Promise<void> {
    const left = gate.close();
    const cut = setTimeout(() => {
      isCutOff = true; // Also for those that are still connecting.
      for (const client of checkedOut) client.connection.stream.destroy();
    }, timeoutMs);
    // What ignores that its connection is gone cannot keep the process: it gets a moment to unwind, no more.
    await Promise.race([left, sleep(timeoutMs + 1000, undefined, { ref: false })]);
    clearTimeout(cut);
    const ended = clients.end();
    if (gate.inside === 0) await ended;
    // pg-pool says goodbye on each connection and does not wait: a server that is stopped next would cut them off.
    await Promise.race([allGone(), sleep(goodbyeMs, undefined, { ref: false })]);
  }

  return {
    async acquire() {
      const handed = await gate.enter();
      try {
        return toSession(handed ?? (await withConnectRetries(open, config.acquireTimeoutMs)));
      } catch (error) {
        gate.leave();
        throw explainFault(error, { write: false });
      }
    },
    stats: () => statsOf(clients, gate),
    close(timeoutMs) {
      closed ??= closeOnce(timeoutMs);
      return closed;
    },
  };
}

function openPool({ config, connection, log, onConnectionError }: PoolOptions) {
  const clients = new ClientPool({
    // The client alone knows the connect timeout: pg-pool would also count the wait, which is the gate's business.
    Client: sessionClient(connection, connectionOptions(connection, config)),
    max: config.poolMax,
    idleTimeoutMillis: 60_000,
    maxLifetimeSeconds: 1800,
  });
  const report = (error: Error) => {
    const { code, kind } = classifyFault(error);
    log.warn({ code, kind, err: error }, 'database connection lost');
    onConnectionError?.(error);
  };
  // An 'error' event without a listener ends the process (nodejs.org/api/events.html#error-events), and pg-pool takes its
  // own listener off while a client is checked out.
  clients.on('error', report);
  const broken = new WeakSet<PoolClient>();
  // What a checked-out client's failure means is told by the query that it fails.
  clients.on('connect', (client) => client.on('error', () => broken.add(client)));
  return { clients, broken };
}

/** Answers with a wait for the end of every connection that is open. */
function watchConnections(clients: ClientPool): () => Promise<void> {
  const open = new Set<PoolClient>();
  const gone = Promise.withResolvers<void>();
  let isAwaited = false;
  clients.on('connect', (client) => open.add(client));
  clients.on('remove', (client) => {
    open.delete(client);
    if (isAwaited && open.size === 0) gone.resolve();
  });
  return () => {
    isAwaited = true;
    if (open.size === 0) gone.resolve();
    return gone.promise;
  };
}

function statsOf(clients: ClientPool, gate: Gate<Held>): PoolStats {
  return {
    max: clients.options.max,
    total: clients.totalCount,
    idle: clients.idleCount,
    inUse: gate.inside,
    waiting: gate.waiting,
  };
}

/**
 * While others wait, a connection goes from hand to hand for this long; then pg-pool sees it again, which ends those that are
 * too old.
 */
const passOnMs = 1000;

/** For a server that does not even close its end. */
const goodbyeMs = 1000;

const connectAttempts = 3;

/** A server that restarts refuses for a moment; one that is gone must not hold its callers. */
async function withConnectRetries<Result>(connect: () => Promise<Result>, withinMs: number): Promise<Result> {
  const deadline = performance.now() + withinMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await connect();
    } catch (error) {
      const pauseMs = Math.random() * 100 * 2 ** attempt;
      const mayRetry = attempt < connectAttempts && performance.now() + pauseMs < deadline;
      if (error instanceof AppError || !mayRetry || classifyFault(error).kind !== 'transient') throw error;
      await sleep(pauseMs);
    }
  }
}
