import { lookUp, parseName, refuseHeads, resolveBranch } from './names.ts';
import { get, type RevisionMap, type RevisionNode } from './revision-map.ts';
import { type Reached, walk } from './walk.ts';

/** All that a name means: `heads`, `head`, `base` (none), an id or its beginning, a label, or one of them `label@…`. */
export function findRevisions(map: RevisionMap, name: string): Reached[] {
  const { ids, branch } = parseName(map, name);
  const [only = ''] = ids;
  if (ids.length === 1 && /^-0*[1-9]\d*$/.test(only)) return walkFromHeads(map, Number(only), branch);
  return ids.map((id) => lookUp(map, id, branch));
}

/** The one revision that a name means, null for `base`. Throws `multiple_heads`, `unknown_revision`, `ambiguous_revision`. */
export function findRevision(map: RevisionMap, name: string): RevisionNode | null {
  const { ids, branch } = parseName(map, name);
  const [only, ...others] = ids;
  if (others.length > 0) refuseHeads(ids, name);
  if (only !== undefined) return lookUp(map, only, branch);
  if (branch !== undefined) resolveBranch(map, branch);
  return null;
}

function walkFromHeads(map: RevisionMap, steps: number, branch: string | undefined): Reached[] {
  return map.realHeads
    .map((id) => get(map.nodes, id))
    .filter((head) => branch === undefined || head.labels.has(branch))
    .map((head) => walk(map, head, { steps, mayEndEarly: false }));
}
