/** What a run saw, counted as it happens. */
export interface Tallies {
  /** Refresh tokens presented by their owners. */
  refreshes: number;
  answered: number;
  lost: number;
  /** No answer, or a 5xx: tried again. */
  unavailable: number;
  sessions: number;
  /** Owners whose refresh was refused although nobody had ended their session. */
  wrongful: string[];
  /**
   * The same, after the machine had let one of their requests wait for half the window: such a request looks like a thief's
   * when it arrives at last. Says how busy the machine was, not how good the policy is.
   */
  overwhelmed: number;
  /** Sessions that were ended on purpose, among refreshes. */
  ended: number;
  /** Tokens that worked after the end of their session had been acknowledged. */
  survivors: string[];
  thieves: number;
  caught: number;
  /** The longest time from sending a refresh to its answer. */
  slowestMs: number;
  restarts: number;
  clockSteps: number;
  /** Statuses that no client should ever see. */
  unexpected: string[];
}

export function createTallies(): Tallies {
  return {
    ...{
      refreshes: 0,
      answered: 0,
      lost: 0,
      unavailable: 0,
      sessions: 0,
      wrongful: [],
      overwhelmed: 0,
      ended: 0,
      survivors: [],
    },
    ...{ thieves: 0, caught: 0, slowestMs: 0, restarts: 0, clockSteps: 0, unexpected: [] },
  };
}
