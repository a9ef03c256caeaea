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

/**
 * The largest difference between the shares of the two groups that are shorter than some time (Kolmogorov and Smirnov's D; 0
 * to 1). It also sees what leaves the middle where it is: a group that is half fast and half slow against one in between.
 */
export function largestGap(first: readonly number[], second: readonly number[]): number {
  const [a, b] = [first.toSorted((x, y) => x - y), second.toSorted((x, y) => x - y)];
  let [inA, inB, gap] = [0, 0, 0];
  while (inA < a.length && inB < b.length) {
    const time = Math.min(a[inA] ?? 0, b[inB] ?? 0);
    while (a[inA] === time) inA += 1;
    while (b[inB] === time) inB += 1;
    gap = Math.max(gap, Math.abs(inA / a.length - inB / b.length));
  }
  return gap;
}

/** The gap that chance alone exceeds once in sixteen thousand runs of `count` samples a group. */
export function gapTolerance(count: number): number {
  return Math.sqrt((Math.log(2 * 16_000) / 2) * (2 / count));
}
