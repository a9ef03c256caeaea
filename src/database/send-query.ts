import type pg from 'pg';

/** What `pg.Client.query` takes: SQL text alone goes by the simple protocol. */
export type Question = string | (pg.QueryConfig & { queryMode?: 'extended' });

/**
 * Sends a query and waits for at most `deadlineMs`, the only guard against a connection that has gone silent; the caller
 * evicts the connection then. In place of pg's own promise and `query_timeout`: either of them keeps every row reachable
 * until after the next collection of the young generation, which cost a third of a list request (bench/README.md).
 */
export function sendQuery<Row extends pg.QueryResultRow>(
  client: pg.ClientBase,
  question: Question,
  deadlineMs: number,
): Promise<pg.QueryResult<Row>> {
  const { promise, resolve, reject } = Promise.withResolvers<pg.QueryResult<Row>>();
  // The words that pg would use: fault-table.ts knows them.
  const timer = setTimeout(() => reject(new Error('Query read timeout')), deadlineMs);
  const done = (error: Error | null, result: pg.QueryResult<Row>) => {
    clearTimeout(timer);
    if (error) reject(error);
    else resolve(result);
  };
  client.query<Row>(question, done);
  return promise;
}
