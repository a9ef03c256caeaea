import type { WireProfile } from '../profile.ts';
import type { YearMonthDay } from './calendar.ts';
import { dateFromDays, daysInMonth } from './calendar.ts';
import { readCanonicalDateTime } from './canonical-date-time.ts';
import type { TimeFields } from './date-time.ts';
import { DateTime } from './date-time.ts';

// Grammar, order of checks and texts are those of the Rust crate speedate, with which Pydantic reads dates and times.

/** A value, or the text that names what is wrong with the input. */
export type Parsed<T> = { ok: true; value: T } | { ok: false; error: string };

/** What changed between releases. */
export type TimestampRules = Pick<
  WireProfile,
  'millisecondFraction' | 'negativeTimestampFraction' | 'pointFirstTimestamp'
>;

const newest: TimestampRules = {
  millisecondFraction: 'exact',
  negativeTimestampFraction: 'exact',
  pointFirstTimestamp: true,
};

/** `YYYY-MM-DD`, or a unix time at midnight UTC. */
export function parseDateText(text: string, rules: TimestampRules = newest): Parsed<YearMonthDay> {
  const date = readDate(text);
  if (date.ok && byteLength(text) === 10) return date;
  const error = date.ok ? fail('unexpected extra characters at the end of the input') : date;
  const whole = readInt64(text, rules);
  if (whole === undefined) return error;
  const moment = momentFromTimestamp(whole, 0);
  if (!moment.ok) return moment;
  if (moment.value.seconds % 86_400 !== 0 || moment.value.microsecond !== 0) {
    return fail('unix timestamps used as dates must be exact days, i.e. have zero time');
  }
  return { ok: true, value: dateFromDays(moment.value.seconds / 86_400) };
}

/** Date and time joined by `T`, `t`, space or `_`, or a unix time (in milliseconds above 2e10). */
export function parseDateTimeText(text: string, rules: TimestampRules = newest): Parsed<DateTime> {
  const canonical = readCanonicalDateTime(text);
  if (canonical !== undefined) return { ok: true, value: canonical };
  const iso = readIsoDateTime(text);
  if (iso.ok) return iso;
  const moment = text.includes('.') ? momentFromFraction(text, rules) : momentFromInteger(text, rules);
  return moment === undefined ? iso : dateTimeOf(moment);
}

/** `HH:MM[:SS[.ffffff]]` with an optional offset. */
export function parseTimeText(text: string): Parsed<TimeFields> {
  return readTime(text, 0);
}

/** A time without an offset whose hours may exceed a day: what a duration's text has after its days. */
export function parseTimeSpan(text: string, start: number): Parsed<{ seconds: number; microseconds: number }> {
  if (byteLength(text) - start < 5) return fail('input is too short');
  const colon = text.indexOf(':', start);
  if (colon === -1) return fail('invalid character in hour');
  const hours = text.slice(start, colon);
  if (byteLength(hours) > 10) return fail(tooManyHours);
  if (!/^\d*$/.test(hours)) return fail('invalid character in hour');
  if (Number(hours) > mostHours) return fail(tooManyHours);
  // speedate puts the first twelve bytes of the rest behind an hour of its own, and never looks at what follows.
  const clock = Buffer.from(`00${text.slice(colon)}`)
    .subarray(0, 15)
    .toString();
  const rest = readClock(clock, 0);
  if (!rest.ok) return rest;
  if (rest.value.end < clock.length) return fail('unexpected extra characters at the end of the input');
  const seconds = Number(hours) * 3600 + rest.value.minute * 60 + rest.value.second;
  return { ok: true, value: { seconds, microseconds: rest.value.microsecond } };
}

const mostHours = 2_400_000_000;
export const tooManyHours = 'durations may not exceed 999,999,999 hours';

/** A unix time: whole seconds (milliseconds above 2e10) plus microseconds. */
export function dateTimeFromTimestamp(whole: number, microsecond: number): Parsed<DateTime> {
  return dateTimeOf(momentFromTimestamp(whole, microsecond));
}

interface Moment {
  seconds: number;
  microsecond: number;
}

function dateTimeOf(moment: Parsed<Moment>): Parsed<DateTime> {
  if (!moment.ok) return moment;
  return { ok: true, value: DateTime.fromEpoch(moment.value.seconds, moment.value.microsecond) };
}

const millisecondsWatershed = 20_000_000_000;
const year0 = -62_167_219_200;
const endOfYear9999 = 253_402_300_799;
const most32Bits = 2 ** 32 - 1;

function momentFromTimestamp(whole: number, microsecond: number): Parsed<Moment> {
  return (isMilliseconds(whole) ? momentFromMilliseconds : momentFromSeconds)(whole, microsecond);
}

function isMilliseconds(timestamp: number): boolean {
  return Math.abs(timestamp) > millisecondsWatershed;
}

function momentFromMilliseconds(whole: number, microsecond: number): Parsed<Moment> {
  const milliseconds = ((whole % 1000) + 1000) % 1000;
  const seconds = Math.floor(whole / 1000);
  const total = microsecond + milliseconds * 1000;
  return total > most32Bits ? fail('numeric times may not exceed 86,399 seconds') : momentFromSeconds(seconds, total);
}

function momentFromSeconds(whole: number, microsecond: number): Parsed<Moment> {
  const seconds = whole + Math.floor(microsecond / 1_000_000);
  const total = microsecond % 1_000_000;
  if (!(seconds >= year0)) return fail('dates before 0000 are not supported as unix timestamps');
  if (seconds > endOfYear9999) return fail('dates after 9999 are not supported as unix timestamps');
  return { ok: true, value: { seconds, microsecond: total } };
}

function momentFromInteger(text: string, rules: TimestampRules): Parsed<Moment> | undefined {
  const whole = readInt64(text, rules);
  return whole === undefined ? undefined : momentFromTimestamp(whole, 0);
}

/** A unix time with a point; undefined where the text is none. */
function momentFromFraction(text: string, rules: TimestampRules): Parsed<Moment> | undefined {
  const grammar = rules.pointFirstTimestamp ? /^[+-]?(\d*)\.\d*(?:[eE][+-]?\d+)?$/ : /^[+-]?(\d+)\.\d*$/;
  const [, whole] = grammar.exec(text) ?? [];
  if (whole === undefined || !/^[+-]?(?:\d|\.\d)/.test(text)) return undefined;
  const value = Number(text);
  if (rules.negativeTimestampFraction === 'exact') {
    const split = splitNumericTimestamp(value, rules);
    const read = isMilliseconds(value) ? momentFromMilliseconds : momentFromSeconds;
    return read(saturated(split.whole), clamp(split.microsecond, 0, 1_000_000));
  }
  if (whole !== '' && readInt64(whole, rules) === undefined) return undefined;
  // speedate divided by 1000 here, and then again where that was still more than the watershed.
  const seconds = isMilliseconds(value) ? value / 1000 : value;
  const floor = saturated(Math.floor(seconds));
  return momentFromTimestamp(floor, clamp(Math.round((seconds - floor) * 1_000_000), 0, most32Bits));
}

/** As Rust casts a float to an integer of 64 bits. */
function saturated(value: number): number {
  return clamp(value, -(2 ** 63), 2 ** 63);
}

function clamp(value: number, least: number, most: number): number {
  return Number.isNaN(value) ? 0 : Math.min(Math.max(value, least), most);
}

/** Digits in 64 bits; speedate used to notice an overflow only where the number had turned negative. */
function readInt64(
  text: string,
  { pointFirstTimestamp, negativeTimestampFraction }: TimestampRules,
): number | undefined {
  if (!/^[+-]?\d{1,4300}$/.test(text)) return undefined;
  if (text.length <= 16) return Number(text);
  const wraps = pointFirstTimestamp && negativeTimestampFraction === 'added';
  let value = 0n;
  for (const digit of text.replace(/^[+-]/, '')) {
    const next = value * 10n + BigInt(digit);
    value = BigInt.asIntN(64, next);
    if (value < 0n || (value !== next && !wraps)) return undefined;
  }
  return Number(text.startsWith('-') ? -value : value);
}

/**
 * A number as the whole seconds or milliseconds below it, and microseconds: pydantic-core added the magnitude of the
 * fraction to the floor, so that -1.25 became -1.75 seconds, and took a fraction of a millisecond for one of a second.
 */
export function splitNumericTimestamp(value: number, rules: TimestampRules): { whole: number; microsecond: number } {
  const isExact = rules.negativeTimestampFraction === 'exact';
  const fraction = isExact ? value - Math.floor(value) : Math.abs(value - Math.trunc(value));
  const unit = isMilliseconds(value) && rules.millisecondFraction === 'exact' ? 1000 : 1_000_000;
  return { whole: Math.floor(value), microsecond: Math.round(fraction * unit) };
}

function readIsoDateTime(text: string): Parsed<DateTime> {
  const date = readDate(text);
  if (!date.ok) return date;
  const separator = text[10];
  if (separator === undefined) return fail('input is too short');
  if (!/[Tt _]/.test(separator)) return fail('invalid datetime separator, expected `T`, `t`, `_` or space');
  const time = readTime(text, 11);
  if (!time.ok) return time;
  // Member by member: spreading both costs as much as reading them.
  const { year, month, day } = date.value;
  const { hour, minute, second, microsecond, offsetSeconds } = time.value;
  const fields = { year, month, day, hour, minute, second, microsecond, offsetSeconds };
  return { ok: true, value: new DateTime(fields) };
}

function readDate(text: string): Parsed<YearMonthDay> {
  if (byteLength(text) < 10) return fail('input is too short');
  const year = digitsAt(text, 0, 4);
  if (year === undefined) return fail('invalid character in year');
  if (text[4] !== '-') return fail('invalid date separator, expected `-`');
  const month = digitsAt(text, 5, 2);
  if (month === undefined) return fail('invalid character in month');
  if (text[7] !== '-') return fail('invalid date separator, expected `-`');
  const day = digitsAt(text, 8, 2);
  if (day === undefined) return fail('invalid character in day');
  if (month < 1 || month > 12) return fail('month value is outside expected range of 1-12');
  if (day < 1 || day > daysInMonth(year, month)) return fail('day value is outside expected range');
  return { ok: true, value: { year, month, day } };
}

function readTime(text: string, start: number): Parsed<TimeFields> {
  const clock = readClock(text, start);
  if (!clock.ok) return clock;
  const { hour, minute, second, microsecond, end } = clock.value;
  const offset = readOffset(text, end);
  if (!offset.ok) return offset;
  return { ok: true, value: { hour, minute, second, microsecond, offsetSeconds: offset.value } };
}

interface Clock {
  hour: number;
  minute: number;
  second: number;
  microsecond: number;
  /** Where the text goes on. */
  end: number;
}

function readClock(text: string, start: number): Parsed<Clock> {
  if (byteLength(text) - start < 5) return fail('input is too short');
  const hour = digitsAt(text, start, 2);
  if (hour === undefined) return fail('invalid character in hour');
  if (text[start + 2] !== ':') return fail('invalid time separator, expected `:`');
  const minute = digitsAt(text, start + 3, 2);
  if (minute === undefined) return fail('invalid character in minute');
  if (hour > 23) return fail('hour value is outside expected range of 0-23');
  if (minute > 59) return fail('minute value is outside expected range of 0-59');
  let end = start + 5;
  let second = 0;
  let microsecond = 0;
  if (text[end] === ':') {
    const value = digitsAt(text, end + 1, 2);
    if (value === undefined) return fail('invalid character in second');
    if (value > 59) return fail('second value is outside expected range of 0-59');
    second = value;
    end += 3;
    if (text[end] === '.' || text[end] === ',') {
      const fraction = /^\d*/.exec(text.slice(end + 1))?.[0] ?? '';
      if (fraction === '') return fail('second fraction digits missing after `.`');
      microsecond = Number(fraction.slice(0, 6).padEnd(6, '0'));
      end += 1 + fraction.length;
    }
  }
  return { ok: true, value: { hour, minute, second, microsecond, end } };
}

function readOffset(text: string, start: number): Parsed<number | null> {
  const sign = text[start];
  if (sign === undefined) return { ok: true, value: null };
  if (sign === 'Z' || sign === 'z') return ended(text, start + 1, 0);
  if (sign !== '+' && sign !== '-' && sign !== '\u2212') return fail('invalid timezone sign');
  const hour = digitsAt(text, start + 1, 2);
  if (hour === undefined) return fail('invalid timezone hour');
  const minuteAt = text[start + 3] === ':' ? start + 4 : start + 3;
  const minute = digitsAt(text, minuteAt, 2);
  if (minute === undefined) return fail('invalid timezone minute');
  if (minute > 59) return fail('timezone minute value is outside expected range of 0-59');
  const seconds = hour * 3600 + minute * 60;
  if (seconds >= 86_400) return fail('timezone offset must be less than 24 hours');
  return ended(text, minuteAt + 2, sign === '+' || seconds === 0 ? seconds : -seconds);
}

function ended(text: string, end: number, value: number): Parsed<number | null> {
  return text.length > end ? fail('unexpected extra characters at the end of the input') : { ok: true, value };
}

function digitsAt(text: string, start: number, count: number): number | undefined {
  let value = 0;
  for (let i = start; i < start + count; i += 1) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return undefined;
    value = value * 10 + digit;
  }
  return value;
}

/** speedate counts UTF-8 bytes; only whether the text is long enough matters, so long texts are not measured. */
function byteLength(text: string): number {
  return text.length > 64 ? text.length : Buffer.byteLength(text);
}

function fail(error: string): { ok: false; error: string } {
  return { ok: false, error };
}
