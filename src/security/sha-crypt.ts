import { createHash, hash } from 'node:crypto';

export interface ShaCryptParameters {
  digestName: 'sha256' | 'sha512';
  rounds: number;
  /** As text, at most 16 characters. */
  salt: string;
}

/**
 * The checksum part of `$5$` and `$6$` hashes: U. Drepper, "Unix crypt using SHA-256 and SHA-512" (version 0.6); the
 * numbers in the comments are that text's steps.
 */
export function shaCrypt(password: Uint8Array, { digestName, rounds, salt: saltText }: ShaCryptParameters): string {
  const key = Buffer.from(password);
  const salt = Buffer.from(saltText, 'ascii');
  const first = firstDigest(digestName, key, salt);
  // 13–20: as many bytes as the password and the salt have, taken from digests of repetitions of them.
  const p = stretch(createHash(digestName).update(repeat(key, key.length)).digest(), key.length);
  const s = stretch(
    createHash(digestName)
      .update(repeat(salt, 16 + (first[0] ?? 0)))
      .digest(),
    salt.length,
  );
  return encode(iterate({ digestName, rounds, first, p, s }), digestName);
}

// 1–12
function firstDigest(digestName: string, key: Buffer, salt: Buffer): Buffer {
  const alternate = createHash(digestName).update(key).update(salt).update(key).digest();
  const outer = createHash(digestName).update(key).update(salt).update(stretch(alternate, key.length));
  for (let bits = key.length; bits > 0; bits >>= 1) outer.update((bits & 1) === 1 ? alternate : key);
  return outer.digest();
}

interface Rounds {
  digestName: string;
  rounds: number;
  first: Buffer;
  p: Buffer;
  s: Buffer;
}

// 21: each round hashes the last digest together with p and s, in an order that depends on the round's number.
function iterate({ digestName, rounds, first, p, s }: Rounds): Buffer {
  let digest = first;
  for (let round = 0; round < rounds; round += 1) {
    const odd = round % 2 === 1;
    const parts = [odd ? p : digest];
    if (round % 3 !== 0) parts.push(s);
    if (round % 7 !== 0) parts.push(p);
    parts.push(odd ? digest : p);
    digest = hash(digestName, Buffer.concat(parts), 'buffer');
  }
  return digest;
}

function repeat(bytes: Buffer, times: number): Buffer {
  return Buffer.alloc(bytes.length * times, bytes.length === 0 ? 0 : bytes);
}

function stretch(digest: Buffer, length: number): Buffer {
  return Buffer.alloc(length, digest);
}

const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

// 22: three bytes make four digits, lowest first. The bytes of a group lie a third of the digest apart, and each
// group starts with the next of the three; what is left over at the end is a shorter group.
function encode(digest: Buffer, digestName: 'sha256' | 'sha512'): string {
  const third = digestName === 'sha256' ? 10 : 21;
  const step = digestName === 'sha256' ? -1 : 1;
  let text = '';
  for (let group = 0; group < third; group += 1) {
    const turn = (((group * step) % 3) + 3) % 3;
    const [a, b, c] = [0, 1, 2].map((n) => digest[group + third * ((n + turn) % 3)] ?? 0);
    text += digits(((a ?? 0) << 16) | ((b ?? 0) << 8) | (c ?? 0), 4);
  }
  return digestName === 'sha256'
    ? text + digits(((digest[31] ?? 0) << 8) | (digest[30] ?? 0), 3)
    : text + digits(digest[63] ?? 0, 2);
}

function digits(value: number, count: number): string {
  return Array.from({ length: count }, (_, index) => alphabet.charAt((value >> (6 * index)) & 0x3f)).join('');
}
