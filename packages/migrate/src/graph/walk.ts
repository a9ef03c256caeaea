import { onLineOf } from './names.ts';
import { refuse } from './refuse.ts';
import { get, type RevisionMap, type RevisionNode } from './revision-map.ts';

/** A revision, `base` when a walk went below the last one, null when it went too far, or before it began anywhere. */
export type Reached = RevisionNode | 'base' | null;

export interface WalkOptions {
  /** Up when positive. */
  steps: number;
  /** Where an upward walk forks, only this branch counts. */
  branch?: string | undefined;
  /** Stay at the end of the line instead of answering null. */
  mayEndEarly: boolean;
}

/** Goes from a revision, or from null (below all bases, or above all heads), step by step. Throws `ambiguous_walk`. */
export function walk(map: RevisionMap, start: RevisionNode | null, options: WalkOptions): Reached {
  let at: Reached = start;
  for (let step = 0; step < Math.abs(options.steps); step += 1) {
    const next: (RevisionNode | 'base')[] = options.steps > 0 ? stepUp(map, at, options.branch) : stepDown(map, at);
    const [only, ...others] = next;
    if (only === undefined) return options.mayEndEarly ? at : null;
    if (others.length > 0) {
      const from = at === null || at === 'base' ? 'the end of the graph' : at.id;
      const names = next.map((node) => (node === 'base' ? node : node.id)).join(', ');
      refuse('ambiguous_walk', `from ${from} there is more than one way: ${names}`, 'Name a branch: label@…');
    }
    at = only;
  }
  return at;
}

function stepUp(map: RevisionMap, at: Reached, branch: string | undefined): RevisionNode[] {
  if (at === 'base') throw new TypeError('an upward walk begins below its start');
  const next = [...(at === null ? map.bases : at.children)].map((id) => get(map.nodes, id));
  return branch === undefined ? next : onLineOf(map, next, branch);
}

function stepDown(map: RevisionMap, at: Reached): (RevisionNode | 'base')[] {
  if (at === 'base') return [];
  const next = (at === null ? map.heads : at.parents).map((id) => get(map.nodes, id));
  return next.length === 0 ? ['base'] : next;
}
