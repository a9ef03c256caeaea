/** What PostgreSQL says in an error. Read by its fields: the caller's `pg` may be another copy than ours. */
export interface ServerError {
  sqlstate: string;
  message: string;
  /** In characters of the statement that was sent, from 1. */
  position: number | undefined;
  hint: string | undefined;
  where: string | undefined;
  detail: string | undefined;
  /** How many statements of the message had been done before the one that failed. */
  completed: number;
}

export function parseServerError(error: unknown): ServerError | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('severity' in error)) return undefined;
  const fields: Record<string, unknown> = Object.fromEntries(Object.entries(error));
  if (typeof fields['code'] !== 'string' || !/^[0-9A-Z]{5}$/.test(fields['code'])) return undefined;
  const text = (name: string): string | undefined => (typeof fields[name] === 'string' ? fields[name] : undefined);
  const position = Number(text('position'));
  return {
    sqlstate: fields['code'],
    message: error.message,
    position: Number.isInteger(position) && position > 0 ? position : undefined,
    hint: text('hint'),
    where: text('where'),
    detail: text('detail'),
    completed: typeof fields['completed'] === 'number' ? fields['completed'] : 0,
  };
}

/** lock_not_available, deadlock_detected, serialization_failure: another session was in the way, nothing was done. */
export function isRetryable(sqlstate: string): boolean {
  return sqlstate === '55P03' || sqlstate === '40P01' || sqlstate === '40001';
}

/** The server ended the session: connection exceptions and the shutdown codes of class 57P. */
export function endsSession(sqlstate: string): boolean {
  return sqlstate.startsWith('08') || ['57P01', '57P02', '57P03', '57P05'].includes(sqlstate);
}
