/** Events in the order of their time, then of their making; a run with one seed is the same run. */
export interface Clock {
  /** Seconds since the start. */
  readonly now: number;
  /** Does nothing when the run is over by then. */
  at(time: number, event: () => void): void;
  /** Runs events until none is left, `isOver` says so, or the end is reached. */
  run(isOver: () => boolean): void;
}

interface Entry {
  time: number;
  order: number;
  event: () => void;
}

export function createClock(endSeconds: number): Clock {
  const heap: Entry[] = [];
  let now = 0;
  let made = 0;
  return {
    get now() {
      return now;
    },
    at(time, event) {
      if (time > endSeconds) return;
      made += 1;
      push(heap, { time: Math.max(time, now), order: made, event });
    },
    run(isOver) {
      for (let next = pop(heap); next !== undefined && !isOver(); next = pop(heap)) {
        now = next.time;
        next.event();
      }
    },
  };
}

function push(heap: Entry[], entry: Entry): void {
  let place = heap.length;
  heap.push(entry);
  while (place > 0) {
    const above = (place - 1) >> 1;
    const parent = heap[above];
    if (parent === undefined || !isBefore(entry, parent)) break;
    heap[place] = parent;
    place = above;
  }
  heap[place] = entry;
}

function pop(heap: Entry[]): Entry | undefined {
  const [first] = heap;
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let place = 0;
  for (;;) {
    const left = 2 * place + 1;
    const [a, b] = [heap[left], heap[left + 1]];
    if (a === undefined) break;
    const [child, least] = b !== undefined && isBefore(b, a) ? [left + 1, b] : [left, a];
    if (!isBefore(least, last)) break;
    heap[place] = least;
    place = child;
  }
  heap[place] = last;
  return first;
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
