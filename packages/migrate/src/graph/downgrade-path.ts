import { ancestorsOf, branchTips, descendantsOf } from './lineage.ts';
import { lookUp, onLineOf, resolveBranch } from './names.ts';
import { refuse } from './refuse.ts';
import { findRevision } from './resolve.ts';
import { get, type RevisionMap, type RevisionNode } from './revision-map.ts';
import { sortNewestFirst } from './sort.ts';
import { parseRelative, type RelativeTarget } from './target.ts';
import { type Reached, walk } from './walk.ts';

/**
 * The revisions that a downgrade from these applied heads to a target reverts, in order: what stands on the target, and what
 * depends on that. Throws `not_applied` when the target is not among what is applied.
 */
export function downgradePath(map: RevisionMap, heads: readonly string[], target: string): RevisionNode[] {
  const { branch, reached } = parseDowngradeTarget(map, { heads, target, mayEndEarly: false });
  const end = reached === 'base' ? null : reached;
  const roots = rootsAbove(map, end, branch);
  const current = heads.map((id) => get(map.nodes, id));
  const active = ancestorsOf(map, current, 'everything');
  const reverted = descendantsOf(map, roots, 'everything').intersection(active);
  if (end && reverted.size === 0 && !current.includes(end)) {
    refuse('not_applied', `the target ${end.id} is not applied`);
  }
  return sortNewestFirst(map, reverted, current);
}

export interface DowngradeTarget {
  /** Names; the first one is where a walk without a branch begins. */
  heads: readonly string[];
  target: string;
  mayEndEarly: boolean;
}

/** `reached` is null or `base` for everything. */
export function parseDowngradeTarget(
  map: RevisionMap,
  request: DowngradeTarget,
): { branch: string | undefined; reached: Reached } {
  const { target } = request;
  const relative = parseRelative(target);
  if (relative) return walkToTarget(map, relative, request);
  const at = target.lastIndexOf('@');
  const branch = at > 0 ? target.slice(0, at) : undefined;
  return { branch, reached: findRevision(map, target.slice(at + 1)) };
}

function walkToTarget(
  map: RevisionMap,
  relative: RelativeTarget,
  request: DowngradeTarget,
): { branch: string | undefined; reached: Reached } {
  const { mayEndEarly } = request;
  const { steps, symbol } = relative;
  if (steps >= 0) {
    if (symbol === undefined)
      refuse('out_of_range', `a downgrade cannot go to ${relative.text} of the current revision`);
    const reached = walk(map, findRevision(map, symbol), { steps, branch: relative.branch, mayEndEarly });
    return { branch: relative.branch, reached: reached ?? refuseLength(relative) };
  }
  const { branch, from } = symbol === undefined ? startOfWalk(map, relative, request) : { ...relative, from: symbol };
  const start = findRevision(map, branch === undefined ? from : `${branch}@${from}`);
  return { branch, reached: walk(map, start, { steps, mayEndEarly }) ?? refuseLength(relative) };
}

function startOfWalk(
  map: RevisionMap,
  relative: RelativeTarget,
  { heads }: DowngradeTarget,
): { branch: string; from: string } {
  const { branch } = relative;
  if (branch === undefined) {
    const [from = refuseLength(relative)] = heads;
    return { branch: from, from };
  }
  const current = heads.map((name) => lookUp(map, name, undefined));
  const direct = onLineOf(map, current, branch);
  // The branch's own head may be hidden below a current one that depends on it.
  const all = new Set(branchTips(map, ancestorsOf(map, current, 'everything')));
  const candidates = direct.length > 0 ? direct : onLineOf(map, [...all], branch);
  const [only = refuseLength(relative), ...others] = candidates;
  if (others.length > 0) {
    const names = candidates.map((node) => node.id).join(', ');
    refuse('ambiguous_walk', `the branch "${branch}" has several current revisions: ${names}`);
  }
  return { branch, from: only.id };
}

/** What goes first: the children of the target, or all bases; of a branch, only those that it stands on. */
function rootsAbove(map: RevisionMap, end: RevisionNode | null, branch: string | undefined): RevisionNode[] {
  const ids = end ? [...end.children] : map.bases;
  const roots = ids.map((id) => get(map.nodes, id));
  // Resolved even where it decides nothing: a misspelt label may not revert another branch.
  const origin = branch === undefined ? undefined : resolveBranch(map, branch);
  if (!origin || roots.length <= 1) return roots;
  const line = ancestorsOf(map, [origin], 'parents');
  const chosen = roots.filter((root) => line.has(root));
  if (chosen.length === 0) {
    refuse('not_in_branch', `nothing above the target leads to the branch "${branch}"`);
  }
  return chosen;
}

function refuseLength(relative: RelativeTarget): never {
  refuse('out_of_range', `"${relative.text}" goes beyond the end of the graph`);
}
