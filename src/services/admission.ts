import { AppError } from '../errors.ts';

/** So many may be under way; one more is refused at once. */
export interface Admission {
  /** Throws AppError `overloaded`. */
  run<Result>(work: () => Promise<Result>): Promise<Result>;
}

/**
 * Before their first query: logins that arrive together would fill the line for a database connection long before the
 * line for a password thread bounds them, and everybody else waits in the former.
 */
export function createAdmission(limit: number): Admission {
  let underWay = 0;
  return {
    async run(work) {
      if (underWay >= limit) throw new AppError('overloaded', { retryAfterSeconds: 1, reason: 'passwords_under_way' });
      underWay += 1;
      try {
        return await work();
      } finally {
        underWay -= 1;
      }
    },
  };
}
