/** What the row of a live session knows of its refresh tokens; times in seconds of the database's clock. */
export interface RefreshState {
  /** The token that is valid now; its parent is generation - 1. */
  generation: number;
  /** Its holder has shown that it got the current generation. */
  confirmed: boolean;
  /** When the current generation replaced its parent; null before the first rotation. */
  rotatedAt: number | null;
}

export interface RefreshRules {
  /** How long after a rotation both the new token and its parent are answered with the new one. */
  windowSeconds: number;
}

/**
 * `rotate`: a successor is made. `serve`: the token that exists is given again. `reuse`: a spent token was used twice,
 * the session ends. `ahead`: our MAC on a generation that the row has not reached, which only a restored backup or a
 * branch of the database explains: refused, and nobody is punished.
 */
export type RefreshVerdict = 'rotate' | 'serve' | 'reuse' | 'ahead';

export interface RefreshDecision {
  verdict: RefreshVerdict;
  /** What the row holds afterwards; generation is the one to answer with. */
  state: RefreshState;
}

/**
 * What presenting one generation means (docs/adr/0004-refresh-rotation.md). In the database the same rule is one UPDATE
 * (`presentRefreshToken`), because only the row's lock puts racing callers in an order; a property test holds the two
 * together, and the simulator runs this one.
 */
export function decideRefresh(
  state: RefreshState,
  presented: { generation: number; at: number },
  { windowSeconds }: RefreshRules,
): RefreshDecision {
  const age = ageOfGeneration(presented.generation, state.generation);
  const isYoung = state.rotatedAt !== null && state.rotatedAt > presented.at - windowSeconds;
  if (age === 'ahead') return { verdict: 'ahead', state };
  // A parent is a retry while its successor is unconfirmed or young; any other spent token was used twice.
  if (age === 'parent' && (isYoung || !state.confirmed)) return { verdict: 'serve', state };
  if (age !== 'current') return { verdict: 'reuse', state };
  // Never slid: a window that each answer renews would let a thief who asks often enough ride along for ever.
  if (isYoung) return { verdict: 'serve', state: { ...state, confirmed: true } };
  const generation = state.generation + 1;
  return { verdict: 'rotate', state: { generation, confirmed: false, rotatedAt: presented.at } };
}

/** Where a token stands to its row. */
type GenerationAge = 'current' | 'parent' | 'spent' | 'ahead';

function ageOfGeneration(presented: number, current: number): GenerationAge {
  if (presented > current) return 'ahead';
  if (presented === current) return 'current';
  return presented === current - 1 ? 'parent' : 'spent';
}

/** The access token of a generation was used: its holder has the answer that also held the refresh token. */
export function confirmGeneration(state: RefreshState, generation: number): RefreshState {
  return generation === state.generation ? { ...state, confirmed: true } : state;
}
