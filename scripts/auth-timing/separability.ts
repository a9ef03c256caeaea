/**
 * How well one can tell two groups of times apart: the chance that a time of the first group is longer than one of the second
 * (Mann and Whitney's U over all pairs; 0.5 is not at all, 0 and 1 always). It asks nothing of the distribution, and a whole
 * second of noise in one sample counts as one sample.
 */
export function separability(first: readonly number[], second: readonly number[]): number {
  const all = [
    ...first.map((value) => ({ value, isFirst: true })),
    ...second.map((value) => ({ value, isFirst: false })),
  ].toSorted((a, b) => a.value - b.value);
  let rankSum = 0;
  for (let at = 0; at < all.length; ) {
    let end = at;
    while (end < all.length && all[end]?.value === all[at]?.value) end += 1;
    // Equal times share their middle rank.
    const rank = (at + end + 1) / 2;
    for (; at < end; at += 1) if (all[at]?.isFirst) rankSum += rank;
  }
  const pairs = first.length * second.length;
  return (rankSum - (first.length * (first.length + 1)) / 2) / pairs;
}

/**
 * What counts as not separable, for `count` samples a group: within four standard errors of 0.5, which chance leaves once in
 * sixteen thousand runs.
 */
export function tolerance(count: number): number {
  return 4 * Math.sqrt((2 * count + 1) / (12 * count * count));
}
