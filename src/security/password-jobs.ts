import { type Argon2Hash, formatArgon2id, type StoredHash } from './password-hashes.ts';
import { computeArgon2, computeBcrypt, matchesStoredHash } from './password-schemes.ts';

/** What the worker is asked. `create` fills in the digest of the parameters and the salt given. */
export type PasswordJob =
  | { kind: 'create'; password: Uint8Array; parameters: Argon2Hash; pepper?: Uint8Array }
  | { kind: 'create-bcrypt'; password: Uint8Array; cost: number; salt: Uint8Array }
  | { kind: 'verify'; password: Uint8Array; stored: StoredHash; pepper?: Uint8Array };

/** What it answers: a hash in its stored form, a verdict, or that a library refused the parameters. */
export type PasswordAnswer = { kind: 'hash'; text: string } | { kind: 'verdict'; ok: boolean } | { kind: 'refused' };

/** Never throws: a library that refuses a stored hash's parameters is an answer, not a crash of the worker. */
export function runPasswordJob(job: PasswordJob): PasswordAnswer {
  try {
    if (job.kind === 'verify') return { kind: 'verdict', ok: matchesStoredHash(job.password, job.stored, job.pepper) };
    if (job.kind === 'create-bcrypt') return { kind: 'hash', text: computeBcrypt(job.password, job) };
    const digest = computeArgon2(job.password, job.parameters, job.pepper);
    return { kind: 'hash', text: formatArgon2id({ ...job.parameters, digest }) };
  } catch {
    return { kind: 'refused' };
  }
}
