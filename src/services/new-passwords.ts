import { AppError, type ValueIssue } from '../errors.ts';
import type { BreachedPasswords } from '../security/password-breaches.ts';
import { assertHashablePassword } from '../security/passwords.ts';
import { countCodePoints } from './values.ts';

export interface PasswordRules {
  /** In characters. */
  minLength: number;
  maxBytes: number;
  /** Undefined: nothing is looked up, as on the incumbent's own routes. */
  breached?: BreachedPasswords | undefined;
}

/** Whose password it would be, and the field that it was sent in. */
export interface NewPassword {
  password: string;
  email?: string;
  field?: string;
}

/** Why this can't become a password, if so. The password itself is never echoed. No rule asks for kinds of characters. */
export function newPasswordIssues(
  { password, email, field = 'password' }: NewPassword,
  { minLength, maxBytes, breached }: PasswordRules,
): ValueIssue[] {
  if (countCodePoints(password) < minLength) {
    const msg = `String should have at least ${minLength} character${minLength === 1 ? '' : 's'}`;
    return [{ type: 'string_too_short', loc: ['body', field], msg, input: null, ctx: { min_length: minLength } }];
  }
  const fault = findStorageFault(password, maxBytes) ?? (breached && findGuessableFault({ password, email }, breached));
  if (fault === undefined) return [];
  return [
    { type: 'value_error', loc: ['body', field], msg: `Value error, ${fault}`, input: null, ctx: { error: fault } },
  ];
}

function findStorageFault(password: string, maxBytes: number): string | undefined {
  try {
    assertHashablePassword(password, maxBytes);
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return storageFaults[error.reason ?? ''] ?? `a password has at most ${maxBytes} bytes`;
  }
}

const storageFaults: Readonly<Record<string, string>> = {
  password_malformed: 'a password is Unicode text without unpaired surrogates',
  password_has_nul: 'a password does not contain the character U+0000',
};

/** What an attacker tries first: the lists that others lost, and the name of the account. */
function findGuessableFault(
  { password, email }: { password: string; email: string | undefined },
  breached: BreachedPasswords,
): string | undefined {
  if (breached.has(password)) {
    return 'this password is known from breached accounts, alone or with digits behind it, or is a mere repetition';
  }
  const isAddress = email !== undefined && password.trim().toLowerCase() === email.trim().toLowerCase();
  return isAddress ? 'a password is not the e-mail address' : undefined;
}
