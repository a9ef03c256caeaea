import { Client, type ClientConfig, type QueryResult, type QueryResultRow } from 'pg';
import { MigrationError } from './errors.ts';
import type { Queryable } from './journal-state.ts';
import { endsSession, parseServerError } from './sqlstate.ts';

/** Settings for a new client, or a function that returns one which is not connected yet. It must be a direct connection. */
export type ConnectionSource = ClientConfig | (() => Client);

/** The one session of a run. Everything it does is awaited in turn. */
export interface Session {
  /**
   * Simple protocol: `text` may hold several statements, and the first that fails is the last that runs. Server errors pass through, with
   * the count of statements that were `completed`; a broken session is `connection_lost`.
   */
  execute(text: string): Promise<QueryResult[]>;
  /** One statement with bind values. */
  query<Row extends QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** The same, with the count of rows and the command. */
  run<Row extends QueryResultRow>(text: string, values?: readonly unknown[]): Promise<QueryResult<Row>>;
  /** What the server last said of a setting that it reports: https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-ASYNC */
  reported(setting: string): string | undefined;
  close(): Promise<void>;
}

/**
 * Refuses Neon's pooled hosts before it connects: advisory locks, SET and CREATE INDEX CONCURRENTLY need a session that
 * is ours alone. Throws `pooled_connection` and `connection_failed`.
 */
export async function openSession(source: ConnectionSource): Promise<Session> {
  const client = typeof source === 'function' ? source() : new Client(source);
  assertDirect(client.host);
  let broken: Error | undefined;
  // Without a listener the loss of the connection would end the process.
  client.on('error', (error) => {
    broken ??= error;
  });
  const reported = new Map<string, string>();
  client.connection.on('parameterStatus', (status: { parameterName: string; parameterValue: string }) => {
    reported.set(status.parameterName, status.parameterValue);
  });
  const completed = countCompleted(client);
  try {
    await client.connect();
  } catch (cause) {
    await client.end().catch(() => undefined);
    throw connectionFailed(client, cause);
  }
  return {
    async execute(text) {
      // With several statements, pg answers with one result each; its types know only of one.
      const answer: QueryResult | QueryResult[] = await guard(() => client.query(text));
      return Array.isArray(answer) ? answer : [answer];
    },
    async query<Row extends QueryResultRow>(text: string, values: readonly unknown[] = []) {
      return (await guard(async () => client.query<Row>(text, [...values]))).rows;
    },
    async run<Row extends QueryResultRow>(text: string, values: readonly unknown[] = []) {
      return guard(async () => client.query<Row>(text, [...values]));
    },
    reported: (setting) => reported.get(setting),
    async close() {
      await client.end().catch(() => undefined);
    },
  };

  async function guard<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    try {
      return await work();
    } catch (error) {
      const server = parseServerError(error);
      if (error instanceof Error && server && !endsSession(server.sqlstate)) {
        throw Object.assign(error, { completed: completed() });
      }
      // The driver refuses a value that it cannot send: a mistake in this package, not a lost connection.
      if (error instanceof TypeError) throw error;
      throw lost(broken ?? error);
    }
  }
}

/** Of the last message that failed: how many of its statements had been done before. */
function countCompleted({ connection }: Client): () => number {
  let completed = 0;
  let beforeError = 0;
  connection.on('commandComplete', () => {
    completed += 1;
  });
  connection.on('errorMessage', () => {
    beforeError = completed;
  });
  connection.on('readyForQuery', () => {
    completed = 0;
  });
  return () => beforeError;
}

export function connectionFailed(client: Client, cause: unknown): MigrationError {
  const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
  return new MigrationError(
    { code: 'connection_failed', message: `cannot connect to ${client.host}: ${reason}` },
    { cause },
  );
}

/** Throws `pooled_connection`. */
export function assertDirect(host: string): void {
  const [first = '', ...domain] = host.split('.');
  if (!/-pooler$/i.test(first)) return;
  const direct = [first.replace(/-pooler$/i, ''), ...domain].join('.');
  throw new MigrationError({
    code: 'pooled_connection',
    message: `${host} is a transaction pooler; migrations need a direct connection`,
    hint: `Use the direct (unpooled) URL, whose host is ${direct}.`,
  });
}

/** For what runs on a session and on a pool alike. */
export function asQueryable(session: Session): Queryable {
  return { query: async (text, values) => ({ rows: await session.query(text, values) }) };
}

function lost(cause: unknown): MigrationError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MigrationError(
    {
      code: 'connection_lost',
      message: `the connection broke: ${reason}`,
      hint: 'Run the same command again: the journal knows what was committed.',
    },
    { cause },
  );
}
