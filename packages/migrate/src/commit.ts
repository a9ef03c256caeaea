import type { Session } from './connection.ts';
import type { MigrationLock } from './lock.ts';
import { isRetryable, parseServerError } from './sqlstate.ts';
import { asMigrationError } from './under-lock.ts';

/**
 * Ends a transaction in one message: what it records, the proof that the migration lock is still held, COMMIT; what comes `before` goes
 * along. A message stops at its first error, so that nothing is committed without its record or without the lock. A COMMIT
 * that PostgreSQL turns into a ROLLBACK is an error. Throws what COMMIT is refused for, a deferred constraint, as the server says
 * it, and what fails before; MigrationError for records that are refused, which is not the step's fault, and `lock_lost`.
 */
export async function commit(
  { session, lock }: { session: Session; lock: MigrationLock },
  records: readonly string[],
  before: readonly string[] = [],
): Promise<void> {
  const statements = [...before, ...records, lock.assertSql(), 'COMMIT'];
  const results = await session.execute(statements.join(';\n')).catch((error: unknown) => {
    const server = parseServerError(error);
    // What is in the way for a moment is repeated with the step.
    if (!server || isRetryable(server.sqlstate)) throw error;
    const { completed } = server;
    if (completed < before.length || completed === statements.length - 1) throw error;
    if (completed === statements.length - 2) lock.assertProven(undefined);
    throw asMigrationError(error) ?? error;
  });
  if (results.at(-1)?.command !== 'COMMIT') throw new TypeError('COMMIT answered with a rollback');
}
