import { availableParallelism } from 'node:os';
import { AppError } from '../errors.ts';
import { describeStoredHash, type HashDescription } from './password-descriptions.ts';
import { type Argon2Hash, type HashFault, parseStoredHash, type StoredHash } from './password-hashes.ts';
import type { PasswordAnswer, PasswordJob } from './password-jobs.ts';
import { isWeakerHash, isWeakerThanBcrypt } from './password-strength.ts';
import { type RandomBytes, secureRandom } from './random.ts';
import { createWorkerLane, type LaneStats } from './worker-lane.ts';

export type PasswordScheme = 'argon2id' | 'bcrypt';

/** A secret that is not in the database: without it a stolen table of hashes cannot be searched for passwords. */
export interface Pepper {
  /** 1 to 8 printable ASCII characters; stands in each hash. Of two, the one that sorts later is the newer. */
  id: string;
  secret: Uint8Array;
}

export interface PasswordHasherOptions {
  /** argon2id cost of new hashes; defaults 12288 KiB, 3 passes, 1 lane (ASVS 5.0 appendix C; docs/adr/0020-argon2-in-12-mib.md). */
  memoryKib?: number;
  iterations?: number;
  parallelism?: number;
  /** Threads; default all cores but one. More would compete with the event loop. */
  workers?: number;
  /** Passwords that may wait for a thread; default 64. */
  maxQueue?: number;
  /** Of a thread's time that hashing may take, above 0 and up to 1 (default). */
  share?: number;
  /** Longest time for one password, waiting included; default 30,000, 0 for none. */
  timeoutMs?: number;
  /**
   * true (default): a bcrypt hash covers the first 72 bytes of a password, as the incumbent verifies.
   * false: a longer password never matches a bcrypt hash.
   */
  bcryptTruncates?: boolean;
  /** What new hashes are. `bcrypt`: as an incumbent reads them, for as long as going back to it is an option. */
  scheme?: PasswordScheme;
  random?: RandomBytes;
  /** The first is in new argon2id hashes, all are tried where a hash names them. Default none. */
  peppers?: readonly Pepper[];
}

export interface PasswordVerdict {
  ok: boolean;
  /** Only with ok: the stored hash is weaker than a new one would be, so store a new one. */
  needsUpgrade: boolean;
  /** Why a password could not match whatever it is; for logs. Absent for a plain mismatch. */
  reason?: HashFault | 'password_malformed' | 'password_too_long' | 'password_has_nul';
}

/** A text, or the bytes that are to count of it (see firstBytes). */
export type Password = string | Uint8Array;

export interface PasswordHasher {
  /** A new argon2id PHC string. Throws AppError `invalid_value` (see assertHashablePassword) and `overloaded`. */
  hash(password: Password): Promise<string>;
  /**
   * Never throws for what is stored or sent: a hash that is unusable, unknown or too costly, and a password that can't
   * be one, are ok:false after the work of one argon2id verification. Throws AppError `overloaded`.
   */
  verify(password: Password, storedHash: string): Promise<PasswordVerdict>;
  /** The work of one argon2id verification, for an account that does not exist. Throws AppError `overloaded`. */
  verifyDummy(password: Password): Promise<void>;
  /** How a stored hash was made, and what becomes of it. Nothing is computed. */
  describe(storedHash: string): HashDescription & { status: 'current' | 'weaker' | HashFault };
  stats(): LaneStats;
  close(): Promise<void>;
}

/**
 * Hashes passwords in niced threads beside the event loop and beside libuv's pool, so that a flood of logins slows
 * neither requests nor token verification; beyond `maxQueue` it is refused at once.
 */
export function createPasswordHasher(options: PasswordHasherOptions = {}): PasswordHasher {
  const { bcryptTruncates = true, random = secureRandom, scheme = 'argon2id', peppers = [] } = options;
  const target = readTarget(options);
  const secrets = new Map(peppers.map(({ id, secret }) => [id, secret]));
  const dummy = scheme === 'bcrypt' ? bcryptDummy : target;
  const lane = createWorkerLane<PasswordJob, PasswordAnswer>({
    script: new URL('./password-worker.ts', import.meta.url),
    workers: options.workers ?? Math.max(1, availableParallelism() - 1),
    maxQueue: options.maxQueue ?? 64,
    timeoutMs: options.timeoutMs ?? 30_000,
    share: options.share,
  });

  async function verifyDummy(password: Password): Promise<void> {
    const bytes = readPassword(password);
    // The digest is all zeros, which no password gives.
    await lane.run({ kind: 'verify', password: typeof bytes === 'string' ? new Uint8Array() : bytes, stored: dummy });
  }

  const isWeaker = (stored: StoredHash) =>
    scheme === 'bcrypt' ? isWeakerThanBcrypt(stored) : isWeakerHash(stored, target);

  return {
    hash: async (password) => {
      const bytes = toHashableBytes(password, maxPasswordBytes(scheme));
      const salt = Uint8Array.from(random(saltBytes));
      const answer = await lane.run(
        scheme === 'bcrypt'
          ? { kind: 'create-bcrypt', password: bytes, cost: bcryptDummy.cost, salt }
          : { kind: 'create', password: bytes, parameters: { ...target, salt }, ...pepperOf(target, secrets) },
      );
      if (answer.kind !== 'hash') throw new TypeError(`${scheme} refused the configured cost`);
      return answer.text;
    },
    verify: async (password, storedHash) => {
      const question = readQuestion(password, storedHash, bcryptTruncates);
      if (typeof question === 'string') {
        await verifyDummy(password);
        return { ok: false, needsUpgrade: false, reason: question };
      }
      const pepper = pepperOf(question.stored, secrets);
      if (pepper === undefined) {
        await verifyDummy(password);
        return { ok: false, needsUpgrade: false, reason: 'pepper_unknown' };
      }
      const answer = await lane.run({ kind: 'verify', ...question, ...pepper });
      if (answer.kind !== 'verdict') return { ok: false, needsUpgrade: false, reason: 'unknown_format' };
      return { ok: answer.ok, needsUpgrade: answer.ok && isWeaker(question.stored) };
    },
    verifyDummy,
    describe: (storedHash) => {
      const stored = parseStoredHash(storedHash);
      if (typeof stored === 'string') return { scheme: 'none', parameters: '', status: stored };
      const isVerifiable = pepperOf(stored, secrets) !== undefined;
      const status = !isVerifiable ? 'pepper_unknown' : isWeaker(stored) ? 'weaker' : 'current';
      return { ...describeStoredHash(stored), status };
    },
    stats: () => lane.stats(),
    close: () => lane.close(),
  };
}

/** Passwords for new hashes have at most this many UTF-8 bytes; bcrypt reads no more than 72. */
export function maxPasswordBytes(scheme: PasswordScheme): number {
  return scheme === 'bcrypt' ? bcryptBytes : 1024;
}

/**
 * Throws AppError `invalid_value` for what must not become a new hash: more than `maxBytes` bytes, half a surrogate pair
 * (it would be hashed as another text), or NUL (bcrypt and C libraries end there). Reasons: `password_too_long`,
 * `password_malformed`, `password_has_nul`. There is no lower limit here, and no normalisation: a password is compared
 * exactly as it was sent (ASVS 6.2.8).
 */
export function assertHashablePassword(password: string, maxBytes = maxPasswordBytes('argon2id')): void {
  toHashableBytes(password, maxBytes);
}

/** The first `count` UTF-8 bytes of a text, where a bcrypt incumbent stops reading; it may end inside a character. */
export function firstBytes(password: string, count: number): Uint8Array {
  return Buffer.from(password, 'utf8').subarray(0, count);
}

const saltBytes = 16;
const digestBytes = 32;

/** passlib's default cost. No password gives a digest of dots alone. */
const bcryptDummy = {
  scheme: 'bcrypt',
  cost: 12,
  prehash: 'none',
  salt: '.'.repeat(22),
  digest: '.'.repeat(31),
} as const satisfies StoredHash;

/** Undefined: the hash names a pepper that is not configured. */
function pepperOf(stored: StoredHash, secrets: ReadonlyMap<string, Uint8Array>): { pepper?: Uint8Array } | undefined {
  if (stored.scheme !== 'argon2' || stored.pepperId === undefined) return {};
  const pepper = secrets.get(stored.pepperId);
  return pepper && { pepper };
}

function readTarget(options: PasswordHasherOptions): Argon2Hash {
  const { memoryKib = 12_288, iterations = 3, parallelism = 1, peppers: [pepper] = [] } = options;
  const costs = [memoryKib, iterations, parallelism];
  if (!costs.every((cost) => Number.isSafeInteger(cost) && cost >= 1) || memoryKib < 8 * parallelism) {
    throw new TypeError('argon2 needs whole, positive costs and at least 8 KiB a lane');
  }
  const [salt, digest] = [new Uint8Array(saltBytes), new Uint8Array(digestBytes)];
  const pepperId = pepper === undefined ? {} : { pepperId: pepper.id };
  return {
    scheme: 'argon2',
    variant: 'id',
    version: 19,
    memoryKib,
    iterations,
    parallelism,
    ...pepperId,
    salt,
    digest,
  };
}

type PasswordFault = 'password_malformed' | 'password_too_long' | 'password_has_nul';

function toHashableBytes(password: Password, maxBytes: number): Uint8Array {
  const bytes = readPassword(password);
  const fault = typeof bytes === 'string' ? bytes : findHashingFault(bytes, maxBytes);
  if (fault === undefined && typeof bytes !== 'string') return bytes;
  throw new AppError('invalid_value', { reason: fault ?? 'password_malformed' });
}

function findHashingFault(bytes: Uint8Array, maxBytes: number): PasswordFault | undefined {
  if (bytes.length > maxBytes) return 'password_too_long';
  return bytes.includes(0) ? 'password_has_nul' : undefined;
}

/** passlib refuses more characters than this; nobody has a hash of such a password. */
const maxVerifiedCharacters = 4096;

// Not Buffer.from: its pooled memory, with whatever else lies there, would be copied to the worker along with the text.
const utf8 = new TextEncoder();

function readPassword(password: Password): Uint8Array | PasswordFault {
  if (typeof password !== 'string') return password.length > 4 * maxVerifiedCharacters ? 'password_too_long' : password;
  if (password.length > 2 * maxVerifiedCharacters) return 'password_too_long';
  if (!password.isWellFormed()) return 'password_malformed';
  return Array.from(password).length > maxVerifiedCharacters ? 'password_too_long' : utf8.encode(password);
}

type Question = { password: Uint8Array; stored: StoredHash };

function readQuestion(
  password: Password,
  storedHash: string,
  bcryptTruncates: boolean,
): Question | PasswordFault | HashFault {
  const bytes = readPassword(password);
  const stored = parseStoredHash(storedHash);
  if (typeof bytes === 'string') return bytes;
  if (typeof stored === 'string') return stored;
  if (readsToNul(stored) && bytes.includes(0)) return 'password_has_nul';
  if (isPlainBcrypt(stored) && bytes.length > (bcryptTruncates ? passlibBytes : bcryptBytes))
    return 'password_too_long';
  return { password: bytes, stored };
}

/** bcrypt reads no further. */
const bcryptBytes = 72;

/** passlib hands bcrypt at most as many bytes as it allows characters. */
const passlibBytes = maxVerifiedCharacters;

function isPlainBcrypt(stored: StoredHash): boolean {
  return stored.scheme === 'bcrypt' && stored.prehash === 'none';
}

// crypt(3) takes a C string, so passlib refuses NUL for both; the digests before bcrypt-sha256 have none.
function readsToNul(stored: StoredHash): boolean {
  return isPlainBcrypt(stored) || stored.scheme === 'sha-crypt';
}
