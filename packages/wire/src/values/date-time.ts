import { dateFromDays, daysFromDate } from './calendar.ts';

export interface TimeFields {
  hour: number;
  minute: number;
  second: number;
  microsecond: number;
  /** Seconds east of UTC; null is a naive value. */
  offsetSeconds: number | null;
}

export interface DateTimeFields extends TimeFields {
  year: number;
  month: number;
  day: number;
}

/** An immutable calendar date. */
export class CalendarDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;

  constructor(fields: { year: number; month: number; day: number }) {
    this.year = fields.year;
    this.month = fields.month;
    this.day = fields.day;
    Object.freeze(this);
  }

  toString(): string {
    return `${pad(this.year, 4)}-${pad(this.month, 2)}-${pad(this.day, 2)}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** An immutable time of day, naive or with an offset. */
export class TimeOfDay implements TimeFields {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly microsecond: number;
  readonly offsetSeconds: number | null;

  constructor(fields: TimeFields) {
    this.hour = fields.hour;
    this.minute = fields.minute;
    this.second = fields.second;
    this.microsecond = fields.microsecond;
    this.offsetSeconds = fields.offsetSeconds;
    Object.freeze(this);
  }

  toString(): string {
    return formatTime(this);
  }

  toJSON(): string {
    return this.toString();
  }
}

/**
 * A date and time with microseconds, read-only (not frozen: that costs as much as reading one), naive (`offsetSeconds` null) or with an offset from UTC.
 * `toString()` is Pydantic's wire form: no fraction when the microseconds are zero, six digits otherwise, `Z` for UTC.
 */
export class DateTime implements DateTimeFields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly microsecond: number;
  readonly offsetSeconds: number | null;

  constructor(fields: DateTimeFields) {
    this.year = fields.year;
    this.month = fields.month;
    this.day = fields.day;
    this.hour = fields.hour;
    this.minute = fields.minute;
    this.second = fields.second;
    this.microsecond = fields.microsecond;
    this.offsetSeconds = fields.offsetSeconds;
  }

  /** The instant of a JavaScript Date, in UTC. */
  static fromDate(date: Date): DateTime {
    const milliseconds = date.getTime();
    return DateTime.fromEpoch(Math.floor(milliseconds / 1000), (((milliseconds % 1000) + 1000) % 1000) * 1000);
  }

  /** Seconds and microseconds since 1970-01-01T00:00:00Z, as a value in UTC. */
  static fromEpoch(epochSeconds: number, microsecond: number): DateTime {
    const days = Math.floor(epochSeconds / 86_400);
    const rest = epochSeconds - days * 86_400;
    return new DateTime({
      ...dateFromDays(days),
      hour: Math.floor(rest / 3600),
      minute: Math.floor((rest % 3600) / 60),
      second: rest % 60,
      microsecond,
      offsetSeconds: 0,
    });
  }

  /**
   * The same instant in UTC (a naive value is taken as UTC).
   * `undefined` when the offset moves it out of the years 1–9999, which neither Python nor ISO 8601 text can hold.
   */
  toUtc(): DateTime | undefined {
    const utc = DateTime.fromEpoch(this.epochSeconds, this.microsecond);
    return utc.year >= 1 && utc.year <= 9999 ? utc : undefined;
  }

  /** The same calendar fields without an offset. */
  toNaive(): DateTime {
    const { year, month, day, hour, minute, second, microsecond } = this;
    return new DateTime({ year, month, day, hour, minute, second, microsecond, offsetSeconds: null });
  }

  /** Whole seconds since 1970-01-01T00:00:00Z; a naive value is taken as UTC. */
  get epochSeconds(): number {
    const time = this.hour * 3600 + this.minute * 60 + this.second;
    return daysFromDate(this) * 86_400 + time - (this.offsetSeconds ?? 0);
  }

  toString(): string {
    return `${pad(this.year, 4)}-${pad(this.month, 2)}-${pad(this.day, 2)}T${formatTime(this)}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

function formatTime(time: TimeFields): string {
  const fraction = time.microsecond === 0 ? '' : `.${pad(time.microsecond, 6)}`;
  return `${pad(time.hour, 2)}:${pad(time.minute, 2)}:${pad(time.second, 2)}${fraction}${formatOffset(time.offsetSeconds)}`;
}

function formatOffset(seconds: number | null): string {
  if (seconds === null) return '';
  if (seconds === 0) return 'Z';
  const minutes = Math.floor(Math.abs(seconds) / 60);
  return `${seconds < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60), 2)}:${pad(minutes % 60, 2)}`;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
