import { Float, formatPythonFloat } from '../values/float.ts';
import { keysOf } from './key-order.ts';

/**
 * JSON text of any value that this package hands out, as FastAPI echoes it: Float as `1.0`, bigint exactly, keys in the
 * order in which they were sent. What JSON cannot hold never fails: NaN and infinities are null, lone surrogates are
 * escaped. Objects with `toJSON` are asked.
 */
export function stringifyEcho(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      return formatNumber(value);
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'object':
      return value === null ? 'null' : stringifyObject(value);
    case 'undefined':
    case 'function':
    case 'symbol':
      return 'null';
  }
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

function stringifyObject(value: object): string {
  if (value instanceof Float) return formatFloat(value.value);
  if (Array.isArray(value)) return `[${value.map(stringifyEcho).join(',')}]`;
  if ('toJSON' in value && typeof value.toJSON === 'function') return stringifyEcho(value.toJSON());
  const members: string[] = [];
  for (const key of keysOf(value)) {
    const member: unknown = (value as Record<string, unknown>)[key]; // keysOf lists own string keys only
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${stringifyEcho(member)}`);
  }
  return `{${members.join(',')}}`;
}
