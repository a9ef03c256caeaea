import { DateTime } from '../values/date-time.ts';
import { Float, formatPythonFloat } from '../values/float.ts';
import { keepsKeyOrder, keysOf } from './key-order.ts';
import { isRecord } from './record.ts';

/**
 * JSON text of any value that this package hands out, as FastAPI echoes it: Float as `1.0`, bigint exactly, keys in the
 * order in which they were sent. What JSON cannot hold never fails: NaN and infinities are null, lone surrogates are
 * escaped. Objects with `toJSON` are asked.
 */
export function stringifyEcho(value: unknown): string {
  // Looked at once for the whole value, never again on the way down: that would be quadratic in the depth.
  return isRecord(value) && isPlain(value) ? JSON.stringify(value) : writeValue(value);
}

/** A Python int when integral, a float otherwise. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value)) return Number.isSafeInteger(value) ? String(value) : BigInt(value).toString();
  return formatFloat(value);
}

/** A Python float: `1.0`, `1e+16`; null when it is not finite. */
export function formatFloat(value: number): string {
  return Number.isFinite(value) ? formatPythonFloat(value) : 'null';
}

/** Whether JSON.stringify writes the same text, several times faster: it differs on floats, bigint and sent key order. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value);
  if (!isRecord(value)) return typeof value !== 'bigint';
  if (Array.isArray(value)) return value.every(isPlain);
  // A date of this package writes itself as a text; what anything else with toJSON writes is looked at again.
  if (typeof value.toJSON === 'function') return value instanceof DateTime;
  if (keepsKeyOrder(value)) return false;
  for (const key in value) {
    if (!isPlain(value[key])) return false;
  }
  return true;
}

function writeValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return formatNumber(value);
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  return isRecord(value) ? writeObject(value) : 'null';
}

function writeObject(value: Record<string, unknown>): string {
  if (value instanceof Float) return formatFloat(value.value);
  if (Array.isArray(value)) return `[${value.map(writeValue).join(',')}]`;
  if (typeof value.toJSON === 'function') return writeValue(value.toJSON());
  let members = '';
  for (const key of keysOf(value)) {
    const member = value[key];
    if (member === undefined) continue;
    members += `${members === '' ? '' : ','}${JSON.stringify(key)}:${writeValue(member)}`;
  }
  return `{${members}}`;
}
