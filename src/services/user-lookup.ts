import type { Db } from '../database/types.ts';
import { AppError } from '../errors.ts';
import { findUser, findUserByCanonicalEmail, findUserByExactEmail, type UserRow } from '../models/users.ts';
import { canonicalEmail } from '../security/emails.ts';
import type { Principal } from './access.ts';

/**
 * The address as typed comes first: two users of the incumbent may differ by letter case only, and each must reach its
 * own account.
 */
export async function findUserByAnyForm(db: Db, email: string): Promise<UserRow | undefined> {
  if (!email.isWellFormed() || email.includes('\0')) return undefined;
  const exact = await findUserByExactEmail(db, email);
  const canonical = exact ? null : canonicalEmail(email);
  return canonical === null ? exact : findUserByCanonicalEmail(db, canonical);
}

/** Throws AppError `invalid_token`: the user was removed while its token lives. */
export async function getPrincipalUser(db: Db, { userId, sessionId }: Principal): Promise<UserRow> {
  const user = await findUser(db, userId);
  if (!user) throw new AppError('invalid_token', { reason: 'user_missing', holder: { userId, sessionId } });
  return user;
}
