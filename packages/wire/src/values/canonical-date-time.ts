import { daysInMonth } from './calendar.ts';
import { DateTime } from './date-time.ts';

/**
 * Reads what nearly every client sends, `YYYY-MM-DDTHH:MM:SS` with one to six digits of a fraction or none, and with `Z`, `±HH:MM`
 * or nothing after it. Undefined for any other text, which may be a datetime all the same: `parseDateTimeText` knows.
 */
export function readCanonicalDateTime(text: string): DateTime | undefined {
  const { length } = text;
  if (length < 19 || length > 32) return undefined;
  if (text.charCodeAt(4) !== hyphen || text.charCodeAt(7) !== hyphen || text.charCodeAt(10) !== letterT)
    return undefined;
  if (text.charCodeAt(13) !== colon || text.charCodeAt(16) !== colon) return undefined;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  // Of NaN, which stands for what is no digit, nothing is true.
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month))) return undefined;
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return undefined;
  let at = 19;
  let microsecond = 0;
  if (text.charCodeAt(at) === point) {
    at = endOfDigits(text, 20);
    if (at === 20 || at > 26) return undefined;
    microsecond = fractionAt(text, at);
  }
  const offsetSeconds = offsetAt(text, at);
  if (offsetSeconds === undefined) return undefined;
  return new DateTime({ year, month, day, hour, minute, second, microsecond, offsetSeconds });
}

const plus = 0x2b;
const hyphen = 0x2d;
const point = 0x2e;
const zero = 0x30;
const colon = 0x3a;
const letterT = 0x54;
const letterZ = 0x5a;

/** NaN when one of them is none. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - zero;
  const ones = text.charCodeAt(at + 1) - zero;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

function endOfDigits(text: string, start: number): number {
  let at = start;
  for (let code = text.charCodeAt(at); code >= zero && code <= 0x39; code = text.charCodeAt(at)) at += 1;
  return at;
}

/** Microseconds of the digits between 20 and `end`, at most six. */
function fractionAt(text: string, end: number): number {
  let value = 0;
  for (let at = 20; at < 26; at += 1) value = value * 10 + (at < end ? text.charCodeAt(at) - zero : 0);
  return value;
}

/** What ends the text at `at`: an offset, or null for none. */
function offsetAt(text: string, at: number): number | null | undefined {
  if (at === text.length) return null;
  const sign = text.charCodeAt(at);
  if (sign === letterZ) return at + 1 === text.length ? 0 : undefined;
  if ((sign !== plus && sign !== hyphen) || text.charCodeAt(at + 3) !== colon || at + 6 !== text.length)
    return undefined;
  const hours = twoDigits(text, at + 1);
  const minutes = twoDigits(text, at + 4);
  if (!(hours <= 23 && minutes <= 59)) return undefined;
  const seconds = hours * 3600 + minutes * 60;
  return sign === plus || seconds === 0 ? seconds : -seconds;
}
