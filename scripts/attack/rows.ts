import { claimAttacks } from './rows/claims.ts';
import { keyAttacks } from './rows/keys.ts';
import { limitAttacks } from './rows/limits.ts';
import { otherAttacks } from './rows/others.ts';
import { passwordAttacks } from './rows/passwords.ts';
import { recoveryAttacks } from './rows/recovery.ts';
import { refreshAttacks } from './rows/refresh.ts';
import { tokenAttacks } from './rows/tokens.ts';
import { userAttacks } from './rows/users.ts';
import type { Attack } from './types.ts';

/** The 52 attacks by their number. */
export const attacks: readonly Attack[] = [
  ...tokenAttacks,
  ...claimAttacks,
  ...keyAttacks,
  ...userAttacks,
  ...refreshAttacks,
  ...passwordAttacks,
  ...limitAttacks,
  ...recoveryAttacks,
  ...otherAttacks,
].toSorted((a, b) => a.number - b.number);
