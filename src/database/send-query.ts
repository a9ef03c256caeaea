import type pg from 'pg';
import { NamedStatement, type NamedStatementOptions } from './named-statement.ts';

/** What `pg.Client.query` takes: SQL text alone goes by the simple protocol. */
export type Question = string | (pg.QueryConfig & { queryMode?: 'extended' });

/** Sends a query and waits for at most `deadlineMs`; the caller evicts the connection then. */
export function sendQuery<Row extends pg.QueryResultRow>(
  client: pg.ClientBase,
  question: Question,
  deadlineMs: number,
): Promise<pg.QueryResult<Row>> {
  return answerWithin(deadlineMs, (done) => client.query<Row>(question, done));
}

/** The same for a prepared statement; its rows. */
export function sendStatement<Row>(
  client: pg.ClientBase,
  statement: Omit<NamedStatementOptions<Row>, 'done'>,
  deadlineMs: number,
): Promise<Row[]> {
  return answerWithin(deadlineMs, (done) => client.query(new NamedStatement({ ...statement, done })));
}

/**
 * The deadline is the only guard against a connection that has gone silent. In place of pg's own promise and `query_timeout`:
 * either of them keeps every row reachable until after the next collection of the young generation, which cost a third of a
 * list request (bench/README.md).
 */
function answerWithin<Answer>(
  deadlineMs: number,
  send: (done: (error: Error | null, answer: Answer) => void) => void,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  // The words that pg would use: fault-table.ts knows them.
  const timer = setTimeout(() => reject(new Error('Query read timeout')), deadlineMs);
  send((error, answer) => {
    clearTimeout(timer);
    if (error) reject(error);
    else resolve(answer);
  });
  return promise;
}
