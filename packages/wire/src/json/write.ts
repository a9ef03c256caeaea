import { Float, formatPythonFloat } from '../values/float.ts';
import { keysOf } from './key-order.ts';
import { isRecord } from './record.ts';

/**
 * JSON text of any value that this package hands out, as FastAPI echoes it: Float as `1.0`, bigint exactly, keys in the
 * order in which they were sent. What JSON cannot hold never fails: NaN and infinities are null, lone surrogates are
 * escaped. Objects with `toJSON` are asked.
 */
export function stringifyEcho(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return formatNumber(value);
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  return isRecord(value) ? stringifyObject(value) : 'null';
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

function stringifyObject(value: Record<string, unknown>): string {
  if (value instanceof Float) return formatFloat(value.value);
  if (Array.isArray(value)) return `[${value.map(stringifyEcho).join(',')}]`;
  if (typeof value.toJSON === 'function') return stringifyEcho(value.toJSON());
  const members: string[] = [];
  for (const key of keysOf(value)) {
    const member = value[key];
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${stringifyEcho(member)}`);
  }
  return `{${members.join(',')}}`;
}
