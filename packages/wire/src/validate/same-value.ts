import { CalendarDate, DateTime, TimeOfDay } from '../values/date-time.ts';
import { Decimal } from '../values/decimal.ts';
import { Duration } from '../values/duration.ts';
import { Float } from '../values/float.ts';

/**
 * A key that two values share exactly when Python's `==` and `hash` take them for the same: True, 1, 1.0 and Decimal(1)
 * are one; an aware datetime is its instant. Undefined for what cannot be in a set: lists, dictionaries.
 */
export function sameValueKey(value: unknown): unknown {
  if (typeof value === 'string') return `"${value}`;
  if (typeof value === 'boolean') return Number(value);
  if (value instanceof Float) return sameValueKey(value.value);
  // A NaN equals nothing, not even itself; each stays.
  if (typeof value === 'number') return Number.isNaN(value) ? Symbol('nan') : value + 0;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (value === null) return null;
  if (value instanceof Decimal) return decimalKey(value);
  if (value instanceof DateTime && value.offsetSeconds !== null) {
    return `instant ${value.epochSeconds} ${value.microsecond}`;
  }
  if (value instanceof DateTime || value instanceof TimeOfDay) return `moment ${value.toString()}`;
  if (value instanceof CalendarDate) return `date ${value.toString()}`;
  return value instanceof Duration ? `duration ${value.totalMicroseconds}` : undefined;
}

function decimalKey(value: Decimal): unknown {
  const plain = value.normalize();
  const number = Number(plain.toString());
  return plain.exponent >= 0 && Number.isSafeInteger(number) ? number + 0 : `decimal ${plain.toString()}`;
}
