import type { WireProfile } from '../profile.ts';
import { readCanonicalDateTime } from '../values/canonical-date-time.ts';
import { CalendarDate, DateTime, TimeOfDay } from '../values/date-time.ts';
import { Decimal } from '../values/decimal.ts';
import { Float } from '../values/float.ts';
import type { Parsed } from '../values/parse-temporal.ts';
import {
  dateTimeFromTimestamp,
  parseDateText,
  parseDateTimeText,
  parseTimeText,
  splitNumericTimestamp,
} from '../values/parse-temporal.ts';
import type { Node, Refusal, Run } from './run.ts';
import { exactness, floorExactness, refuse } from './run.ts';
import type { JsonSchema, WireRules } from './schema.ts';
import { assertKnownKeywords, wireRulesOf } from './schema.ts';
import { compileDateRules, compileDateTimeRules, compileTimeRules } from './temporal-rules.ts';

/** `datetime`: ISO text, a date (midnight), or a unix time; the value is a DateTime. */
export function compileDateTime(schema: JsonSchema, pointer: string, profile: WireProfile): Node {
  const { strict, rules } = temporalRules(schema, pointer);
  const refusalOf = compileDateTimeRules(rules, pointer);
  const readPlain = strict || refusalOf !== undefined ? undefined : readPlainDateTime;
  return {
    label: 'datetime',
    readPlain,
    check: (input, run) => {
      if (!(input instanceof DateTime)) {
        floorExactness(run, exactness.lax);
        if (strict) return refuse(run, input, notADateTime);
      }
      const plain = readPlain?.(input);
      if (plain !== undefined) return plain;
      const result = readDateTime(input, profile);
      if ('refusal' in result) return refuse(run, input, result.refusal);
      // Python has no year 0, which shows only once the value has passed its rules.
      const refusal = refusalOf?.(result.value) ?? (result.value.year === 0 ? badDateTime(yearZero) : undefined);
      return refusal === undefined ? result.value : refuse(run, input, refusal);
    },
  };
}

function readPlainDateTime(input: unknown): DateTime | undefined {
  return typeof input === 'string' ? readCanonicalDateTime(input) : undefined;
}

/** `date`: `YYYY-MM-DD`, or anything that a datetime accepts if it is exactly midnight; the value is a CalendarDate. */
export function compileDate(schema: JsonSchema, pointer: string, profile: WireProfile): Node {
  const { strict, rules } = temporalRules(schema, pointer);
  const refusalOf = compileDateRules(rules, pointer);
  return {
    label: 'date',
    check: (input, run) => {
      if (!(input instanceof CalendarDate)) {
        floorExactness(run, exactness.lax);
        if (strict) return refuse(run, input, notADate);
      }
      const date = readDate(input, { run, profile });
      if (!(date instanceof CalendarDate)) return date;
      const refusal = refusalOf?.(date) ?? (date.year === 0 ? badYear : undefined);
      return refusal === undefined ? date : refuse(run, input, refusal);
    },
  };
}

/** `time`: ISO text, or seconds since midnight; the value is a TimeOfDay. */
export function compileTime(schema: JsonSchema, pointer: string): Node {
  const { strict, rules } = temporalRules(schema, pointer);
  const refusalOf = compileTimeRules(rules, pointer);
  return {
    label: 'time',
    check: (input, run) => {
      if (!(input instanceof TimeOfDay)) {
        floorExactness(run, exactness.lax);
        if (strict) return refuse(run, input, notATime);
      }
      const result = readTimeOfDay(input);
      if (result === undefined) return refuse(run, input, notATime);
      if (result.ok) {
        const refusal = refusalOf?.(result.value);
        return refusal === undefined ? result.value : refuse(run, input, refusal);
      }
      const msg = `Input should be in a valid time format, ${result.error}`;
      return refuse(run, input, { type: 'time_parsing', msg, ctx: { error: result.error } });
    },
  };
}

const notADateTime = { type: 'datetime_type', msg: 'Input should be a valid datetime' };
const notADate = { type: 'date_type', msg: 'Input should be a valid date' };
const notATime = { type: 'time_type', msg: 'Input should be a valid time' };
const yearZero = 'year 0 is out of range';
const badYear = {
  type: 'date_parsing',
  msg: `Input should be a valid date in the format YYYY-MM-DD, ${yearZero}`,
  ctx: { error: yearZero },
};

function temporalRules(schema: JsonSchema, pointer: string): { strict: boolean; rules: WireRules } {
  assertKnownKeywords(schema, pointer, ['type', 'format']);
  const rules = wireRulesOf(schema, pointer);
  return { strict: rules.strict === true, rules };
}

interface DateReading {
  run: Run;
  profile: WireProfile;
}

function readDate(input: unknown, { run, profile }: DateReading): unknown {
  if (typeof input === 'string') {
    const date = parseDateText(input, profile);
    if (date.ok) return new CalendarDate(date.value);
  }
  return input instanceof CalendarDate ? input : dateFromDateTime(input, { run, profile });
}

type Reading = { value: DateTime } | { refusal: Refusal };

function readDateTime(input: unknown, profile: WireProfile): Reading {
  if (typeof input === 'string') return readDateTimeText(input, profile);
  const number = numberOf(input);
  if (number === undefined) return readTypedDateTime(input);
  if (Number.isNaN(number)) return { refusal: badDateTime('NaN values not permitted') };
  const isFloat = input instanceof Float || !Number.isInteger(number);
  const { whole, microsecond } = isFloat ? splitNumericTimestamp(number, profile) : { whole: number, microsecond: 0 };
  const result = dateTimeFromTimestamp(whole, microsecond);
  return result.ok ? { value: result.value } : { refusal: badDateTime(result.error) };
}

/** A value that a handler made, on its way out. */
function readTypedDateTime(input: unknown): Reading {
  if (input instanceof DateTime) return { value: input };
  if (!(input instanceof CalendarDate)) return { refusal: notADateTime };
  const { year, month, day } = input;
  return {
    value: new DateTime({ year, month, day, hour: 0, minute: 0, second: 0, microsecond: 0, offsetSeconds: null }),
  };
}

function readDateTimeText(input: string, profile: WireProfile): Reading {
  const result = parseDateTimeText(input, profile);
  if (result.ok) return { value: result.value };
  // Pydantic then tries a date, and reports what was wrong with that.
  const date = parseDateText(input, profile);
  if (!date.ok) {
    const msg = `Input should be a valid datetime or date, ${date.error}`;
    return { refusal: { type: 'datetime_from_date_parsing', msg, ctx: { error: date.error } } };
  }
  const midnight = { hour: 0, minute: 0, second: 0, microsecond: 0, offsetSeconds: null };
  return { value: new DateTime({ ...date.value, ...midnight }) };
}

/** A text read as a datetime and nothing else: what the date type falls back to. */
function readDateTimeOnly(input: string, profile: WireProfile): Reading {
  const result = parseDateTimeText(input, profile);
  return result.ok ? { value: result.value } : { refusal: badDateTime(result.error) };
}

function badDateTime(error: string): Refusal {
  return { type: 'datetime_parsing', msg: `Input should be a valid datetime, ${error}`, ctx: { error } };
}

function dateFromDateTime(input: unknown, { run, profile }: DateReading): unknown {
  const result = typeof input === 'string' ? readDateTimeOnly(input, profile) : readDateTime(input, profile);
  if ('value' in result) {
    const { hour, minute, second, microsecond } = result.value;
    if (hour + minute + second + microsecond === 0) return new CalendarDate(result.value);
    const msg = 'Datetimes provided to dates should have zero time - e.g. be exact dates';
    return refuse(run, input, { type: 'date_from_datetime_inexact', msg });
  }
  const error = result.refusal.ctx?.error;
  if (typeof error !== 'string') return refuse(run, input, notADate);
  const msg = `Input should be a valid date or datetime, ${error}`;
  return refuse(run, input, { type: 'date_from_datetime_parsing', msg, ctx: { error } });
}

const secondsPerDay = 86_400;

function readTimeOfDay(input: unknown): Parsed<TimeOfDay> | undefined {
  if (typeof input === 'string') {
    const time = parseTimeText(input);
    return time.ok ? { ok: true, value: new TimeOfDay(time.value) } : time;
  }
  if (input instanceof TimeOfDay) return { ok: true, value: input };
  const number = numberOf(input);
  if (number === undefined) return undefined;
  if (Number.isNaN(number)) return { ok: false, error: 'NaN values not permitted' };
  if (number < 0) return { ok: false, error: 'time in seconds should be positive' };
  const rounded = Math.round((number - Math.floor(number)) * 1_000_000);
  const whole = Math.floor(number) + (rounded === 1_000_000 ? 1 : 0);
  const microsecond = rounded % 1_000_000;
  if (whole >= secondsPerDay) return { ok: false, error: 'numeric times may not exceed 86,399 seconds' };
  const hour = Math.floor(whole / 3600);
  const fields = { hour, minute: Math.floor((whole % 3600) / 60), second: whole % 60, microsecond, offsetSeconds: 0 };
  return { ok: true, value: new TimeOfDay(fields) };
}

function numberOf(input: unknown): number | undefined {
  if (typeof input === 'number') return input;
  if (typeof input === 'bigint') return Number(input);
  if (input instanceof Decimal) return Number(input);
  return input instanceof Float ? input.value : undefined;
}
