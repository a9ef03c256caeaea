/** Also the shortest time that a timer of Node's has (nodejs.org/api/timers.html). */
const pauseMs = 1;

/**
 * Lets whoever waits come first. The work of a login between two of its waits is half a millisecond of the event loop where
 * hashing has emptied the caches; what arrives meanwhile waits for one part of it then, not for all.
 *
 * A pause and not the next iteration of the event loop, which would come at once: this thread gives its core away, so that a
 * database process that was woken on it can answer (docs/adr/0016-logins-give-way.md).
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, pauseMs));
}
