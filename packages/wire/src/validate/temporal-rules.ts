import type { YearMonthDay } from '../values/calendar.ts';
import { daysFromDate } from '../values/calendar.ts';
import type { DateTime } from '../values/date-time.ts';
import { CalendarDate, TimeOfDay } from '../values/date-time.ts';
import { parseDateText, parseDateTimeText, parseTimeText } from '../values/parse-temporal.ts';
import type { Refusal } from './run.ts';
import type { NamedType, WireRules } from './schema.ts';
import { UnsupportedSchemaError } from './schema.ts';

/** What is wrong with a value that could be read; undefined when nothing is. */
export type RefusalOf<T> = (value: T) => Refusal | undefined;

/** Bounds, `AwareDatetime`, `PastDatetime` and their opposites; undefined when there are none. */
export function compileDateTimeRules(rules: WireRules, pointer: string): RefusalOf<DateTime> | undefined {
  const bounds = compileOrder(rules, (text) => {
    const parsed = parseDateTimeText(text);
    if (!parsed.ok) throw new UnsupportedSchemaError(pointer, `${text} is no datetime`);
    return { value: parsed.value, shown: parsed.value.toString(), compare: compareDateTimes };
  });
  return inOrder(bounds, dateTimeTypes[rules.type ?? 'tuple']);
}

export function compileDateRules(rules: WireRules, pointer: string): RefusalOf<CalendarDate> | undefined {
  const bounds = compileOrder<CalendarDate, YearMonthDay>(rules, (text) => {
    const parsed = parseDateText(text);
    if (!parsed.ok) throw new UnsupportedSchemaError(pointer, `${text} is no date`);
    return {
      value: parsed.value,
      shown: new CalendarDate(parsed.value).toString(),
      compare: (a, b) => daysFromDate(a) - daysFromDate(b),
    };
  });
  return inOrder(bounds, dateTypes[rules.type ?? 'tuple']);
}

export function compileTimeRules(rules: WireRules, pointer: string): RefusalOf<TimeOfDay> | undefined {
  return compileOrder(rules, (text) => {
    const parsed = parseTimeText(text);
    if (!parsed.ok) throw new UnsupportedSchemaError(pointer, `${text} is no time`);
    return { value: parsed.value, shown: new TimeOfDay(parsed.value).toString(), compare: compareTimes };
  });
}

interface Limit<T, L> {
  value: L;
  shown: string;
  /** Negative, zero or positive as `value` is below, equal to or above the limit. */
  compare: (value: T, limit: L) => number;
}

/** The bounds `le`, `lt`, `ge`, `gt` in Pydantic's order, over anything that has an order. */
export function compileOrder<T, L>(rules: WireRules, limitOf: (text: string) => Limit<T, L>): RefusalOf<T> | undefined {
  const bounds = orders.flatMap(({ key, phrase, type, holds }) => {
    const text = rules[key];
    if (text === undefined) return [];
    const limit = limitOf(text);
    const refusal = { type, msg: `Input should be ${phrase} ${limit.shown}`, ctx: { [key]: limit.shown } };
    return [{ refusal, accepts: (value: T) => holds(limit.compare(value, limit.value)) }];
  });
  return bounds.length === 0 ? undefined : (value) => bounds.find((bound) => !bound.accepts(value))?.refusal;
}

/** Pydantic checks bounds in this order. */
export const orders = [
  {
    key: 'le',
    keyword: 'maximum',
    phrase: 'less than or equal to',
    type: 'less_than_equal',
    holds: (order: number) => order <= 0,
  },
  {
    key: 'lt',
    keyword: 'exclusiveMaximum',
    phrase: 'less than',
    type: 'less_than',
    holds: (order: number) => order < 0,
  },
  {
    key: 'ge',
    keyword: 'minimum',
    phrase: 'greater than or equal to',
    type: 'greater_than_equal',
    holds: (order: number) => order >= 0,
  },
  {
    key: 'gt',
    keyword: 'exclusiveMinimum',
    phrase: 'greater than',
    type: 'greater_than',
    holds: (order: number) => order > 0,
  },
] as const;

function inOrder<T>(first: RefusalOf<T> | undefined, second: RefusalOf<T> | undefined): RefusalOf<T> | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return (value) => first(value) ?? second(value);
}

/** speedate compares instants when both have an offset, else the fields as they stand. */
function compareDateTimes(value: DateTime, limit: DateTime): number {
  const bothAware = value.offsetSeconds !== null && limit.offsetSeconds !== null;
  const [a, b] = bothAware ? [value, limit] : [value.toNaive(), limit.toNaive()];
  return a.epochSeconds - b.epochSeconds || a.microsecond - b.microsecond;
}

interface TimeFields {
  hour: number;
  minute: number;
  second: number;
  microsecond: number;
  offsetSeconds: number | null;
}

function compareTimes(value: TimeFields, limit: TimeFields): number {
  const shift = value.offsetSeconds !== null && limit.offsetSeconds !== null;
  const seconds = (time: TimeFields): number =>
    time.hour * 3600 + time.minute * 60 + time.second - (shift ? (time.offsetSeconds ?? 0) : 0);
  return seconds(value) - seconds(limit) || value.microsecond - limit.microsecond;
}

const dateTimeTypes: Partial<Record<NamedType, RefusalOf<DateTime>>> = {
  AwareDatetime: (value) =>
    value.offsetSeconds === null ? { type: 'timezone_aware', msg: 'Input should have timezone info' } : undefined,
  NaiveDatetime: (value) =>
    value.offsetSeconds === null ? undefined : { type: 'timezone_naive', msg: 'Input should not have timezone info' },
  PastDatetime: (value) =>
    compareWithNow(value) < 0 ? undefined : { type: 'datetime_past', msg: 'Input should be in the past' },
  FutureDatetime: (value) =>
    compareWithNow(value) > 0 ? undefined : { type: 'datetime_future', msg: 'Input should be in the future' },
};

const dateTypes: Partial<Record<NamedType, RefusalOf<CalendarDate>>> = {
  PastDate: (value) =>
    daysFromDate(value) < today() ? undefined : { type: 'date_past', msg: 'Date should be in the past' },
  FutureDate: (value) =>
    daysFromDate(value) > today() ? undefined : { type: 'date_future', msg: 'Date should be in the future' },
};

/** A naive value is taken as UTC, as on a server that runs in UTC. */
function compareWithNow(value: DateTime): number {
  const now = Date.now();
  const nowMicrosecond = (now % 1000) * 1000;
  return value.epochSeconds - Math.floor(now / 1000) || value.microsecond - nowMicrosecond;
}

function today(): number {
  return Math.floor(Date.now() / 86_400_000);
}
