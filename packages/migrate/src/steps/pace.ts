/** How fast a long step goes, and how long it may still take. */
export interface Pace {
  /** Since this run began with the step; null: too soon to tell. */
  perSecond: number | null;
  /** Null: nobody knows how much there is, or how fast it goes. */
  etaSeconds: number | null;
}

/** `total` is an estimate: what is done beyond it counts as nothing left. */
export function paceOf(progress: { done: number; total: number | null; elapsedMs: number; earlier?: number }): Pace {
  const { done, total, elapsedMs, earlier = 0 } = progress;
  const perSecond = elapsedMs > 0 && done > 0 ? (done * 1000) / elapsedMs : null;
  if (total === null || perSecond === null) return { perSecond, etaSeconds: null };
  return { perSecond, etaSeconds: Math.max(0, total - earlier - done) / perSecond };
}
