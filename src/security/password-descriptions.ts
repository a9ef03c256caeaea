import type { StoredHash } from './password-hashes.ts';

/** How a hash was made, without anything of the password: for an operator who counts them. */
export interface HashDescription {
  scheme: string;
  /** Its costs as its own format names them; empty when it has none. */
  parameters: string;
}

export function describeStoredHash(stored: StoredHash): HashDescription {
  switch (stored.scheme) {
    case 'argon2': {
      const { variant, version, memoryKib, iterations, parallelism, pepperId } = stored;
      const pepper = pepperId === undefined ? '' : ` pepper=${pepperId}`;
      const costs = `v=${version} m=${memoryKib} t=${iterations} p=${parallelism}`;
      return { scheme: `argon2${variant}`, parameters: `${costs}${pepper}` };
    }
    case 'bcrypt':
      return {
        scheme: stored.prehash === 'none' ? 'bcrypt' : `bcrypt over a digest (${stored.prehash})`,
        parameters: `cost=${stored.cost}`,
      };
    case 'pbkdf2':
      return { scheme: `pbkdf2-${stored.digestName}`, parameters: `iterations=${stored.iterations}` };
    case 'scrypt':
      return { scheme: 'scrypt', parameters: `n=${stored.cost} r=${stored.blockSize} p=${stored.parallelism}` };
    case 'sha-crypt':
      return { scheme: `${stored.digestName}-crypt`, parameters: `rounds=${stored.rounds}` };
    case 'salted-sha256':
    default:
      return { scheme: 'salted sha256', parameters: '' };
  }
}
