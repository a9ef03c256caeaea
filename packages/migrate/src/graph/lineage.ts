import { refuse } from './refuse.ts';
import { get, type RevisionMap, type RevisionNode } from './revision-map.ts';

export type Reach = 'parents' | 'everything';

/** The nodes themselves and all that they stand on; `everything` follows dependencies too. */
export function ancestorsOf(map: RevisionMap, nodes: Iterable<RevisionNode>, reach: Reach): Set<RevisionNode> {
  return reachable(map, nodes, (node) => (reach === 'parents' ? node.parents : node.requires));
}

/** The nodes themselves and all that stands on them; `everything` follows dependencies too. */
export function descendantsOf(map: RevisionMap, nodes: Iterable<RevisionNode>, reach: Reach): Set<RevisionNode> {
  return reachable(map, nodes, (node) => (reach === 'parents' ? node.children : node.followers));
}

/** Whether one is an ancestor of the other, or they are the same. No name at all is shared by everybody. */
export function sharesLineage(
  map: RevisionMap,
  node: RevisionNode,
  others: readonly RevisionNode[],
  reach: Reach = 'parents',
): boolean {
  if (others.length === 0) return true;
  const line = ancestorsOf(map, [node], reach).union(descendantsOf(map, [node], reach));
  return others.some((other) => line.has(other));
}

/** Throws `overlapping_revisions` when one of the nodes is below another one. */
export function assertDisjoint(map: RevisionMap, nodes: readonly RevisionNode[], reach: Reach): void {
  for (const node of new Set(nodes)) {
    const below = ancestorsOf(map, [node], reach);
    const other = nodes.find((one) => one !== node && below.has(one));
    if (other) refuse('overlapping_revisions', `${other.id} is an ancestor of ${node.id}: name only one of them`);
  }
}

/** Nodes of a set that no other one of it stands on, by parents alone. */
export function branchTips(map: RevisionMap, nodes: ReadonlySet<RevisionNode>): RevisionNode[] {
  return [...nodes].filter((node) => {
    const above = descendantsOf(map, [node], 'parents');
    above.delete(node);
    return above.isDisjointFrom(nodes);
  });
}

/** What the version table would hold: the applied revisions that no other applied one needs. Unknown ids are left out. */
export function effectiveHeads(map: RevisionMap, applied: ReadonlySet<string>): string[] {
  return [...map.nodes.values()]
    .filter((node) => applied.has(node.id) && node.followers.isDisjointFrom(applied))
    .map((node) => node.id);
}

/** What {@link effectiveHeads} is after one revision more, or one less, than `applied`; asked after each revision of a run. */
export function moveHeads(
  map: RevisionMap,
  heads: readonly string[],
  { applied, revision, isUp }: { applied: ReadonlySet<string>; revision: string; isUp: boolean },
): string[] {
  const node = get(map.nodes, revision);
  const below = new Set([...node.parents, ...node.dependencies]);
  const others = heads.filter((id) => id !== revision);
  if (isUp) {
    const left = others.filter((id) => !below.has(id));
    return node.followers.isDisjointFrom(applied) ? [...left, revision] : left;
  }
  const isBare = (id: string): boolean =>
    applied.has(id) && [...get(map.nodes, id).followers].every((other) => other === revision || !applied.has(other));
  return [...new Set([...others, ...[...below].filter(isBare)])];
}

function reachable(
  map: RevisionMap,
  nodes: Iterable<RevisionNode>,
  neighbours: (node: RevisionNode) => Iterable<string>,
): Set<RevisionNode> {
  const found = new Set(nodes);
  // A set that grows is iterated to its new end.
  for (const node of found) for (const id of neighbours(node)) found.add(get(map.nodes, id));
  return found;
}
