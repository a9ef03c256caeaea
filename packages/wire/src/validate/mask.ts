import type { ErrorItem } from '../errors.ts';
import { copyKeyOrder, keepsKeyOrder, keysOf, setOwn } from '../json/key-order.ts';
import { stringifyEcho } from '../json/write.ts';
import { ByteText } from '../values/byte-text.ts';
import { isJsonObject } from './object.ts';
import type { JsonSchema } from './schema.ts';
import { isSchema, wireRulesOf } from './schema.ts';

const mask = '**********';

/** Names of properties: those that are marked `x-wire: { secret: true }`, and all that the schemas declare. */
export interface SecretNames {
  readonly secret: ReadonlySet<string>;
  readonly declared: ReadonlySet<string>;
}

/** Undefined: nothing in the schemas is secret. */
export function secretNames(schemas: readonly JsonSchema[]): SecretNames | undefined {
  const secret = new Set<string>();
  const declared = new Set<string>();
  const visited = new Set<object>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || visited.has(value)) return;
    visited.add(value);
    if (isSchema(value) && isSchema(value.properties)) {
      for (const [name, property] of Object.entries(value.properties)) {
        declared.add(name);
        if (isSchema(property) && wireRulesOf(property, '').secret === true) secret.add(name);
      }
    }
    Object.values(value).forEach(visit);
  };
  schemas.forEach(visit);
  return secret.size === 0 ? undefined : { secret, declared };
}

/**
 * The items with every secret masked: the value of a secret property, such a property inside a larger echoed value at
 * any depth, and text that was sent where an object with secrets was expected (it may be that object, badly encoded). Where one
 * is missing, members that nothing declares are masked as well: one of them may be it, misspelt.
 */
export function maskSecrets(items: readonly ErrorItem[], { secret, declared }: SecretNames): ErrorItem[] {
  const lacksSecret = items.some(({ type, loc }) => type === 'missing' && loc.some((step) => secret.has(String(step))));
  const isMasked = (name: string): boolean => secret.has(name) || (lacksSecret && !declared.has(name));
  return items.map((item) => {
    const isSecret = item.type !== 'missing' && item.loc.some((step) => secret.has(String(step)));
    const expectsMore = item.type === 'model_attributes_type' || item.loc.length === 1;
    const isText = typeof item.input === 'string' || item.input instanceof ByteText;
    const isWholeText = expectsMore && isText;
    return { ...item, input: isSecret || isWholeText ? mask : maskWithin(item.input, isMasked) };
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

function maskWithin(value: unknown, isMasked: (name: string) => boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => maskWithin(item, isMasked));
  if (!isJsonObject(value)) return value;
  const masked: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    setOwn(masked, key, isMasked(key) ? mask : maskWithin(member, isMasked));
  }
  copyKeyOrder(value, masked);
  return masked;
}
