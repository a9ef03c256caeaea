import type { Argon2Hash, StoredHash } from './password-hashes.ts';

/** For a system that must leave hashes that a bcrypt incumbent can read: bcrypt is enough, whatever its cost. */
export function isWeakerThanBcrypt(stored: StoredHash): boolean {
  return stored.scheme !== 'argon2' && stored.scheme !== 'bcrypt';
}

/**
 * Whether the stored hash is weaker than a new one would be: weaker, never just different, because two systems that each
 * rewrite hashes of other parameters would rewrite every hash at every login. Below 7 MiB, OWASP's smallest choice,
 * argon2id is weaker than any hash above it, since passes do not make up for memory; otherwise memory × passes decides. Before
 * all that comes the pepper: none is weaker than one, and of two the one whose id sorts later is the newer.
 * That is an order, so of two settings at most one ever rewrites the other's hashes.
 */
export function isWeakerHash(stored: StoredHash, target: Argon2Hash): boolean {
  if (stored.scheme !== 'argon2' || stored.variant !== 'id' || stored.version !== 19) return true;
  const [storedPepper, targetPepper] = [stored.pepperId ?? '', target.pepperId ?? ''];
  if (storedPepper !== targetPepper) return storedPepper < targetPepper;
  const [storedHasMemory, targetHasMemory] = [stored, target].map(({ memoryKib }) => memoryKib >= memoryFloorKib);
  if (storedHasMemory !== targetHasMemory) return targetHasMemory === true;
  return stored.memoryKib * stored.iterations < target.memoryKib * target.iterations;
}

const memoryFloorKib = 7168;
