import { parseDowngradeTarget } from './downgrade-path.ts';
import { ancestorsOf, assertDisjoint, descendantsOf } from './lineage.ts';
import { onLineOf } from './names.ts';
import { refuse } from './refuse.ts';
import { findRevision, findRevisions } from './resolve.ts';
import { get, type RevisionMap, type RevisionNode } from './revision-map.ts';
import { sortNewestFirst } from './sort.ts';
import { parseRelative, type RelativeTarget } from './target.ts';
import { type Reached, walk } from './walk.ts';

/** The revisions that an upgrade from these applied heads to a target applies, in order. */
export function upgradePath(map: RevisionMap, heads: readonly string[], target: string): RevisionNode[] {
  const goals = parseUpgradeTarget(map, { from: heads, target, mayEndEarly: false });
  const required = requiredBy(map, goals);
  const current = heads.map((id) => get(map.nodes, id));
  assertDisjoint(map, current, 'everything');
  const missing = required.difference(ancestorsOf(map, current, 'everything'));
  return sortNewestFirst(map, missing, goals).toReversed();
}

/**
 * The revisions between two names, both included, newest first, as `history` shows them. Throws `not_an_ancestor` when
 * the lower one is not below the upper one.
 */
export function revisionRange(map: RevisionMap, lower: string, upper: string): RevisionNode[] {
  const goals = onNamedBranch(map, lower, parseUpgradeTarget(map, { from: [lower], target: upper, mayEndEarly: true }));
  const required = requiredBy(map, goals);
  const start = startOf(map, { lower, upper, required });
  assertDisjoint(map, start, 'everything');
  const chosen = required.difference(ancestorsOf(map, start, 'everything'));
  for (const node of start) chosen.add(node);
  if (start.length === 0) return sortNewestFirst(map, chosen, goals);
  assertDisjoint(map, start, 'parents');
  return sortNewestFirst(map, chosen.intersection(descendantsOf(map, start, 'parents')), goals);
}

interface UpgradeTarget {
  from: readonly string[];
  target: string;
  mayEndEarly: boolean;
}

function parseUpgradeTarget(map: RevisionMap, request: UpgradeTarget): RevisionNode[] {
  const relative = parseRelative(request.target);
  if (!relative) return findRevisions(map, request.target).map((one) => assertReached(one, request.target));
  const reached = walkToTarget(map, relative, request);
  return [assertReached(reached, request.target)];
}

function walkToTarget(map: RevisionMap, relative: RelativeTarget, request: UpgradeTarget): Reached {
  const { branch, symbol, steps } = relative;
  const { mayEndEarly } = request;
  if (steps > 0) {
    const start = symbol === undefined ? startOfWalk(map, branch, request) : findRevision(map, symbol);
    return walk(map, start, { steps, branch, mayEndEarly });
  }
  if (symbol === undefined) refuse('out_of_range', `an upgrade cannot go to ${relative.text} of the current revision`);
  const start = findRevision(map, branch === undefined ? symbol : `${branch}@${symbol}`);
  return walk(map, start, { steps, mayEndEarly });
}

/** Where a walk from the current revisions begins: the only one, or the only one of the branch; null: below all bases. */
function startOfWalk(map: RevisionMap, branch: string | undefined, { from }: UpgradeTarget): RevisionNode | null {
  const starts = branch === undefined ? from : startsOnBranch(map, branch, from);
  if (starts.length > 1) {
    const message = `the database is at several revisions: ${starts.join(', ')}`;
    refuse('ambiguous_walk', message, 'Name a branch: label@+1.');
  }
  const [start] = starts;
  return start === undefined ? null : findRevision(map, start);
}

function startsOnBranch(map: RevisionMap, branch: string, from: readonly string[]): string[] {
  const current = from
    .flatMap((name) => findRevisions(map, name))
    .map((one) => {
      if (one === 'base') refuse('unknown_revision', `below ${from.join(', ')} there is no revision to start from`);
      return assertReached(one, branch);
    });
  const onBranch = onLineOf(map, current, branch);
  if (onBranch.length > 0) return onBranch.map((node) => node.id);
  // The branch is below a current head, through a dependency: what of it is applied ends somewhere.
  const active = onLineOf(map, [...ancestorsOf(map, current, 'everything')], branch);
  const needed = new Set(active.flatMap((node) => node.requires));
  return active.map((node) => node.id).filter((id) => !needed.has(id));
}

function requiredBy(map: RevisionMap, goals: readonly RevisionNode[]): Set<RevisionNode> {
  assertDisjoint(map, goals, 'everything');
  return ancestorsOf(map, goals, 'everything');
}

/** With `label@…` as the lower end, only that branch's part of the upper end counts. */
function onNamedBranch(map: RevisionMap, lower: string, goals: RevisionNode[]): RevisionNode[] {
  if (!lower.includes('@')) return goals;
  const name = lower.slice(0, lower.indexOf('@'));
  const origin = findRevision(map, name);
  const [label, ...others] = origin?.id === name ? [...origin.labels] : [name];
  if (label === undefined || others.length > 0) refuse('not_in_branch', `revision ${name} does not name one branch`);
  return goals.filter((goal) => goal.labels.has(label));
}

function startOf(
  map: RevisionMap,
  range: { lower: string; upper: string; required: ReadonlySet<RevisionNode> },
): RevisionNode[] {
  const { lower, upper, required } = range;
  const found = findRevisions(map, lower);
  if (found.some((one) => one !== null && (one === 'base' || !required.has(one)))) {
    refuse('not_an_ancestor', `${lower} is not an ancestor of ${upper}`);
  }
  if (found.length > 0 && found[0] === null) {
    const { reached } = parseDowngradeTarget(map, { heads: [upper], target: lower, mayEndEarly: true });
    return reached === 'base' ? [] : [assertReached(reached, lower)];
  }
  return found.map((one) => assertReached(one, lower));
}

function assertReached(reached: Reached, target: string): RevisionNode {
  if (reached === null || reached === 'base') refuse('out_of_range', `"${target}" goes beyond the end of the graph`);
  return reached;
}
