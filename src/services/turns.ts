/**
 * Lets whoever waits come first. The work of a login between two of its waits is half a millisecond of the event loop where
 * hashing has emptied the caches; what arrives meanwhile waits for one part of it then, not for all.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
