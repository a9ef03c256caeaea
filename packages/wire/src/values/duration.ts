import type { Parsed } from './parse-temporal.ts';

const secondsPerDay = 86_400;
const maxDays = 999_999_999;

/** Python's `timedelta`: microseconds, both ways from zero. Immutable. */
export class Duration {
  readonly negative: boolean;
  /** The magnitude: days, seconds below a day, microseconds below a second. */
  readonly days: number;
  readonly seconds: number;
  readonly microseconds: number;

  constructor(fields: { negative: boolean; days: number; seconds: number; microseconds: number }) {
    this.negative = fields.negative;
    this.days = fields.days;
    this.seconds = fields.seconds;
    this.microseconds = fields.microseconds;
    Object.freeze(this);
  }

  /** From any mixture of units; an error text beyond what a timedelta holds. */
  static from(parts: { negative: boolean; days?: number; seconds?: number; microseconds?: number }): Parsed<Duration> {
    const { negative, days = 0, seconds = 0, microseconds = 0 } = parts;
    const wholeSeconds = seconds + Math.floor(microseconds / 1_000_000);
    const allDays = days + Math.floor(wholeSeconds / secondsPerDay);
    // Python keeps days as a negative number below positive seconds, so the negative end is one step shorter.
    const rest = { seconds: wholeSeconds % secondsPerDay, microseconds: microseconds % 1_000_000 };
    const tooLong = !(allDays <= maxDays) || (negative && allDays === maxDays && rest.seconds + rest.microseconds > 0);
    if (tooLong) return { ok: false, error: 'durations may not exceed 999,999,999 days' };
    const isZero = allDays + rest.seconds + rest.microseconds === 0;
    return { ok: true, value: new Duration({ negative: negative && !isZero, days: allDays, ...rest }) };
  }

  get totalMicroseconds(): bigint {
    const magnitude = BigInt(this.days * secondsPerDay + this.seconds) * 1_000_000n + BigInt(this.microseconds);
    return this.negative ? -magnitude : magnitude;
  }

  /** Python's `total_seconds()`. */
  get totalSeconds(): number {
    const magnitude = this.days * secondsPerDay + this.seconds + this.microseconds / 1_000_000;
    return this.negative ? -magnitude : magnitude;
  }

  /** ISO 8601 as Pydantic writes it: a year is 365 days, weeks and months do not occur. */
  toString(): string {
    const years = Math.floor(this.days / 365);
    const days = this.days % 365;
    const date = `${years === 0 ? '' : `${years}Y`}${days === 0 ? '' : `${days}D`}`;
    const hours = Math.floor(this.seconds / 3600);
    const minutes = Math.floor((this.seconds % 3600) / 60);
    const fraction = this.microseconds === 0 ? '' : `.${String(this.microseconds).padStart(6, '0').replace(/0+$/, '')}`;
    const seconds = this.seconds % 60 === 0 && fraction === '' ? '' : `${this.seconds % 60}${fraction}S`;
    const time = `${hours === 0 ? '' : `${hours}H`}${minutes === 0 ? '' : `${minutes}M`}${seconds}`;
    if (date === '' && time === '') return 'PT0S';
    return `${this.negative ? '-' : ''}P${date}${time === '' ? '' : `T${time}`}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** A bound in Pydantic's words: `1 day and 5 seconds`. */
export function durationInWords(duration: Duration): string {
  // pydantic-core takes the parts of a normalised timedelta: its days carry the sign.
  let { days, seconds, microseconds } = duration;
  if (duration.negative) {
    const total = -duration.totalMicroseconds;
    const perDay = BigInt(secondsPerDay) * 1_000_000n;
    days = -Number((total + perDay - 1n) / perDay);
    const rest = BigInt(-days) * perDay - total;
    seconds = Number(rest / 1_000_000n);
    microseconds = Number(rest % 1_000_000n);
  }
  const parts = [
    [days, 'day'],
    [Math.floor(seconds / 3600), 'hour'],
    [Math.floor((seconds % 3600) / 60), 'minute'],
    [seconds % 60, 'second'],
    [microseconds, 'microsecond'],
  ] as const;
  const words = parts
    .filter(([count]) => count !== 0)
    .map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`);
  return words.length === 0 ? '0 seconds' : words.join(' and ');
}
