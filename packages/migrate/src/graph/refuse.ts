import { MigrationError, type MigrationErrorCode } from '../errors.ts';

/** Throws MigrationError: the one way in which the planner says no. */
export function refuse(code: MigrationErrorCode, message: string, hint?: string): never {
  throw new MigrationError({ code, message, ...(hint === undefined ? {} : { hint }) });
}
