import type { ErrorItem } from '../errors.ts';
import { copyKeyOrder, keepsKeyOrder, keysOf, setOwn } from '../json/key-order.ts';
import { stringifyEcho } from '../json/write.ts';
import { ByteText } from '../values/byte-text.ts';
import { isJsonObject } from './object.ts';
import type { JsonSchema } from './schema.ts';
import { isSchema, wireRulesOf } from './schema.ts';

const mask = '**********';

/** The names of all properties in the schemas that are marked `x-wire: { secret: true }`. */
export function secretNames(schemas: readonly JsonSchema[]): ReadonlySet<string> {
  const names = new Set<string>();
  const visited = new Set<object>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || visited.has(value)) return;
    visited.add(value);
    if (isSchema(value) && isSchema(value.properties)) {
      for (const [name, property] of Object.entries(value.properties)) {
        if (isSchema(property) && wireRulesOf(property, '').secret === true) names.add(name);
      }
    }
    Object.values(value).forEach(visit);
  };
  schemas.forEach(visit);
  return names;
}

/**
 * The items with every secret masked: the value of a secret property, such a property inside a larger echoed value at
 * any depth, and text that was sent where an object with secrets was expected (it may be that object, badly encoded).
 */
export function maskSecrets(items: readonly ErrorItem[], names: ReadonlySet<string>): ErrorItem[] {
  return items.map((item) => {
    const isSecret = item.type !== 'missing' && item.loc.some((step) => names.has(String(step)));
    const expectsMore = item.type === 'model_attributes_type' || item.loc.length === 1;
    const isText = typeof item.input === 'string' || item.input instanceof ByteText;
    const isWholeText = expectsMore && isText;
    return { ...item, input: isSecret || isWholeText ? mask : maskWithin(item.input, names) };
  });
}

/**
 * The items with the echoes that fit into `maxLength` characters of JSON altogether; further ones are null. Without a
 * bound a small request can ask for an answer many times its size: every missing field echoes the whole object.
 */
export function boundEchoes(items: readonly ErrorItem[], maxLength: number): ErrorItem[] {
  let left = maxLength;
  return items.map((item) => {
    if (left > 0) left -= leastLength(item.input) > left ? left : stringifyEcho(item.input).length;
    return left > 0 ? item : { ...item, input: null };
  });
}

/** What the JSON of a large value has at least, without writing it. */
function leastLength(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (Array.isArray(value)) return 2 * value.length;
  // A quoted name, a colon, a value and a comma.
  return isJsonObject(value) && keepsKeyOrder(value) ? 5 * keysOf(value).length : 0;
}

function maskWithin(value: unknown, names: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => maskWithin(item, names));
  if (!isJsonObject(value)) return value;
  const masked: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    setOwn(masked, key, names.has(key) ? mask : maskWithin(member, names));
  }
  copyKeyOrder(value, masked);
  return masked;
}
