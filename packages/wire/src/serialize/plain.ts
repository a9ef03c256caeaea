import { keysOf, rememberKeyOrder, setOwn } from '../json/key-order.ts';
import { stringifyEcho } from '../json/write.ts';
import { isJsonObject } from '../validate/object.ts';
import { DateTime, TimeOfDay } from '../values/date-time.ts';
import { Decimal } from '../values/decimal.ts';
import { Duration } from '../values/duration.ts';
import { Float } from '../values/float.ts';

/**
 * JSON text of a value that a route without a response model returns: FastAPI's own encoders write it, not Pydantic's.
 * UTC is `+00:00`, a duration its seconds, a Decimal a number.
 */
export function stringifyPlain(value: unknown): string {
  return stringifyEcho(plainOf(value));
}

/** The value with FastAPI's own encoders applied: what {@link stringifyPlain} writes, and what a 422 echoes of a default. */
export function plainOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainOf);
  if (value instanceof DateTime || value instanceof TimeOfDay) return isoFormat(value);
  if (value instanceof Duration) return new Float(value.totalSeconds);
  if (value instanceof Decimal) return numberOf(value);
  if (!isJsonObject(value)) return value;
  const object: Record<string, unknown> = {};
  for (const key of keysOf(value)) setOwn(object, key, plainOf(value[key]));
  rememberKeyOrder(object, keysOf(value));
  return object;
}

/** Python's `isoformat()`: an offset is never `Z` and may have seconds. */
function isoFormat(moment: DateTime | TimeOfDay): string {
  const { offsetSeconds } = moment;
  if (offsetSeconds === null) return moment.toString();
  const magnitude = Math.abs(offsetSeconds);
  const parts = [Math.floor(magnitude / 3600), Math.floor((magnitude % 3600) / 60), magnitude % 60];
  if (parts[2] === 0) parts.pop();
  const offset = parts.map((part) => String(part).padStart(2, '0')).join(':');
  return `${moment.toString().replace(/(?:Z|[+-]\d\d:\d\d)$/, '')}${offsetSeconds < 0 ? '-' : '+'}${offset}`;
}

/** An int without decimal places, else a float. */
function numberOf(value: Decimal): unknown {
  if (value.exponent < 0) return new Float(Number(value.toString()));
  return BigInt(`${value.negative ? '-' : ''}${value.digits}${'0'.repeat(value.exponent)}`);
}
