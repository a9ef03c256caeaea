import { randomBytes } from 'node:crypto';
import { stampUuid } from './uuid.ts';

/** A source of unpredictable bytes. Passed in, so that a test can make a run repeatable. */
export type RandomBytes = (size: number) => Uint8Array;

/** The operating system's generator (ASVS 11.5.1 asks for a CSPRNG wherever a value must not be guessed). */
export const secureRandom: RandomBytes = (size) => randomBytes(size);

/** A random UUID, RFC 9562 §5.4: 122 random bits, lower case. */
export function uuidV4(random: RandomBytes): string {
  return stampUuid(random(16), 4);
}

/**
 * A time-ordered UUID, RFC 9562 §5.7: 48 bits of `unixMs`, then 74 random bits. For row ids, where neighbours in time
 * should be neighbours in the index; it tells everyone when it was made.
 */
export function uuidV7(random: RandomBytes, unixMs: number): string {
  if (!Number.isSafeInteger(unixMs) || unixMs < 0 || unixMs >= 2 ** 48) throw new TypeError('unixMs is out of range');
  const bytes = Uint8Array.from(random(16));
  new DataView(bytes.buffer).setUint32(0, Math.floor(unixMs / 2 ** 16));
  new DataView(bytes.buffer).setUint16(4, unixMs % 2 ** 16);
  return stampUuid(bytes, 7);
}
