import { Duration } from './duration.ts';
import type { Parsed } from './parse-temporal.ts';
import { parseTimeSpan, tooManyHours } from './parse-temporal.ts';

// As in parse-temporal.ts: the grammar, the order of checks and the texts are those of the Rust crate speedate.

/** `P…` (ISO 8601), `[±]D day[s][,] [time]`, or a time whose hours may exceed a day. */
export function parseDurationText(text: string): Parsed<Duration> {
  const negative = text.startsWith('-');
  const start = negative || text.startsWith('+') ? 1 : 0;
  if (text === '') return fail('input is too short');
  if (text[start] === 'P') return readIso(text, start + 1, negative);
  if (/d/i.test(text) || Buffer.byteLength(text) - start < 5) return readDays(text, start, negative);
  const time = parseTimeSpan(text, start);
  return time.ok ? Duration.from({ negative, ...time.value }) : time;
}

const maxQuantity = 0xffff_ffff;

function readIso(text: string, start: number, negative: boolean): Parsed<Duration> {
  const total = { days: 0, seconds: 0, microseconds: 0 };
  let inTime = false;
  let hadFraction = false;
  let at = start;
  for (; at < text.length; at += 1) {
    if (text[at] === 'T') {
      if (inTime) return fail('`t` character repeated in duration');
      inTime = true;
      continue;
    }
    const quantity = readQuantity(text, at);
    if (!quantity.ok) return quantity;
    if (hadFraction) return fail('quantity fraction invalid in duration');
    hadFraction = quantity.value.fraction !== undefined;
    at = quantity.value.end;
    const unit = (inTime ? timeUnits : dateUnits)[text[at] ?? ''];
    if (unit === undefined) return fail(`quantity invalid in ${inTime ? 'time' : 'date'} part of duration`);
    addQuantity(total, quantity.value, { unit, inTime });
    if (total.days > maxQuantity || total.seconds > maxQuantity)
      return fail('a numeric value in the duration is too large');
  }
  // The sign does not count.
  if (at - start < 2) return fail('input is too short');
  return Duration.from({ negative, ...total });
}

const dateUnits: Readonly<Record<string, number>> = { Y: 365, M: 30, W: 7, D: 1 };
const timeUnits: Readonly<Record<string, number>> = { H: 3600, M: 60, S: 1 };

interface Quantity {
  whole: number;
  fraction: number | undefined;
  end: number;
}

function addQuantity(
  total: { days: number; seconds: number; microseconds: number },
  { whole, fraction = 0 }: Quantity,
  { unit, inTime }: { unit: number; inTime: boolean },
): void {
  let extraSeconds = fraction * unit;
  if (inTime) total.seconds += whole * unit;
  else {
    const extraDays = fraction * unit;
    total.days += whole * unit + Math.trunc(extraDays);
    extraSeconds = (extraDays - Math.trunc(extraDays)) * 86_400;
  }
  total.seconds += Math.trunc(extraSeconds);
  total.microseconds += Math.round((extraSeconds - Math.trunc(extraSeconds)) * 1_000_000);
}

function readQuantity(text: string, at: number): Parsed<Quantity> {
  const whole = readWhole(text, at);
  if (!whole.ok) return whole;
  const { value, end } = whole.value;
  if (text[end] !== '.' && text[end] !== ',') return { ok: true, value: { whole: value, fraction: undefined, end } };
  const digits = /^\d*/.exec(text.slice(end + 1))?.[0] ?? '';
  const fraction = digits === '' ? 0 : Number(`0.${digits}`);
  return { ok: true, value: { whole: value, fraction, end: end + 1 + digits.length } };
}

function readWhole(text: string, at: number): Parsed<{ value: number; end: number }> {
  const digits = /^\d+/.exec(text.slice(at))?.[0];
  if (digits === undefined) return fail('invalid digit in duration');
  const value = Number(digits);
  return value > maxQuantity
    ? fail('a numeric value in the duration is too large')
    : { ok: true, value: { value, end: at + digits.length } };
}

function readDays(text: string, start: number, negative: boolean): Parsed<Duration> {
  if (start >= text.length) return fail('input is too short');
  const days = readWhole(text, start);
  if (!days.ok) return days;
  const unit = /^ ?(?:days|day|d(?!a))/i.exec(text.slice(days.value.end))?.[0];
  if (unit === undefined) return fail('"day" identifier in duration not correctly formatted');
  let at = days.value.end + unit.length;
  if (text[at] === ',') at += 1;
  if (text[at] === ' ') at += 1;
  if (at >= text.length) return Duration.from({ negative, days: days.value.value });
  const time = parseTimeSpan(text, at);
  if (!time.ok) return time;
  if (time.value.seconds >= 86_400) return fail(tooManyHours);
  return Duration.from({ negative, days: days.value.value, ...time.value });
}

function fail(error: string): { ok: false; error: string } {
  return { ok: false, error };
}
