import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** Passwords that attackers try first, because they stand in lists of breached accounts. */
export interface BreachedPasswords {
  /**
   * Whether the text stands in the list, whatever its letter case, or is only a repetition of one that does; also with up to
   * ten digits or signs behind it, which is what people add, and attackers with them: a year, a date, `12345678`, `!!!`.
   */
  has(password: string): boolean;
  readonly size: number;
}

/**
 * The list that ships with the product (see scripts/breached-passwords.ts). Wrong for about two innocent texts in five
 * million: 40 bits of each digest are kept.
 */
export function loadBreachedPasswords(): BreachedPasswords {
  return parseBreachedPasswords(readFileSync(new URL('password-breaches.bin', import.meta.url)));
}

const magic = 'breached-passwords-1\n';
const buckets = 65_536;
const restBytes = 3;

/**
 * A set of SHA-256 prefixes of 40 bits: `magic`, then for each value of the first 16 bits how many there are (one byte), then
 * the other 24 bits of each in order. Throws TypeError for anything else.
 */
export function parseBreachedPasswords(file: Uint8Array): BreachedPasswords {
  const counts = file.subarray(magic.length, magic.length + buckets);
  const rests = Buffer.from(file.buffer, file.byteOffset, file.byteLength).subarray(magic.length + buckets);
  const starts = new Uint32Array(buckets + 1);
  for (const [bucket, count] of counts.entries()) starts[bucket + 1] = (starts[bucket] ?? 0) + count;
  const size = starts[buckets] ?? 0;
  const isWhole = counts.length === buckets && rests.length === size * restBytes;
  if (!isWhole || !Buffer.from(file.subarray(0, magic.length)).equals(Buffer.from(magic))) {
    throw new TypeError('not a list of breached passwords');
  }
  const isListed = (text: string): boolean => {
    const { bucket, rest } = keyOf(text);
    for (let at = starts[bucket] ?? 0; at < (starts[bucket + 1] ?? 0); at += 1) {
      if (rests.readUIntBE(at * restBytes, restBytes) === rest) return true;
    }
    return false;
  };
  const isGuessable = (text: string): boolean => {
    if (isListed(text)) return true;
    const unit = repeatedUnit(text);
    return unit !== undefined && (unit.length <= trivialUnit || isListed(unit));
  };
  return {
    size,
    has(password) {
      const text = foldPassword(password);
      const stem = text.replace(addition, '');
      return isGuessable(text) || (stem.length >= shortestStem && isGuessable(stem));
    },
  };
}

/** The file for a list of passwords, one a line. Throws TypeError when a bucket does not fit: about 16 million are too many. */
export function buildBreachedPasswords(passwords: Iterable<string>): Uint8Array {
  const keys = new Set<number>();
  for (const password of passwords) {
    const { bucket, rest } = keyOf(foldPassword(password));
    keys.add(bucket * 2 ** (8 * restBytes) + rest);
  }
  const sorted = [...keys].toSorted((a, b) => a - b);
  const counts = Buffer.alloc(buckets);
  const rests = Buffer.alloc(sorted.length * restBytes);
  for (const [at, key] of sorted.entries()) {
    const bucket = Math.floor(key / 2 ** (8 * restBytes));
    const count = (counts[bucket] ?? 0) + 1;
    if (count > 255) throw new TypeError('too many passwords for this format');
    counts[bucket] = count;
    rests.writeUIntBE(key % 2 ** (8 * restBytes), at * restBytes, restBytes);
  }
  return Buffer.concat([Buffer.from(magic), counts, rests]);
}

/** Below this a repeated unit is a pattern whatever it says: `abcdabcdabcdabcd`. */
const trivialUnit = 4;

/** Behind more than this, or behind a shorter beginning, there may be a secret of its own. */
const addition = /[^\p{L}\p{M}]{1,10}$/u;
const shortestStem = 8;

/** Only for looking it up: a password itself is stored and compared as it was sent. */
function foldPassword(password: string): string {
  return password.normalize('NFKC').toLowerCase();
}

function keyOf(text: string): { bucket: number; rest: number } {
  const digest = createHash('sha256').update(text).digest();
  return { bucket: digest.readUInt16BE(0), rest: digest.readUIntBE(2, restBytes) };
}

/** What a text repeats, cut off anywhere: `passwordpasswordpass` repeats `password`. Undefined when it is not twice there. */
function repeatedUnit(text: string): string | undefined {
  // The prefix function of Knuth, Morris and Pratt: the longest border of each prefix.
  const borders = new Uint32Array(text.length);
  for (let at = 1, border = 0; at < text.length; at += 1) {
    while (border > 0 && text[at] !== text[border]) border = borders[border - 1] ?? 0;
    if (text[at] === text[border]) border += 1;
    borders[at] = border;
  }
  const period = text.length - (borders.at(-1) ?? 0);
  return period <= text.length / 2 ? text.slice(0, period) : undefined;
}
