import { decodeLooseBase64 } from './base64.ts';

/** A stored password hash, taken apart: what has to be computed, and what it has to equal. */
export type StoredHash =
  | {
      scheme: 'argon2';
      variant: 'd' | 'i' | 'id';
      version: 16 | 19;
      memoryKib: number;
      iterations: number;
      parallelism: number;
      /** Which pepper the digest was made with: the `keyid` of a PHC string. */
      pepperId?: string;
      salt: Uint8Array;
      digest: Uint8Array;
    }
  | { scheme: 'bcrypt'; cost: number; prehash: BcryptPrehash; salt: string; digest: string }
  | { scheme: 'pbkdf2'; digestName: Pbkdf2Digest; iterations: number; salt: Uint8Array; digest: Uint8Array }
  | { scheme: 'scrypt'; cost: number; blockSize: number; parallelism: number; salt: Uint8Array; digest: Uint8Array }
  | { scheme: 'sha-crypt'; digestName: 'sha256' | 'sha512'; rounds: number; salt: string; digest: string }
  | { scheme: 'salted-sha256'; salt: string; digest: Uint8Array };

export type Argon2Hash = Extract<StoredHash, { scheme: 'argon2' }>;

/** What bcrypt is given: the password, or a digest of it, which lifts the limit of 72 bytes. */
export type BcryptPrehash = 'none' | 'passlib-v1' | 'passlib-v2' | 'django';
export type Pbkdf2Digest = 'sha1' | 'sha256' | 'sha512';

/**
 * Why a stored text can't be verified: `unusable` is empty or starts with the "!" by which Django and shadow files lock
 * an account; `unknown_format` is everything that no scheme here reads to the last character; `cost_exceeds_limit`
 * would keep a worker busy for many seconds or take its machine's memory; `pepper_unknown` was made with a pepper that
 * the configuration does not have.
 */
export type HashFault = 'unusable' | 'unknown_format' | 'cost_exceeds_limit' | 'pepper_unknown';

/** Reads the formats of passlib, argon2-cffi, pwdlib, Django and @phc/*; anything else is a fault, never a throw. */
export function parseStoredHash(text: string): StoredHash | HashFault {
  if (text === '' || text.startsWith('!')) return 'unusable';
  if (text.length > maxStoredLength) return 'unknown_format';
  for (const parse of parsers) {
    const stored = parse(text);
    if (stored !== undefined) return exceedsLimits(stored) ? 'cost_exceeds_limit' : stored;
  }
  return 'unknown_format';
}

/** A PHC string for argon2id, the one format that is written. */
export function formatArgon2id(stored: Argon2Hash): string {
  const { memoryKib, iterations, parallelism, pepperId, salt, digest } = stored;
  const keyId = pepperId === undefined ? '' : `,keyid=${phcBase64(Buffer.from(pepperId))}`;
  const costs = `m=${memoryKib},t=${iterations},p=${parallelism}${keyId}`;
  return `$argon2id$v=19$${costs}$${phcBase64(salt)}$${phcBase64(digest)}`;
}

function phcBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}

const maxStoredLength = 1024;

/**
 * Roughly three seconds of one core or 512 MiB each. Real deployments are far below: bcrypt 12–14, Django's 1.2 million
 * PBKDF2 iterations, passlib's 656,000 rounds of sha512-crypt, RFC 9106's second choice of 64 MiB.
 */
const limits = {
  argon2MemoryKib: 524_288,
  argon2KibPasses: 4_194_304,
  argon2Parallelism: 16,
  bcryptCost: 16,
  pbkdf2Iterations: 5_000_000,
  scryptBytes: 536_870_912,
  scryptBlocks: 8_388_608,
  shaCryptRounds: 2_000_000,
};

function exceedsLimits(stored: StoredHash): boolean {
  switch (stored.scheme) {
    case 'argon2':
      return (
        stored.memoryKib > limits.argon2MemoryKib ||
        stored.memoryKib * stored.iterations > limits.argon2KibPasses ||
        stored.parallelism > limits.argon2Parallelism
      );
    case 'bcrypt':
      return stored.cost > limits.bcryptCost;
    case 'pbkdf2':
      return stored.iterations > limits.pbkdf2Iterations;
    case 'scrypt':
      return (
        128 * stored.cost * stored.blockSize > limits.scryptBytes ||
        stored.cost * stored.blockSize * stored.parallelism > limits.scryptBlocks
      );
    case 'sha-crypt':
      return stored.rounds > limits.shaCryptRounds;
    case 'salted-sha256':
    default:
      return false;
  }
}

type Parser = (text: string) => StoredHash | undefined;

const parsers: readonly Parser[] = [
  parseBcrypt,
  parseArgon2,
  parsePasslibBcryptSha256,
  parsePasslibPbkdf2,
  parseDjangoPbkdf2,
  parseDjangoBcrypt,
  parseScrypt,
  parseShaCrypt,
  parseSaltedSha256,
];

// Numbers have no leading zeros and at most ten digits, so that no parser reads them in two ways.
const number = '(0|[1-9][0-9]{0,9})';
const bcryptSalt = '([./A-Za-z0-9]{22})';
const bcryptDigest = '([./A-Za-z0-9]{31})';

const bcryptText = new RegExp(`^\\$2[aby]\\$([0-9]{2})\\$${bcryptSalt}${bcryptDigest}$`);

// $2a$, $2b$ and $2y$ name one algorithm; $2x$ marks hashes of a broken one and is not read.
function parseBcrypt(text: string, prehash: BcryptPrehash = 'none'): StoredHash | undefined {
  const [, cost, salt, digest] = bcryptText.exec(text) ?? [];
  return bcryptHash({ cost, salt, digest, prehash });
}

// Unlike bcrypt's own, this cost has no leading zero: passlib refuses it.
const passlibV1 = new RegExp(`^\\$bcrypt-sha256\\$2[ab],([1-9][0-9]?)\\$${bcryptSalt}\\$${bcryptDigest}$`);
const passlibV2 = new RegExp(`^\\$bcrypt-sha256\\$v=2,t=2b,r=([1-9][0-9]?)\\$${bcryptSalt}\\$${bcryptDigest}$`);

function parsePasslibBcryptSha256(text: string): StoredHash | undefined {
  const v2 = passlibV2.exec(text);
  const [, cost, salt, digest] = v2 ?? passlibV1.exec(text) ?? [];
  return bcryptHash({ cost, salt, digest, prehash: v2 ? 'passlib-v2' : 'passlib-v1' });
}

function parseDjangoBcrypt(text: string): StoredHash | undefined {
  if (text.startsWith('bcrypt_sha256$')) return parseBcrypt(text.slice('bcrypt_sha256$'.length), 'django');
  return text.startsWith('bcrypt$') ? parseBcrypt(text.slice('bcrypt$'.length)) : undefined;
}

interface BcryptParts {
  cost: string | undefined;
  salt: string | undefined;
  digest: string | undefined;
  prehash: BcryptPrehash;
}

function bcryptHash({ cost: costText, salt, digest, prehash }: BcryptParts): StoredHash | undefined {
  const cost = Number(costText);
  if (salt === undefined || digest === undefined || cost < 4 || cost > 31) return undefined;
  // 22 digits hold 132 bits of which 128 count, 31 hold 186 of which 184 count: the stray ones are cleared, as passlib does.
  return { scheme: 'bcrypt', cost, prehash, salt: clearStrayBits(salt, 4), digest: clearStrayBits(digest, 2) };
}

const bcryptAlphabet = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

function clearStrayBits(text: string, bits: number): string {
  const value = bcryptAlphabet.indexOf(text.slice(-1));
  return text.slice(0, -1) + bcryptAlphabet.charAt((value >> bits) << bits);
}

const argon2Text = new RegExp(
  `^(?:argon2)?\\$argon2(id|i|d)\\$(?:v=(16|19)\\$)?m=${number},t=${number},p=${number}(?:,keyid=([A-Za-z0-9+/]{2,11}))?\\$([A-Za-z0-9+/]+)\\$([A-Za-z0-9+/]+)$`,
);

function parseArgon2(text: string): StoredHash | undefined {
  const [, variant, version = '16', memory, passes, lanes, keyId, saltText = '', digestText = ''] =
    argon2Text.exec(text) ?? [];
  if (variant !== 'd' && variant !== 'i' && variant !== 'id') return undefined;
  const [memoryKib, iterations, parallelism] = [Number(memory), Number(passes), Number(lanes)];
  const [salt, digest] = [decodeCanonicalBase64(saltText), decodeCanonicalBase64(digestText)];
  if (!salt || !digest || salt.length < 8 || digest.length < 4) return undefined;
  const pepperId = keyId === undefined ? undefined : decodeCanonicalBase64(keyId)?.toString('latin1');
  if (keyId !== undefined && pepperId === undefined) return undefined;
  // RFC 9106 §3.1: at least one pass, one lane and eight blocks a lane.
  if (iterations < 1 || parallelism < 1 || memoryKib < 8 * parallelism) return undefined;
  return {
    scheme: 'argon2',
    variant,
    version: version === '19' ? 19 : 16,
    memoryKib,
    iterations,
    parallelism,
    ...(pepperId === undefined ? {} : { pepperId }),
    salt,
    digest,
  };
}

const passlibPbkdf2 = new RegExp(
  `^\\$pbkdf2(-sha1|-sha256|-sha512)?\\$${number}\\$([A-Za-z0-9+/.]*)={0,2}\\$([A-Za-z0-9+/.]+)={0,2}$`,
);

function parsePasslibPbkdf2(text: string): StoredHash | undefined {
  const [whole, name = '-sha1', iterations, saltText = '', digestText = ''] = passlibPbkdf2.exec(text) ?? [];
  const [salt, digest] = [decodeLooseBase64(saltText), decodeLooseBase64(digestText)];
  if (whole === undefined || !salt || !digest) return undefined;
  return pbkdf2Hash(name.slice(1), Number(iterations), { salt, digest });
}

const djangoPbkdf2 = new RegExp(`^pbkdf2_(sha1|sha256)\\$${number}\\$([^$]+)\\$([A-Za-z0-9+/]+={0,2})$`);

function parseDjangoPbkdf2(text: string): StoredHash | undefined {
  const [whole, name = '', iterations, saltText = '', digestText = ''] = djangoPbkdf2.exec(text) ?? [];
  if (whole === undefined || !saltText.isWellFormed()) return undefined;
  const digest = Buffer.from(digestText, 'base64');
  // Django compares texts, so only the one spelling of a digest counts.
  if (digest.toString('base64') !== digestText) return undefined;
  return pbkdf2Hash(name, Number(iterations), { salt: Buffer.from(saltText, 'utf8'), digest });
}

const pbkdf2DigestBytes: Record<Pbkdf2Digest, number> = { sha1: 20, sha256: 32, sha512: 64 };

function pbkdf2Hash(
  digestName: string,
  iterations: number,
  { salt, digest }: { salt: Uint8Array; digest: Uint8Array },
): StoredHash | undefined {
  if (digestName !== 'sha1' && digestName !== 'sha256' && digestName !== 'sha512') return undefined;
  if (iterations < 1 || digest.length !== pbkdf2DigestBytes[digestName]) return undefined;
  return { scheme: 'pbkdf2', digestName, iterations, salt, digest };
}

// passlib writes ln=, the Node packages n=; both mean log2(N). Node's own parameter N also occurs, as a power of two.
const scryptText = new RegExp(
  `^\\$scrypt\\$(l?)n=${number},r=${number},p=${number}\\$([A-Za-z0-9+/.]*)={0,2}\\$([A-Za-z0-9+/.]+)={0,2}$`,
);

function parseScrypt(text: string): StoredHash | undefined {
  const [whole, isPasslib, n, r, p, saltText = '', digestText = ''] = scryptText.exec(text) ?? [];
  const [salt, digest] = [decodeLooseBase64(saltText), decodeLooseBase64(digestText)];
  if (whole === undefined || !salt || !digest || digest.length < 16 || digest.length > 64) return undefined;
  // passlib's digests have this one length: a shorter one, cut off somewhere, would be easier to hit.
  if (isPasslib !== '' && digest.length !== 32) return undefined;
  const cost = Number(n) < 64 ? 2 ** Number(n) : Number(n);
  const [blockSize, parallelism] = [Number(r), Number(p)];
  if (cost < 2 || !Number.isInteger(Math.log2(cost)) || blockSize < 1 || parallelism < 1) return undefined;
  return { scheme: 'scrypt', cost, blockSize, parallelism, salt, digest };
}

const shaCryptText =
  /^\$(5|6)\$(?:rounds=([1-9][0-9]{0,8})\$)?([./A-Za-z0-9]{0,16})\$([./A-Za-z0-9]{43}|[./A-Za-z0-9]{86})$/;

function parseShaCrypt(text: string): StoredHash | undefined {
  const [whole, kind, roundsText = '5000', salt = '', digest = ''] = shaCryptText.exec(text) ?? [];
  const rounds = Number(roundsText);
  const digestName = kind === '5' ? 'sha256' : 'sha512';
  if (whole === undefined || rounds < 1000 || digest.length !== (kind === '5' ? 43 : 86)) return undefined;
  return { scheme: 'sha-crypt', digestName, rounds, salt, digest };
}

// One colon, lower-case hexadecimal: the incumbent's oldest hashes, compared as text there.
function parseSaltedSha256(text: string): StoredHash | undefined {
  const [, salt, digest] = /^([^:]*):([0-9a-f]{64})$/.exec(text) ?? [];
  if (salt === undefined || digest === undefined || !salt.isWellFormed()) return undefined;
  return { scheme: 'salted-sha256', salt, digest: Buffer.from(digest, 'hex') };
}

function decodeCanonicalBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64').replace(/=+$/, '') === text ? bytes : undefined;
}
