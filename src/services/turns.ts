/**
 * Lets whoever waits come first. The work of a login between two of its waits is half a millisecond of the event loop where
 * hashing has emptied the caches; what arrives meanwhile waits for one part of it then, not for all.
 *
 * Twice, because an answer is handled in the loop's poll phase: the first turn comes in the check phase after it, and only
 * before the second one are the sockets looked at (nodejs.org/en/learn/asynchronous-work/event-loop-timers-and-nexttick).
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(() => setImmediate(resolve)));
}
