/** The middle value; of an even count the mean of the two in the middle. Throws TypeError for an empty list. */
export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** Linear between ranks; `rank` from 0 to 100. Throws TypeError for an empty list. */
export function percentile(values: readonly number[], rank: number): number {
  const sorted = Float64Array.from(values).toSorted();
  const position = ((sorted.length - 1) * rank) / 100;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) throw new TypeError('no values');
  return below + (above - below) * (position - Math.floor(position));
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}
