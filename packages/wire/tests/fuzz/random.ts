/** A stream of numbers that a seed determines (xorshift with multiplication, 32 bits at a time). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ 0xc2b2ae35) >>> 0 || 1;
    for (let round = 0; round < 8; round += 1) this.#next();
  }

  /** An integer from 0 to `below` - 1. */
  below(below: number): number {
    return Math.floor((this.#next() / 2 ** 32) * below);
  }

  between(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  /** True once in `of` on average. */
  oneIn(of: number): boolean {
    return this.below(of) === 0;
  }

  pick<T>(list: readonly T[]): T {
    const item = list[this.below(list.length)];
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the index is within a list that is not empty
    return item as T;
  }

  /** A pick in which each entry stands as often as its weight says. */
  weighted<T>(entries: readonly (readonly [number, T])[]): T {
    let left = this.below(entries.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, item] of entries) {
      left -= weight;
      if (left < 0) return item;
    }
    throw new RangeError('nothing to pick from');
  }

  /** `count` different items at most. */
  several<T>(list: readonly T[], count: number): T[] {
    const rest = [...list];
    const taken: T[] = [];
    while (taken.length < count && rest.length > 0) taken.push(...rest.splice(this.below(rest.length), 1));
    return taken;
  }

  #next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return Math.imul(this.#state, 0x9e3779b1) >>> 0;
  }
}
