import { asQueryable, type ConnectionSource, openSession } from '../connection.ts';
import type { Queryable } from '../journal-state.ts';

/** One session for a few reads. Throws MigrationError `connection_failed` and `pooled_connection`. */
export async function withSession<Result>(
  connection: ConnectionSource,
  work: (database: Queryable) => Promise<Result>,
): Promise<Result> {
  const session = await openSession(connection);
  try {
    return await work(asQueryable(session));
  } finally {
    await session.close();
  }
}
