import { type Reach, sharesLineage } from './lineage.ts';
import { refuse } from './refuse.ts';
import { get, type RevisionMap, type RevisionNode } from './revision-map.ts';

/** A label or a revision that stands for its branch. Throws `unknown_revision`. */
export function resolveBranch(map: RevisionMap, branch: string): RevisionNode {
  return map.names.get(branch) ?? lookUp(map, branch, undefined);
}

/** The nodes that are on one line with what a name means. */
export function onLineOf(
  map: RevisionMap,
  nodes: readonly RevisionNode[],
  name: string,
  reach: Reach = 'parents',
): RevisionNode[] {
  const { ids, branch } = parseName(map, name);
  const names = branch === undefined ? ids : [branch, ...ids];
  return nodes.filter((node) => {
    const others = names.map((one) => lookUp(map, one, undefined));
    return sharesLineage(map, node, others, reach);
  });
}

export interface Name {
  ids: readonly string[];
  branch: string | undefined;
}

/** Splits `label@name` and takes `head`, `heads` and `base` for what they mean; ids are left as they were written. */
export function parseName(map: RevisionMap, name: string): Name {
  const at = name.indexOf('@');
  const branch = at > 0 ? name.slice(0, at) : undefined;
  const symbol = name.slice(at + 1);
  if (symbol === 'base') return { ids: [], branch };
  if (symbol !== 'head' && symbol !== 'heads') return { ids: [symbol], branch };
  if (branch === undefined) {
    if (symbol === 'heads') return { ids: map.realHeads, branch };
    if (map.heads.length > 1) refuseHeads(map.heads, name);
    return { ids: map.heads, branch };
  }
  const heads = map.heads.map((id) => get(map.nodes, id));
  const ids = onLineOf(map, heads, branch).map((node) => node.id);
  if (symbol === 'head' && ids.length > 1) refuseHeads(ids, name);
  return { ids, branch };
}

/** An id, its beginning, or a label; on a branch if one is given. Throws `unknown_revision`, `ambiguous_revision`, `not_in_branch`. */
export function lookUp(map: RevisionMap, id: string, branch: string | undefined): RevisionNode {
  const origin = branch === undefined ? undefined : resolveBranch(map, branch);
  const node = map.names.get(id) ?? lookUpBeginning(map, id, branch);
  if (origin && !sharesLineage(map, node, [origin])) {
    refuse('not_in_branch', `revision ${node.id} is not on the branch "${branch}"`);
  }
  return node;
}

/** Ids and labels of 4 characters or more are found by their beginning. */
function lookUpBeginning(map: RevisionMap, start: string, branch: string | undefined): RevisionNode {
  const found = start === '' ? [] : [...map.names].filter(([name]) => name.length > 3 && name.startsWith(start));
  const matches = branch === undefined ? found : found.filter(([, node]) => onLineOf(map, [node], branch).length > 0);
  const [first, ...others] = matches;
  if (!first) refuse('unknown_revision', `there is no revision or branch "${start}"`);
  if (others.length > 0) {
    const names = matches.map(([name]) => name).join(', ');
    refuse('ambiguous_revision', `"${start}" begins several revisions: ${names}`, 'Give more digits.');
  }
  return first[1];
}

export function refuseHeads(ids: readonly string[], name: string): never {
  const hint = `Add a revision that merges them (merge heads), name one as the target, or take them all with "heads".`;
  refuse('multiple_heads', `"${name}" means several heads: ${ids.join(', ')}`, hint);
}
