import { daysInMonth } from './calendar.ts';
import { DateTime } from './date-time.ts';

/**
 * Reads what nearly every client sends: `YYYY-MM-DDTHH:MM:SS`, a fraction of up to six digits or none, then `Z`, `±HH:MM`
 * or nothing. Undefined for any other text, which may be a datetime all the same: parseDateTimeText knows. (Year 0 is
 * one until its rules have been asked.)
 */
export function readCanonicalDateTime(text: string): DateTime | undefined {
  const { length } = text;
  if (length < 19 || length > 32) return undefined;
  // One loop over all characters: code of its own for each of the six fields is longer and slower.
  let date = 0;
  let time = 0;
  for (let at = 0; at < 19; at += 1) {
    // Of all characters, only the digits are below ten after this.
    const code = text.charCodeAt(at) ^ zero;
    const separator = separators[at];
    if (separator === 0 ? code > 9 : code !== separator) return undefined;
    if (separator === 0) time = time * 10 + code;
    if (at === 10) {
      date = time;
      time = 0;
    }
  }
  // Bits, not Math.trunc: without them, all the arithmetic would be that of floats.
  const year = (date / 10_000) | 0;
  const month = ((date / 100) | 0) % 100;
  const day = date % 100;
  const hour = (time / 10_000) | 0;
  const minute = ((time / 100) | 0) % 100;
  const second = time % 100;
  if (hour > 23 || minute > 59 || second > 59 || year === 0) return undefined;
  if (month === 0 || month > 12 || day === 0 || (day > 28 && day > daysInMonth(year, month))) return undefined;
  let end = 19;
  let microsecond = 0;
  if (length > 19 && text.charCodeAt(19) === point) {
    end = endOfDigits(text, 20);
    if (end === 20 || end > 26) return undefined;
    microsecond = fractionUntil(text, end);
  }
  const offsetSeconds = end === length ? null : offsetAt(text, end);
  if (offsetSeconds === undefined) return undefined;
  return new DateTime({ year, month, day, hour, minute, second, microsecond, offsetSeconds });
}

const plus = 0x2b;
const hyphen = 0x2d;
const point = 0x2e;
const zero = 0x30;
const colon = 0x3a;
const letterZ = 0x5a;

/** Of the first 19 characters, what separates the digits; 0 where one stands. */
const separators = Uint8Array.from('0000-00-00T00:00:00', (character) => character.charCodeAt(0) ^ zero);

/** More than any field may be. Not NaN: with it, all the arithmetic would be that of floats. */
const noNumber = 10_000;

function twoDigits(text: string, at: number): number {
  // Of all characters, only the digits are below ten after this.
  const tens = text.charCodeAt(at) ^ zero;
  const ones = text.charCodeAt(at + 1) ^ zero;
  return tens > 9 || ones > 9 ? noNumber : tens * 10 + ones;
}

function endOfDigits(text: string, start: number): number {
  let at = start;
  while (at < text.length && (text.charCodeAt(at) ^ zero) <= 9) at += 1;
  return at;
}

/** Microseconds of the digits from 20 to `end`, at most six. */
function fractionUntil(text: string, end: number): number {
  let value = 0;
  for (let at = 20; at < 26; at += 1) value = value * 10 + (at < end ? text.charCodeAt(at) - zero : 0);
  return value;
}

function offsetAt(text: string, at: number): number | undefined {
  const { length } = text;
  const sign = text.charCodeAt(at);
  if (sign === letterZ) return at + 1 === length ? 0 : undefined;
  if (at + 6 !== length || (sign !== plus && sign !== hyphen) || text.charCodeAt(at + 3) !== colon) return undefined;
  const hours = twoDigits(text, at + 1);
  const minutes = twoDigits(text, at + 4);
  if (hours > 23 || minutes > 59) return undefined;
  const seconds = hours * 3600 + minutes * 60;
  return sign === plus || seconds === 0 ? seconds : -seconds;
}
