// JavaScript lists integer-like keys first; Python keeps the order in which keys were sent, and a 422 echoes it.
const sentKeys = Symbol('sentKeys');

/** From so many keys on, what an object lists is worth remembering: V8 sorts them anew whenever it is asked. */
export const manyKeys = 1000;

/** Records the order in which the keys of `object` were sent. Needed when one of them looks like an array index. */
export function rememberKeyOrder(object: object, keys: readonly string[]): void {
  Object.defineProperty(object, sentKeys, { value: keys, enumerable: false });
}

/** The object's own keys in the order in which they were sent. */
export function keysOf(object: object): readonly string[] {
  // rememberKeyOrder is the only writer of this symbol.
  const kept = (object as { [sentKeys]?: readonly string[] })[sentKeys];
  return kept ?? Object.keys(object);
}

/** Whether the order in which the keys were sent differs from the one that JavaScript lists them in. */
export function keepsKeyOrder(object: object): boolean {
  return sentKeys in object;
}

/** Lets `to`, which has the same keys, list them in the order of `from`. */
export function copyKeyOrder(from: object, to: object): void {
  if (sentKeys in from) rememberKeyOrder(to, keysOf(from));
}

/** Sets an own property even when the key is `__proto__`, which plain assignment would take for the prototype. */
export function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    object[key] = value;
  }
}

/** Whether JavaScript would move this key to the front. */
export function isIndexKey(key: string): boolean {
  // Most keys are told by their first character, which costs less than the pattern.
  const first = key.charCodeAt(0);
  return first >= 0x30 && first <= 0x39 && /^(?:0|[1-9]\d{0,9})$/.test(key);
}
